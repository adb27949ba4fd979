"""From criterion points to scores, ranks and flags (domain 3.1, 3.2, 3.7). No Django import; others call what is named here."""

from review.scoring.dispersion import (
    Flag,
    dispersion_flags,
    expert_bias,
    flat_scorers,
    is_split,
    outliers,
    wide_range,
)
from review.scoring.ranking import Entry, Outcome, Ranked, Result, TieUnresolved, rank, split_outcomes
from review.scoring.rules import (
    Aggregated,
    AggregationRule,
    Criterion,
    aggregate,
    aggregate_with_note,
    heaviest_criterion,
    weighted_total,
)

__all__ = [
    "Aggregated", "AggregationRule", "Criterion", "Entry", "Flag", "Outcome", "Ranked", "Result", "TieUnresolved",
    "aggregate", "aggregate_with_note", "dispersion_flags", "expert_bias", "flat_scorers", "heaviest_criterion", "is_split",
    "outliers", "rank", "split_outcomes", "weighted_total", "wide_range",
]  # fmt: skip
