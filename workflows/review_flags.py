"""What is conspicuous in a round, and what was done about each (domain 3.7). Flags never change a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from review.models import ReviewRound, ScoreSheet
from review.scoring import dispersion_flags
from review.scoring.dispersion import Flag
from workflows.sheet_checks import EXTREMES
from workflows.sheet_conduct import conduct_flags

#: Flags that must be settled before the round closes; all others only ask to be considered.
MUST_BE_SETTLED = ("D2", "D8")
_ANSWERED = (ScoreSheet.Answer.CONFIRMED, ScoreSheet.Answer.AMENDED)


@dataclass(frozen=True)
class RoundFlag:
    """A finding: `code` D1 … D8, `bid` (id as text) and `expert` (alias) where it concerns one, a sentence."""

    code: str
    message: str
    bid: str | None
    expert: str | None
    #: The other side of a likeness (D6).
    other_bid: str | None = None
    other_expert: str | None = None

    @classmethod
    def of(cls, flag: Flag) -> RoundFlag:
        return cls(flag.code, flag.message, flag.bid, flag.expert, flag.other_bid, flag.other_expert)

    @property
    def key(self) -> str:
        other = f"|{self.other_bid or ''}|{self.other_expert or ''}" if self.other_bid or self.other_expert else ""
        return f"{self.code}|{self.bid or ''}|{self.expert or ''}{other}"

    def concerns(self, sheet: ScoreSheet) -> bool:
        """Either side of a likeness: who copied from whom the texts do not say. Joins `assignment`."""
        bid, expert = str(sheet.bid_id), sheet.assignment.alias
        is_other = self.other_expert is not None and (self.other_bid, self.other_expert) == (bid, expert)
        return is_other or (self.bid in (None, bid) and self.expert in (None, expert))


def sheets_of(row: ReviewRound) -> list[ScoreSheet]:
    """Sheets that count, with their aliases and the round joined."""
    found = ScoreSheet.objects.filter(assignment__round=row, state__in=ScoreSheet.COUNTED)
    sheets = list(found.select_related("assignment").order_by("assignment__alias", "bid_id"))
    for sheet in sheets:
        sheet.assignment.round = row  # its criteria are asked for, sheet by sheet
    return sheets


def flags_of(row: ReviewRound, sheets: list[ScoreSheet] | None = None) -> list[RoundFlag]:
    """All flags of a round: of its scores (D1–D4, D8), then of how they were given (D5–D7). Three queries at most,
    one less when `sheets_of` is given."""
    sheets = sheets_of(row) if sheets is None else sheets
    return [*_of_scores(sheets), *_merged(RoundFlag.of(flag) for flag in conduct_flags(sheets))]


def _of_scores(sheets: Iterable[ScoreSheet]) -> list[RoundFlag]:
    panel: dict[str, dict[str, Decimal]] = {}
    opinions: dict[str, list[str]] = {}
    for sheet in sheets:
        if sheet.total is not None:
            panel.setdefault(sheet.assignment.alias, {})[str(sheet.bid_id)] = sheet.total
        opinions.setdefault(str(sheet.bid_id), []).append(sheet.recommendation)
    found = dispersion_flags(panel, opinions) if panel else []
    return [RoundFlag.of(flag) for flag in found]


def _merged(flags: Iterable[RoundFlag]) -> list[RoundFlag]:
    """What is asked about in one question is one flag: a sheet may leave its band in two criteria (D7)."""
    found: dict[str, RoundFlag] = {}
    for flag in flags:
        before = found.get(flag.key)
        found[flag.key] = replace(flag, message=before.message + flag.message) if before else flag
    return list(found.values())


def flags_about(sheet: ScoreSheet) -> list[RoundFlag]:
    """Those a question about this sheet may name. Joins `assignment__round`."""
    return [flag for flag in flags_of(sheet.assignment.round) if flag.concerns(sheet)]


def treatment_of(flag: RoundFlag, sheets: list[ScoreSheet], notes: dict[str, str]) -> str:
    """How a flag was settled, in words; '' while it is open. `notes`: flag key → what the panel discussed.

    D2 is about one score and settled by its expert. D8 is about two camps: all of both have to answer.
    """
    if flag.key in notes:
        return _("评审组讨论：%s") % notes[flag.key]
    asked = [sheet for sheet in sheets if flag.concerns(sheet)]
    if flag.code == "D8":
        asked = [sheet for sheet in asked if sheet.recommendation in EXTREMES]
    answers = [sheet for sheet in asked if sheet.answer in _ANSWERED and flag.code in sheet.query_flags.split(",")]
    if not answers or (flag.code == "D8" and len(answers) < len(asked)):
        return ""
    return "；".join(f"{s.assignment.alias} {s.get_answer_display()}：{s.answer_reason}" for s in answers)


def notes_of(row: ReviewRound) -> dict[str, str]:
    """Flag key → the last note of a discussion about it."""
    return dict(row.discussions.order_by("pk").values_list("flag", "note"))


def unsettled_flags(row: ReviewRound) -> list[RoundFlag]:
    """D2 and D8 that neither an expert's answer nor a recorded discussion has settled."""
    sheets = sheets_of(row)
    notes = notes_of(row)
    found = [flag for flag in _of_scores(sheets) if flag.code in MUST_BE_SETTLED]
    return [flag for flag in found if not treatment_of(flag, sheets, notes)]


def question_of(flag: RoundFlag, numbers: Mapping[str, str] | None = None) -> str:
    """A flag in one line, experts by their alias, bids by their `numbers` (by id as text)."""
    named = [flag.code, flag.expert, (numbers or {}).get(flag.bid or ""), flag.message.rstrip("。")]
    return " ".join(part for part in named if part)
