"""The scores of a whole round by its rule (domain 3.2): for the decision and for every page. No Django import.

A rule that looks across bids (`norm`) is applied to the round as a whole or not at all, so that no two
bids of a round are measured on different scales.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from review.scoring.dispersion import Panel, by_bid
from review.scoring.normalising import Scale
from review.scoring.rules import Aggregated, AggregationRule, aggregate_with_note


def aggregate_round(
    panel: Panel,
    rule: AggregationRule | str,
    *,
    classes: Mapping[str, str] | None = None,
    class_weights: Mapping[str, int] | None = None,
) -> dict[str, Aggregated]:
    """Bid → its score and what to disclose, for every bid that has a total.

    `panel`: expert → bid → total in points, experts without a total left out or empty. `classes`: expert
    → seat type and `class_weights`: seat type → per cent, for `grouped`. Under `norm` an expert's level
    and spread come from the bids that all experts scored; with fewer than five the round is averaged.
    Raises ValueError as `aggregate_with_note` does, and for an expert without a class under `grouped`.
    """
    panel = {expert: row for expert, row in panel.items() if row}
    if rule == AggregationRule.NORM and (scale := scale_of(panel)) is not None:
        return _normalised(panel, scale)
    grouped = rule == AggregationRule.GROUPED
    if grouped and (unknown := sorted(set(panel) - set(classes or {}))):
        raise ValueError(f"no class is known for: {', '.join(unknown)}")
    shares = {kind: Decimal(percent) for kind, percent in (class_weights or {}).items()}
    return {
        bid: aggregate_with_note(
            list(column.values()),
            rule,
            groups=[(classes or {})[expert] for expert in column] if grouped else None,
            weights=shares if grouped else None,
        )
        for bid, column in by_bid(panel).items()
    }


def scale_of(panel: Panel) -> Scale | None:
    """The round's scale, positions in the order of `panel` (no empty rows); None below five common bids."""
    common = sorted(set.intersection(*(set(row) for row in panel.values()))) if panel else []
    return Scale.of([[row[bid] for bid in common] for row in panel.values()])


def _normalised(panel: Panel, scale: Scale) -> dict[str, Aggregated]:
    """A bid that someone was recused from is judged by the others, each on his own scale."""
    position = {expert: n for n, expert in enumerate(panel)}
    found = {}
    for bid, column in by_bid(panel).items():
        value, note = scale.score([(position[expert], total) for expert, total in column.items()])
        found[bid] = Aggregated.of(list(column.values()), value, AggregationRule.NORM, note)
    return found
