"""The read models of a round's analysis: flags with their evidence, agreement by bid, severity by expert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from review.calibration import Calibrated, Calibration, Severity, Verdict, calibrate
from review.calibration.trials import WhatIf
from review.models import Expert, ReviewRound, ScoreSheet
from workflows.review_flags import RoundFlag, flags_of, notes_of, sheets_of, treatment_of
from workflows.score_books import Judged, Records

NAMES = {
    "D1": _("分差过大"),
    "D2": _("个别分数偏离"),
    "D3": _("整体偏高或偏低"),
    "D4": _("评分缺少区分"),
    "D5": _("用时过短"),
    "D6": _("意见雷同"),
    "D7": _("超出所选档次"),
    "D8": _("意见对立"),
}
VERDICTS = {
    Verdict.LENIENT: (_("偏宽"), "wait"),
    Verdict.SEVERE: (_("偏严"), "wait"),
    Verdict.ORDINARY: (_("无异常"), "plain"),
    Verdict.UNKNOWN: (_("历史不足"), "plain"),
}
#: Half the width of the severity picture, in points.
WIDEST = 20


@dataclass(frozen=True)
class ShownFlag:
    """A finding in words. `settled` says how it was settled, empty while it is open."""

    code: str
    name: Any
    message: str
    expert: str
    bid: Judged | None
    other: Judged | None
    settled: Any


@dataclass(frozen=True)
class Bundle:
    """Findings of one code, so that a sheet copied ten times fills one line, not ten."""

    flags: list[ShownFlag]

    @property
    def first(self) -> ShownFlag:
        return self.flags[0]

    @property
    def experts(self) -> list[str]:
        return sorted({flag.expert for flag in self.flags if flag.expert})


@dataclass
class Group:
    """All findings on one bid or one expert, with the totals they rest on."""

    bid: Judged | None = None
    expert: str = ""
    flags: list[ShownFlag] = field(default_factory=list)
    totals: list[tuple[str, Decimal]] = field(default_factory=list)

    @property
    def bundles(self) -> list[Bundle]:
        codes = dict.fromkeys(flag.code for flag in self.flags)
        return [Bundle([flag for flag in self.flags if flag.code == code]) for code in codes]


@dataclass(frozen=True)
class BidLine:
    """`score`: by the published rule, to the cent that decides. `calibrated` only advises."""

    bid: Judged
    points: list[tuple[str, Decimal]]
    score: Decimal
    calibrated: Calibrated | None

    @property
    def values(self) -> list[float]:
        return [float(total) for _alias, total in self.points]


@dataclass(frozen=True)
class ExpertLine:
    alias: str
    seat: Any
    severity: Severity | None
    verdict: tuple[Any, str]

    @property
    def at(self) -> dict[str, str]:
        """Where the picture's marks stand, in per cent of its width."""
        s = self.severity
        if s is None or s.points is None or s.low is None or s.high is None:
            return {}
        place = {"low": s.low, "point": s.points, "high": s.high}
        return {name: f"{min(max((v + WIDEST) / (2 * WIDEST), 0), 1) * 100:.1f}" for name, v in place.items()}


@dataclass(frozen=True)
class Picture:
    by_bid: list[Group]
    by_expert: list[Group]
    flags: int
    open_flags: int
    bids: list[BidLine]
    experts: list[ExpertLine]
    calibration: Calibration | None


def picture_of(row: ReviewRound, records: Records, published: WhatIf) -> Picture:
    """Five queries: the sheets, what the panel said of their flags, and how they were filled in."""
    sheets = sheets_of(row)
    by_pk = {str(one.pk): one for one in records.bids.values()}
    panel: dict[str, dict[str, Decimal]] = {}
    totals: dict[str, list[tuple[str, Decimal]]] = {}
    for sheet in sheets:
        if sheet.total is not None:
            panel.setdefault(sheet.assignment.alias, {})[str(sheet.bid_id)] = sheet.total
            totals.setdefault(str(sheet.bid_id), []).append((sheet.assignment.alias, sheet.total))
    notes = notes_of(row)
    flags = [_shown(flag, by_pk, treatment_of(flag, sheets, notes)) for flag in flags_of(row, sheets)]
    found = calibrate(panel)
    return Picture(
        by_bid=_grouped_by_bid(flags, totals),
        by_expert=_grouped_by_expert(flags),
        flags=len(flags),
        open_flags=sum(not flag.settled for flag in flags),
        bids=_bid_lines(records, published, totals, found),
        experts=_expert_lines(sheets, found),
        calibration=found,
    )


def _shown(flag: RoundFlag, bids: dict[str, Judged], treatment: str) -> ShownFlag:
    other = bids.get(flag.other_bid or "") if flag.other_bid != flag.bid else None
    return ShownFlag(
        flag.code,
        NAMES.get(flag.code, flag.code),
        flag.message,
        flag.expert or "",
        bids.get(flag.bid or ""),
        other,
        treatment,
    )


def _grouped_by_bid(flags: list[ShownFlag], totals: dict[str, list[tuple[str, Decimal]]]) -> list[Group]:
    groups: dict[int, Group] = {}
    for flag in flags:
        if flag.bid is not None:
            own = groups.setdefault(flag.bid.pk, Group(bid=flag.bid, totals=totals.get(str(flag.bid.pk), [])))
            own.flags.append(flag)
    return sorted(groups.values(), key=lambda group: -len(group.flags))


def _grouped_by_expert(flags: list[ShownFlag]) -> list[Group]:
    groups: dict[str, Group] = {}
    for flag in flags:
        if flag.expert:
            groups.setdefault(flag.expert, Group(expert=flag.expert)).flags.append(flag)
    return [groups[alias] for alias in sorted(groups)]


def _bid_lines(
    records: Records, published: WhatIf, totals: dict[str, list[tuple[str, Decimal]]], found: Calibration | None
) -> list[BidLine]:
    calibrated = {one.bid: one for one in found.bids} if found else {}
    moves = sorted(published.moves, key=lambda move: (move.rank_before, move.bid))
    bids = [(records.bids[move.bid], move.score_before) for move in moves]
    return [BidLine(bid, totals[str(bid.pk)], score, calibrated.get(str(bid.pk))) for bid, score in bids]


def _expert_lines(sheets: Iterable[ScoreSheet], found: Calibration | None) -> list[ExpertLine]:
    kinds = dict(Expert.SeatType.choices)
    seats = {sheet.assignment.alias: sheet.assignment.seat_type for sheet in sheets}
    severity = {one.expert: one for one in found.experts} if found else {}
    return [
        ExpertLine(
            alias,
            kinds.get(seats[alias], seats[alias]),
            severity.get(alias),
            VERDICTS[severity[alias].verdict if alias in severity else Verdict.UNKNOWN],
        )
        for alias in sorted(seats)
    ]
