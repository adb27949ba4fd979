"""From criterion points to a bid's aggregated score (domain 3.1.f, 3.2). No Django import.

Extremes are dropped on totals, not per criterion. Every rule that cannot be applied to the panel at
hand falls back to another one, and the result says so in a sentence for the notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from review.dispersion import (
    Flag,
    dispersion_flags,
    expert_bias,
    flat_scorers,
    is_split,
    outliers,
    wide_range,
)
from review.points import EXACT, HUNDRED, ZERO, half_up, mean, median, require_points, sample_sd
from review.ranking import Entry, Outcome, Ranked, Result, TieUnresolved, rank, split_outcomes

__all__ = [
    "Aggregated",
    "AggregationRule",
    "Criterion",
    "Entry",
    "Flag",
    "Outcome",
    "Ranked",
    "Result",
    "TieUnresolved",
    "aggregate",
    "aggregate_with_note",
    "dispersion_flags",
    "expert_bias",
    "flat_scorers",
    "heaviest_criterion",
    "is_split",
    "outliers",
    "rank",
    "split_outcomes",
    "weighted_total",
    "wide_range",
]

_TRIM_NEEDS = 5
_MEDIAN_NEEDS = 3
_NORM_NEEDS = 5


class AggregationRule(StrEnum):
    """How a panel's totals become one score (domain 3.2: AGG_MEAN … AGG_NORM)."""

    MEAN = "mean"
    TRIM1 = "trim1"
    MEDIAN = "median"
    GROUPED = "grouped"
    NORM = "norm"


@dataclass(frozen=True)
class Aggregated:
    """A bid's score in points (two decimals) and what must be disclosed with it.

    `rule_applied` differs from the rule asked for when that one fell back; `note` says why.
    `spread` is highest minus lowest total; `sample_sd` is None for a single expert.
    """

    value: Decimal
    rule_applied: AggregationRule
    note: str
    n: int
    spread: Decimal
    sample_sd: Decimal | None


@dataclass(frozen=True)
class Criterion:
    """One row of the score sheet; a veto item carries 0 points. `max_score` in points."""

    code: str
    name: str
    max_score: Decimal | int
    veto: bool = False


def weighted_total(scores: Mapping[str, Decimal], criteria: Sequence[Criterion]) -> Decimal:
    """One expert's total in points of 100: the sum over all criteria (domain 3.1.f).

    Raises ValueError with a sentence for the expert when a criterion is missing, unknown, above its
    maximum or not in half points; and when the criteria themselves do not add up to exactly 100.
    """
    with localcontext(EXACT):
        maxima = sum((Decimal(c.max_score) for c in criteria), ZERO)
        if maxima != HUNDRED:
            raise ValueError(f"评审指标分值合计应为 100，现为 {maxima}")
        unknown = sorted(set(scores) - {c.code for c in criteria})
        if unknown:
            raise ValueError(f"评分表中没有这些指标：{'、'.join(unknown)}")
        missing = [c.name for c in criteria if not c.veto and c.code not in scores]
        if missing:
            raise ValueError(f"还有指标未评分：{'、'.join(missing)}")
        return half_up(sum((_points(scores[c.code], c) for c in criteria if c.code in scores), ZERO))


def heaviest_criterion(criteria: Sequence[Criterion]) -> Criterion:
    """The criterion that breaks ties (domain 3.3): largest weight, the first listed among equals."""
    if not criteria:
        raise ValueError("there are no criteria")
    return max(criteria, key=lambda c: c.max_score)


def aggregate(
    scores: Sequence[Decimal],
    rule: AggregationRule | str,
    *,
    groups: Sequence[str] | None = None,
    weights: Mapping[str, Decimal] | None = None,
    series: Sequence[Sequence[Decimal]] | None = None,
) -> Decimal:
    """A bid's score by `rule`, two decimals, half up. See `aggregate_with_note`."""
    return aggregate_with_note(scores, rule, groups=groups, weights=weights, series=series).value


def aggregate_with_note(
    scores: Sequence[Decimal],
    rule: AggregationRule | str,
    *,
    groups: Sequence[str] | None = None,
    weights: Mapping[str, Decimal] | None = None,
    series: Sequence[Sequence[Decimal]] | None = None,
) -> Aggregated:
    """One bid's score from its experts' totals, with what the notice has to disclose (domain 3.2).

    `scores`: totals of 0–100 points, one per expert. `grouped` needs `groups` (each expert's class, in
    the order of `scores`) and `weights` (percent per class, sum 100). `norm` needs `series`: for each
    expert, in the order of `scores`, the totals of the same bids in the same order, this bid among them.
    Fallbacks: trim1 with 3 or 4 experts → median, with fewer → mean; median with fewer than 3 → mean;
    norm with fewer than 5 common bids → mean.
    Raises ValueError for an unknown rule, anything but Decimals in range, or lists that do not match.
    """
    totals = require_points(scores)
    chosen = _rule(rule)
    with localcontext(EXACT):
        if chosen is AggregationRule.GROUPED:
            value, applied, note = _grouped(totals, groups, weights)
        elif chosen is AggregationRule.NORM:
            value, applied, note = _normalised(totals, series)
        elif chosen is AggregationRule.TRIM1:
            value, applied, note = _trimmed(totals)
        elif chosen is AggregationRule.MEDIAN:
            value, applied, note = _middle(totals)
        else:
            value, applied, note = _average(totals)
        sd = sample_sd(totals)
        return Aggregated(
            value=half_up(value),
            rule_applied=applied,
            note=note,
            n=len(totals),
            spread=half_up(max(totals) - min(totals)),
            sample_sd=None if sd is None else half_up(sd),
        )


_Step = tuple[Decimal, AggregationRule, str]


def _rule(rule: AggregationRule | str) -> AggregationRule:
    try:
        return AggregationRule(rule)
    except ValueError:
        known = ", ".join(AggregationRule)
        raise ValueError(f"unknown aggregation rule {rule!r}; known are {known}") from None


def _average(totals: list[Decimal], because: str = "") -> _Step:
    return mean(totals), AggregationRule.MEAN, f"{because}取 {len(totals)} 位专家总分的算术平均。"


def _middle(totals: list[Decimal], because: str = "") -> _Step:
    if len(totals) < _MEDIAN_NEEDS:
        return _average(totals, because or f"专家不足 {_MEDIAN_NEEDS} 人，不取中位数，")
    return median(totals), AggregationRule.MEDIAN, f"{because}取 {len(totals)} 位专家总分的中位数。"


def _trimmed(totals: list[Decimal]) -> _Step:
    if len(totals) < _TRIM_NEEDS:
        return _middle(totals, f"专家不足 {_TRIM_NEEDS} 人，不去掉最高分和最低分，")
    low, *kept, high = sorted(totals)  # one instance only of each extreme
    note = f"去掉一个最高分 {half_up(high)} 和一个最低分 {half_up(low)}，取其余 {len(kept)} 个总分的算术平均。"
    return mean(kept), AggregationRule.TRIM1, note


def _grouped(totals: list[Decimal], groups: Sequence[str] | None, weights: Mapping[str, Decimal] | None) -> _Step:
    if groups is None or weights is None or len(groups) != len(totals):
        raise ValueError("the rule grouped needs one class per score and a weight per class")
    percents = require_points(weights.values())
    if sum(percents, ZERO) != HUNDRED:
        raise ValueError(f"class weights must sum to 100, not {sum(percents, ZERO)}")
    if set(groups) != set(weights):
        odd = ", ".join(sorted(set(groups) ^ set(weights)))
        raise ValueError(f"every class needs at least one expert and a weight; not so for: {odd}")
    value, parts = ZERO, []
    for name, percent in weights.items():
        own = mean([t for t, g in zip(totals, groups, strict=True) if g == name])
        value += own * percent / 100
        parts.append(f"{name} {half_up(own)}×{percent.normalize():f}%")
    return value, AggregationRule.GROUPED, f"按专家类别先求平均再加权：{'，'.join(parts)}。"


def _normalised(totals: list[Decimal], series: Sequence[Sequence[Decimal]] | None) -> _Step:
    """Mean of the experts' z-scores, put back on the scale of the whole panel.

    The scale is the mean of all totals and the pooled deviation within experts; both are the same for
    every bid, so the order of bids depends on the z-scores alone. An expert who gave every bid the
    same total says nothing about their order and counts as z = 0.
    """
    rows = [require_points(row) for row in series or ()]
    if not rows or min(map(len, rows)) < _NORM_NEEDS:
        return _average(totals, f"共同评审的申报不足 {_NORM_NEEDS} 项，不作标准化，")
    if len(rows) != len(totals) or len(set(map(len, rows))) != 1:
        raise ValueError("the rule norm needs one series per score, all over the same bids")
    if any(total not in row for total, row in zip(totals, rows, strict=True)):
        raise ValueError("each expert's series must contain the score for this bid")
    deviations = [sample_sd(row) or ZERO for row in rows]
    pooled = mean([sd * sd for sd in deviations]).sqrt()
    scores = zip(totals, rows, deviations, strict=True)
    z = mean([(total - mean(row)) / sd if sd else ZERO for total, row, sd in scores])
    value = mean([t for row in rows for t in row]) + z * pooled
    note = f"按每位专家在 {len(rows[0])} 项共同申报上的均值与标准差标准化后取平均。"
    if not ZERO <= value <= HUNDRED:
        value = min(max(value, ZERO), HUNDRED)
        note += f"超出 0–100 的部分按 {value} 计。"
    return value, AggregationRule.NORM, note


def _points(score: object, criterion: Criterion) -> Decimal:
    if not isinstance(score, Decimal):
        raise ValueError(f"a score must be a Decimal, not {type(score).__name__} {score!r}")
    top = Decimal(criterion.max_score)
    if not score.is_finite() or not ZERO <= score <= top:
        raise ValueError(f"“{criterion.name}”应在 0 至 {top} 分之间，现为 {score}")
    if score * 2 % 1:
        raise ValueError(f"“{criterion.name}”以 0.5 分为一档，现为 {score}")
    return score
