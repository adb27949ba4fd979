"""`review.scoring.aggregate` over thousands of bids at once, in whole hundredths of a point. No Django import.

Everything is a sum of whole numbers and one division, rounded half up, so that the result is the same
to the last cent as the Decimals of `review.scoring` (which stays the law; a property test compares them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import lcm

import numpy as np

from review.calibration.score_book import Ints, ScoreBook
from review.scoring import AggregationRule
from review.scoring.aggregation import aggregate_round, scale_of

#: Weights are whole hundredths of a point; they sum to this.
ALL = 10_000
_MOST = 2**62


def whole_weights(weights: Mapping[str, Decimal], codes: Sequence[str]) -> Ints:
    """Points of 100 per criterion, two decimals, as hundredths in the order of `codes`.

    Raises ValueError unless every code has a weight of that form, no other has, and they sum to 100.
    """
    if odd := sorted(set(weights) ^ set(codes)):
        raise ValueError(f"各项指标都要有权重且不能有其他指标：{'、'.join(odd)}")
    found = []
    for code in codes:
        cents = weights[code] * 100
        if not cents.is_finite() or cents % 1 or cents < 0:
            raise ValueError(f"指标“{code}”的权重应为不小于 0 的两位小数，现为 {weights[code]}")
        found.append(int(cents))
    if sum(found) != ALL:
        raise ValueError(f"指标权重合计应为 100，现为 {Decimal(sum(found)) / 100}")
    return np.array(found, dtype=np.int64)


def expert_totals(book: ScoreBook, weights: Ints) -> Ints:
    """Each expert's total in cents, b × s: points ÷ maximum × weight, summed, then rounded half up.

    With the published weights this is the sum of the points. A criterion that carries no points (veto)
    can carry no weight. Raises ValueError for one that does, and for maxima without a workable common
    multiple.
    """
    doubled = [int(Decimal(c.max_score) * 2) for c in book.criteria]
    if heavy := [c.code for c, top, w in zip(book.criteria, doubled, weights, strict=True) if w and not top]:
        raise ValueError(f"满分为 0 的指标不能有权重：{'、'.join(heavy)}")
    common = lcm(*(top for top in doubled if top))
    if common * ALL * 2 >= _MOST:
        raise ValueError("指标满分的公倍数过大，无法精确换算")
    factors = [int(w) * (common // top) if top else 0 for w, top in zip(weights, doubled, strict=True)]
    return half_up(book.halves @ np.array(factors, dtype=np.int64), np.int64(common))


def aggregate_cents(
    book: ScoreBook, cents: Ints, rule: AggregationRule | str, class_weights: Mapping[str, int]
) -> Ints:
    """Each bid's score in cents from its experts' totals (b × s), with the fallbacks of domain 3.2.

    `norm` has roots in it and no exact whole numbers; it is left to the Decimals, contest by contest.
    """
    chosen = AggregationRule(rule)
    if chosen is AggregationRule.NORM:
        return _normalised(book, cents)
    means = half_up(cents.sum(axis=1, where=book.seated), book.sizes)
    if chosen is AggregationRule.MEAN:
        return means
    if chosen is AggregationRule.GROUPED:
        return _grouped(book, cents, class_weights, means)
    middles = np.where(book.sizes < 3, means, _medians(book, cents))
    return middles if chosen is AggregationRule.MEDIAN else _trimmed(book, cents, middles)


def half_up(numerator: Ints, denominator: Ints | np.int64) -> Ints:
    """Whole quotients of numbers that are not negative, half up."""
    found: Ints = (2 * numerator + denominator) // (2 * denominator)
    return found


def _medians(book: ScoreBook, cents: Ints) -> Ints:
    ordered = np.sort(np.where(book.seated, cents, ALL + 1), axis=1)  # empty seats behind the highest total
    row = np.arange(len(ordered))
    return half_up(ordered[row, (book.sizes - 1) // 2] + ordered[row, book.sizes // 2], np.int64(2))


def _trimmed(book: ScoreBook, cents: Ints, middles: Ints) -> Ints:
    lowest = cents.min(axis=1, where=book.seated, initial=ALL)
    highest = cents.max(axis=1, where=book.seated, initial=0)
    kept = cents.sum(axis=1, where=book.seated) - lowest - highest
    return np.where(book.sizes < 5, middles, half_up(kept, np.maximum(book.sizes - 2, 1)))


def _grouped(book: ScoreBook, cents: Ints, class_weights: Mapping[str, int], means: Ints) -> Ints:
    if sum(class_weights.values()) != 100:
        raise ValueError(f"类别权重合计应为 100%，现为 {sum(class_weights.values())}%")
    if odd := sorted(set(book.kinds) - set(class_weights)):
        raise ValueError(f"这些类别的专家没有权重：{'、'.join(odd)}")
    sums, counts = [], []
    for kind in class_weights:
        own = book.seated & (book.kind_at == (book.kinds.index(kind) if kind in book.kinds else -1))
        sums.append(cents.sum(axis=1, where=own))
        counts.append(own.sum(axis=1))
    complete = np.min(counts, axis=0) > 0
    divisors = np.maximum(counts, 1)
    common: Ints = np.lcm.reduce(divisors, axis=0)
    weighted = sum(p * s * (common // n) for p, s, n in zip(class_weights.values(), sums, divisors, strict=True))
    return np.where(complete, half_up(np.asarray(weighted), common * 100), means)


def on_one_scale(book: ScoreBook, cents: Ints) -> Ints:
    """Totals as `norm` reads them before it takes the mean, b × s, to the cent; unchanged where it falls back."""
    found = cents.copy()
    for panel, bids in _contests(book, cents):
        if (scale := scale_of(panel)) is not None:
            place = {expert: n for n, expert in enumerate(panel)}
            for bid in bids:
                for seat in np.flatnonzero(book.seated[bid]):
                    expert = book.experts[book.expert_at[bid, seat]]
                    found[bid, seat] = int(scale.put_back(place[expert], panel[expert][str(bid)]).scaleb(2))
    return found


def _normalised(book: ScoreBook, cents: Ints) -> Ints:
    found = np.zeros(len(book.bids), dtype=np.int64)
    for panel, _ in _contests(book, cents):
        for bid, score in aggregate_round(panel, AggregationRule.NORM).items():
            found[int(bid)] = int(score.value * 100)
    return found


def _contests(book: ScoreBook, cents: Ints) -> Iterator[tuple[dict[str, dict[str, Decimal]], Ints]]:
    """Each contest's totals as the Decimal code reads them (expert → position of the bid → points), and its bids."""
    for contest in range(len(book.contests)):
        bids = np.flatnonzero(book.contest_of == contest)
        panel: dict[str, dict[str, Decimal]] = {}
        for bid in bids:
            for seat in np.flatnonzero(book.seated[bid]):
                row = panel.setdefault(book.experts[book.expert_at[bid, seat]], {})
                row[str(bid)] = Decimal(int(cents[bid, seat])).scaleb(-2)
        yield panel, bids
