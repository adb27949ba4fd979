"""The scores of a round as the secretary, the chair and the supervisor read them: matrix, spread, flags."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from projects.models import Bid
from review.models import ReviewRound, ScoreSheet
from review.queries import sheets_visible_to
from review.scoring import Aggregated
from workflows.review_flags import MUST_BE_SETTLED, flags_of, notes_of, sheets_of, treatment_of
from workflows.round_scores import round_scores


@dataclass(frozen=True)
class Line:
    """One bid: each expert's sheet by alias, what the rule makes of them so far and what it discloses."""

    bid: Bid
    cells: list[tuple[str, ScoreSheet | None]]
    score: Decimal | None
    note: str
    spread: list[float]


@dataclass(frozen=True)
class ShownFlag:
    """A finding in words: whom (by alias) and which bid it concerns."""

    code: str
    expert: str
    title: str
    message: str
    #: Title of the other bid of a likeness (D6), '' where it is the same one.
    other: str
    #: How it was settled, '' while it is open; and whether the round waits for that (D2, D8).
    treatment: str
    must_be_settled: bool
    key: str


@dataclass(frozen=True)
class ScoreTable:
    aliases: list[str]
    lines: list[Line]
    flags: list[ShownFlag]
    #: Keys of sheets that a flag concerns: about those the chair may ask.
    flagged: set[int]

    @property
    def chart(self) -> dict[str, Any]:
        """What the chart draws; points are for the eye, so floats will do."""
        return {
            "bids": [line.bid.title for line in self.lines],
            "points": [[n, value] for n, line in enumerate(self.lines) for value in line.spread],
            "scores": [float(line.score) if line.score is not None else None for line in self.lines],
        }


def score_table(row: ReviewRound, user: Any) -> ScoreTable | None:
    """None where the reader sees no submitted sheet of the round. One query for the sheets."""
    sheets = list(
        sheets_visible_to(user)
        .filter(assignment__round=row, state__in=["SUBMITTED", "RETURNED", "LOCKED", "QUERIED"], assignment__state__in=["PLEDGED", "SUBMITTED", "LOCKED"])
        .exclude(assignment__expert__user=user)
        .select_related("assignment", "bid__organisation", "superseded")
    )  # fmt: skip
    if not sheets:
        return None
    aliases = sorted({sheet.assignment.alias for sheet in sheets})
    bids = {sheet.bid_id: sheet.bid for sheet in sheets}
    at = {(sheet.bid_id, sheet.assignment.alias): sheet for sheet in sheets}
    scores = round_scores(row, sheets)
    lines = [
        _line(bid, [(alias, at.get((pk, alias))) for alias in aliases], scores.get(pk)) for pk, bid in bids.items()
    ]
    lines.sort(key=lambda line: (line.score is None, -(line.score or 0)))
    titles = {str(pk): bid.title for pk, bid in bids.items()}
    counted, notes = sheets_of(row), notes_of(row)
    flags = flags_of(row, counted)
    shown = [
        ShownFlag(
            f.code, f.expert or "", titles.get(f.bid or "", ""), f.message,
            titles.get(f.other_bid or "", "") if f.other_bid != f.bid else "", treatment_of(f, counted, notes),
            f.code in MUST_BE_SETTLED, f.key,
        )
        for f in flags
    ]  # fmt: skip
    return ScoreTable(aliases, lines, shown, {s.pk for s in counted if any(f.concerns(s) for f in flags)})


def _line(bid: Bid, cells: list[tuple[str, ScoreSheet | None]], found: Aggregated | None) -> Line:
    totals = [float(sheet.total) for _, sheet in cells if sheet is not None and sheet.total is not None]
    return Line(bid, cells, found.value if found else None, found.note if found else "", totals)
