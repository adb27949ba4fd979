"""What a round comes to: each bid's aggregated score, ranks and outcomes by the frozen rule (domain 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from projects.models import Bid
from projects.rules import CriterionRule
from review.models import DefenceSession, DefenceSlot, ReviewRound, ScoreItem
from review.scoring import (
    Criterion,
    Entry,
    Outcome,
    Result,
    TieUnresolved,
    heaviest_criterion,
    rank,
    split_outcomes,
)
from review.scoring.points import mean
from workflows.engine import Flow
from workflows.panel_draw import bids_of, rules_of_round
from workflows.review_flags import sheets_of
from workflows.round_scores import round_scores
from workflows.wording import listed

BID_STATE = {
    Outcome.AWARD: Bid.State.RECOMMENDED,
    Outcome.RESERVE: Bid.State.RESERVE,
    Outcome.REJECT: Bid.State.NOT_RECOMMENDED,
}


def results_of(flow: Flow, ballot: str) -> list[tuple[Bid, str]]:
    """Each bid with the state its result brings it to; scores go to the bids and into the audit entry.

    Refuses at `ballot` when bids that tie in everything compete for too few places.
    """
    row: ReviewRound = flow.object
    bids = {str(bid.pk): bid for bid in bids_of(row)}
    ranked = rank(_entries(flow, bids, [n.strip() for n in ballot.replace("，", ",").split(",")]))
    rules = rules_of_round(row)
    results: list[Result] = []
    try:
        results = split_outcomes(ranked, rules.quota_per_challenge, rules.pass_score, rules.reserve_count)
    except TieUnresolved as tie:
        numbers = listed(bids[pk].number or "" for pk in tie.ids)
        flow.refuse_input("ballot", _("%s 各项比较均相同且名额不足，请主持抽签并填写抽签顺序。") % numbers)
    return [(bids[result.id], BID_STATE[result.outcome]) for result in results]


def _entries(flow: Flow, bids: Mapping[str, Bid], ballot: list[str]) -> list[Entry]:
    """Each bid's aggregated score, written to the bid and into the audit entry."""
    row: ReviewRound = flow.object
    criteria = [CriterionRule(**c) for c in row.criteria]
    heaviest = heaviest_criterion([Criterion(c.code, c.name, c.max_score, c.veto) for c in criteria]).code
    sheets = sheets_of(row)
    aggregated = round_scores(row, sheets)
    points = ScoreItem.objects.filter(sheet__in=sheets, criterion=heaviest)
    on_top = dict(points.values_list("sheet_id", "value"))
    absent = absent_from_defence(row)
    scores: dict[str, Any] = {}
    entries = []
    for key, bid in bids.items():
        own, found = [s for s in sheets if s.bid_id == bid.pk], aggregated[bid.pk]
        technical = [s.total for s in own if s.assignment.seat_type == "TECHNICAL" and s.total is not None]
        bid.score = found.value
        bid.save(update_fields=["score"])
        scores[bid.number or key] = {"score": found.value, "note": found.note}
        if bid.pk in absent:
            scores[bid.number or key]["waived"] = True
        entries.append(
            Entry(
                id=key,
                score=found.value,
                top_criterion=mean([on_top[s.pk] for s in own]),
                group_mean=mean(technical) if technical else None,
                requested_yuan=bid.requested_yuan,
                ballot=ballot.index(bid.number) + 1 if bid.number in ballot else None,
                vetoed=any(s.is_vetoed for s in own) or bid.pk in absent,
            )
        )
    flow.evidence["scores"] = scores
    return entries


def absent_from_defence(row: ReviewRound) -> set[int]:
    """Ids of the bids whose teams did not come: absent is waived (domain 3.8), so they take no place."""
    slots = DefenceSlot.objects.filter(
        session__round=row, session__state=DefenceSession.State.HELD, state=DefenceSlot.State.ABSENT
    )
    return set(slots.values_list("bid_id", flat=True))
