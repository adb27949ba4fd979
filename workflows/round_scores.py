"""A round's sheets, put into the shape in which the pure rules read them, and its scores."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from review.models import Expert, ReviewRound, ScoreSheet
from review.scoring import Aggregated
from review.scoring.aggregation import aggregate_round
from workflows.panel_draw import rules_of_round


def round_scores(row: ReviewRound, sheets: Iterable[ScoreSheet]) -> dict[int, Aggregated]:
    """Bid's key → its score by the rule of the pinned rule set and what has to be disclosed (domain 3.2).

    `sheets` with their assignments joined; those without a total are passed over. Decision and pages
    both come here, so that what the chair looks at is what will be decided.
    """
    rules, kinds = rules_of_round(row), dict(Expert.SeatType.choices)
    panel: dict[str, dict[str, Decimal]] = {}
    classes: dict[str, str] = {}
    for sheet in sheets:
        if sheet.total is not None:
            seat = sheet.assignment
            panel.setdefault(seat.alias, {})[str(sheet.bid_id)] = sheet.total
            classes[seat.alias] = str(kinds.get(seat.seat_type, seat.seat_type))
    weights = {str(kinds.get(kind, kind)): percent for kind, percent in rules.class_weights.items()}
    found = aggregate_round(panel, rules.aggregation, classes=classes, class_weights=weights)
    return {int(bid): score for bid, score in found.items()}
