"""From criterion points to a bid's aggregated score (domain 3.1.f, 3.2). No Django import.

Extremes are dropped on totals, not per criterion. Every rule that cannot be applied to the panel at
hand falls back to another one, and the result says so in a sentence for the notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from math import lcm

from review.scoring.normalising import NEEDS_BIDS, Scale
from review.scoring.points import EXACT, HUNDRED, ZERO, half_up, mean, median, require_points, sample_sd

_TRIM_NEEDS = 5
_MEDIAN_NEEDS = 3
#: Why a round under `norm` is averaged after all.
NOT_NORMALISED = f"共同评审的申报不足 {NEEDS_BIDS} 项，不作标准化，"


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

    @classmethod
    def of(cls, totals: Sequence[Decimal], value: Decimal, applied: AggregationRule, note: str) -> Aggregated:
        """`value` unrounded: it is rounded here, once."""
        sd = sample_sd(totals)
        with localcontext(EXACT):
            spread = max(totals) - min(totals)
        return cls(half_up(value), applied, note, len(totals), half_up(spread), None if sd is None else half_up(sd))


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
    norm with fewer than 5 common bids → mean; grouped without an expert of some class → mean.
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
        return Aggregated.of(totals, value, applied, note)


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
    if odd := sorted(set(groups) - set(weights)):
        raise ValueError(f"every expert's class needs a weight; not so for: {', '.join(odd)}")
    if absent := [name for name in weights if name not in groups]:
        return _average(totals, f"{'、'.join(absent)}类别没有专家评分，不按类别加权，")
    own = {name: [t for t, g in zip(totals, groups, strict=True) if g == name] for name in weights}
    # One division at the end: thirds of two classes may add up to a half, which must be rounded up.
    common = lcm(*map(len, own.values()))
    value = sum((weights[name] * sum(part) * (common // len(part)) for name, part in own.items()), ZERO)
    parts = [f"{name} {half_up(mean(part))}×{weights[name].normalize():f}%" for name, part in own.items()]
    note = f"按专家类别先求平均再加权：{'，'.join(parts)}。"
    return value / (common * 100), AggregationRule.GROUPED, note


def _normalised(totals: list[Decimal], series: Sequence[Sequence[Decimal]] | None) -> _Step:
    scale = Scale.of(series or ())
    if scale is None:
        return _average(totals, NOT_NORMALISED)
    if series is None or len(series) != len(totals):
        raise ValueError("the rule norm needs one series per score, all over the same bids")
    if any(total not in row for total, row in zip(totals, series, strict=True)):
        raise ValueError("each expert's series must contain the score for this bid")
    value, note = scale.score(list(enumerate(totals)))
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
