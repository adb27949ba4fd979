"""How the bids of a list stand within their challenges, by the steps of domain 3.3.1, and what settled each tie.

The round has settled every tie that lies across a cut; here its steps are walked again over the whole
list, so that the decision says of each bid which of them it took. Four queries, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from projects.models import Bid, DecisionRow
from projects.rules import CriterionRule
from review.models import ReviewRound, ScoreItem, ScoreSheet
from review.scoring import Criterion, heaviest_criterion
from review.scoring.points import mean
from review.scoring.ranking import Key, settle
from workflows.models import AuditEntry


@dataclass
class Standing:
    """A bid with what the steps compare. A value that is not known is passed over for all that are tied."""

    bid: Bid
    is_vetoed: bool = False
    top_criterion: Decimal | None = None
    group_mean: Decimal | None = None
    ballot: int | None = None
    rank: int = 0
    decided_by: str = ""


_STEPS: list[Key[Standing]] = [
    ("score", lambda s: s.bid.score),
    ("top_criterion", lambda s: s.top_criterion),
    ("group_mean", lambda s: s.group_mean),
    ("requested_yuan", lambda s: -s.bid.requested_yuan),
    ("ballot", lambda s: None if s.ballot is None else -s.ballot),
]


def standings(bids: Iterable[Bid]) -> list[Standing]:
    """Ranked challenge by challenge. Bids that no step sets apart share their rank. Joins `challenge`."""
    found = {bid.pk: Standing(bid) for bid in bids}
    _compare_sheets(found)
    _read_ballots(found)
    ordered = sorted(found.values(), key=lambda s: (s.bid.challenge.number, s.bid.pk))
    ranked: list[Standing] = []
    for _, group in groupby(ordered, key=lambda s: s.bid.challenge_id):
        ranked += _ranked(list(group))
    return ranked


def _ranked(group: list[Standing]) -> list[Standing]:
    """The bids of one challenge. A vetoed one comes after every other."""
    place = 1
    ranked: list[Standing] = []
    for vetoed in (False, True):
        for tie in settle([s for s in group if s.is_vetoed is vetoed], _STEPS):
            for standing in tie.items:
                standing.rank, standing.decided_by = place, tie.decided_by
            place += len(tie.items)
            ranked += tie.items
    return ranked


def _compare_sheets(found: dict[int, Standing]) -> None:
    locked = ScoreSheet.objects.filter(bid__in=found, state="LOCKED").select_related("assignment__round")
    sheets = list(locked.order_by("pk"))
    heaviest = {s.assignment.round.pk: _heaviest(s.assignment.round) for s in sheets}
    points = ScoreItem.objects.filter(sheet__in=[s.pk for s in sheets], criterion__in=set(heaviest.values()))
    values = {
        (sheet, criterion): value for sheet, criterion, value in points.values_list("sheet_id", "criterion", "value")
    }
    top: dict[int, list[Decimal]] = {}
    technical: dict[int, list[Decimal]] = {}
    for sheet in sheets:
        found[sheet.bid_id].is_vetoed |= sheet.is_vetoed
        if (value := values.get((sheet.pk, heaviest[sheet.assignment.round_id]))) is not None:
            top.setdefault(sheet.bid_id, []).append(value)
        if sheet.assignment.seat_type == "TECHNICAL" and sheet.total is not None:
            technical.setdefault(sheet.bid_id, []).append(sheet.total)
    for pk, standing in found.items():
        standing.top_criterion = mean(top[pk]) if pk in top else None
        standing.group_mean = mean(technical[pk]) if pk in technical else None


def _heaviest(row: ReviewRound) -> str:
    criteria = [CriterionRule(**c) for c in row.criteria]
    if not criteria:
        return ""
    return heaviest_criterion([Criterion(c.code, c.name, c.max_score, c.veto) for c in criteria]).code


def _read_ballots(found: dict[int, Standing]) -> None:
    """The order that the chair drew, from the entry of the round's closing: nowhere else is it on record."""
    challenges = {standing.bid.challenge_id for standing in found.values()}
    rounds = ReviewRound.objects.filter(challenge__in=challenges, state="CLOSED").values_list("pk", flat=True)
    closings = AuditEntry.objects.filter(
        object_type=ReviewRound._meta.label_lower, object_id__in=[str(pk) for pk in rounds], transition="close"
    )
    drawn: list[str] = []
    for payload in closings.order_by("seq").values_list("payload", flat=True):
        drawn += [number.strip() for number in str(payload.get("ballot") or "").replace("，", ",").split(",")]
    places = {number: place for place, number in enumerate(filter(None, drawn), start=1)}
    for standing in found.values():
        standing.ballot = places.get(standing.bid.number or "")


def ties_across_a_cut(rows: Iterable[DecisionRow]) -> list[list[DecisionRow]]:
    """Bids of one challenge that no step sets apart and that are treated differently all the same.

    Where a meeting changed one of them on a recorded ground, that ground is the difference.
    """
    tied: dict[tuple[int, int], list[DecisionRow]] = {}
    for row in rows:
        tied.setdefault((row.bid.challenge_id, row.rank), []).append(row)
    return [
        group
        for group in tied.values()
        if len({row.outcome for row in group}) > 1 and not any(row.is_changed for row in group)
    ]
