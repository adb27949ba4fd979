"""Dispersion flags of a round, and what was done about each (domain 3.7). Flags never change a score."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from review.models import ReviewRound, ScoreSheet
from review.scoring import dispersion_flags
from review.scoring.dispersion import Flag

#: Flags that must be settled before the round closes; all others only ask to be considered.
MUST_BE_SETTLED = ("D2", "D8")
EXTREMES = (ScoreSheet.Recommendation.STRONG, ScoreSheet.Recommendation.REJECT)
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
        return f"{self.code}|{self.bid or ''}|{self.expert or ''}"

    def concerns(self, sheet: ScoreSheet) -> bool:
        """Joins `assignment`."""
        return self.bid in (None, str(sheet.bid_id)) and self.expert in (None, sheet.assignment.alias)


def sheets_of(row: ReviewRound) -> list[ScoreSheet]:
    """Sheets that count, with their aliases joined."""
    found = ScoreSheet.objects.filter(assignment__round=row, state__in=ScoreSheet.COUNTED)
    return list(found.select_related("assignment").order_by("assignment__alias", "bid_id"))


def flags_of(row: ReviewRound, sheets: list[ScoreSheet] | None = None) -> list[RoundFlag]:
    """Dispersion flags D1–D4 and D8 of a round. One query unless the sheets are given."""
    panel: dict[str, dict[str, Decimal]] = {}
    opinions: dict[str, list[str]] = {}
    for sheet in sheets_of(row) if sheets is None else sheets:
        if sheet.total is not None:
            panel.setdefault(sheet.assignment.alias, {})[str(sheet.bid_id)] = sheet.total
        opinions.setdefault(str(sheet.bid_id), []).append(sheet.recommendation)
    found = dispersion_flags(panel, opinions) if panel else []
    return [RoundFlag.of(flag) for flag in found]


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
    found = [flag for flag in flags_of(row, sheets) if flag.code in MUST_BE_SETTLED]
    return [flag for flag in found if not treatment_of(flag, sheets, notes)]


def question_of(flag: RoundFlag) -> str:
    """A flag in one line, experts by their alias."""
    return f"{flag.code} {flag.expert or ''}".strip() + f" {flag.message.rstrip('。')}"
