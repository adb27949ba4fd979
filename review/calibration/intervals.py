"""How sure a rank is: the experts of each panel are drawn anew, many times. No Django import.

All bids of one panel are scored by the same drawn experts, because a strict expert is strict with all of
them and changes no rank. Under `grouped` experts are drawn within their class. A mean of n drawn experts
varies by √((n − 1)/n) too little; deviations are widened by the inverse, without which a panel of five
would look a tenth surer than it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.calibration.exact_cents import aggregate_cents, on_one_scale
from review.calibration.scenario import Scenario, compute
from review.calibration.score_book import Ints, ScoreBook
from review.calibration.standings import Cut, standings
from review.scoring import AggregationRule

DRAWS = 1000
LEVEL = 0.9
#: Of two experts drawn anew, half the draws are one of them twice: that is no interval.
LEAST_EXPERTS = 3


@dataclass(frozen=True)
class RankInterval:
    """A bid's rank in its contest with its interval, and the share of draws in which it is above the line.

    A tie across the line counts for its part of the places. `low` is the better rank; `low`, `high` and
    `above` are None for a bid with fewer than three experts, which stands still while others move.
    """

    bid: str
    contest: str
    rank: int
    experts: int
    low: int | None
    high: int | None
    above: float | None


@dataclass(frozen=True)
class RankIntervals:
    """`level`: what part of the draws each interval covers. Advisory; the same seed gives the same figures."""

    scenario: Scenario
    book_digest: str
    draws: int
    seed: int
    level: float
    bids: tuple[RankInterval, ...]


def rank_intervals(
    book: ScoreBook, scenario: Scenario, *, seed: int, draws: int = DRAWS, level: float = LEVEL
) -> RankIntervals:
    """Intervals for every bid of the book, in its order; repeatable under the locked version of numpy.

    Raises ValueError for an unsound scenario, no draws, or a level that is not between 0 and 1.
    """
    if draws < 1 or not 0 < level < 1:
        raise ValueError("draws must be positive and level between 0 and 1")
    found = compute(book, scenario)
    cents, rule = found.totals, AggregationRule(scenario.rule)
    if rule is AggregationRule.NORM:
        cents, rule = on_one_scale(book, cents), AggregationRule.MEAN
    base = aggregate_cents(book, cents, rule, scenario.class_weights)
    wider = np.sqrt(book.sizes / np.maximum(book.sizes - 1, 1))
    cut = Cut(scenario.quota, int(scenario.pass_score * 100), scenario.reserve_count)
    top = max(range(len(book.criteria)), key=lambda n: scenario.weights[book.criteria[n].code])
    urn = _Urn(book, by_kind=rule is AggregationRule.GROUPED)
    rng = np.random.default_rng(seed)
    ranks, above = np.empty((draws, len(book.bids)), dtype=np.int32), np.zeros(len(book.bids))
    for n in range(draws):
        drawn = aggregate_cents(book, np.take_along_axis(cents, urn.draw(rng), axis=1), rule, scenario.class_weights)
        scores = found.scores + np.rint((drawn - base) * wider).astype(np.int64)
        placed = standings(book, scores, found.totals, top, cut)
        ranks[n] = placed.ranks
        places = np.clip((cut.quota - placed.ranks + 1) / placed.sharing, 0, 1)
        above += places * (~book.vetoed & (scores >= cut.pass_cents))
    bids = _intervals(book, found.standings.ranks, ranks, above / draws, level)
    return RankIntervals(scenario, book.digest, draws, seed, level, bids)


class _Urn:
    """Draws seats with replacement, once for each panel, among those of the drawn seat's own class if asked."""

    def __init__(self, book: ScoreBook, *, by_kind: bool) -> None:
        who = np.where(book.seated, book.expert_at, -1)
        kinds = np.where(book.seated, book.kind_at, -1) if by_kind else np.where(book.seated, 0, -1)
        panels, panel_of = np.unique(np.hstack([who, kinds]), axis=0, return_inverse=True)
        self.panel_of = panel_of.reshape(-1)
        kinds = panels[:, book.seated.shape[1] :]
        # Seats sorted by class: a seat draws among the `count` seats that begin at `begin` of that order.
        self.order = np.argsort(kinds, axis=1, kind="stable")
        same = kinds[:, :, None] == kinds[:, None, :]
        self.count = same.sum(axis=2)
        self.begin = (kinds[:, None, :] < kinds[:, :, None]).sum(axis=2)

    def draw(self, rng: np.random.Generator) -> Ints:
        """For each bid and seat the seat that takes its place, b × s."""
        place = self.begin + rng.integers(0, self.count)
        found: Ints = np.take_along_axis(self.order, place, axis=1)[self.panel_of]
        return found


def _intervals(
    book: ScoreBook, point: Ints, ranks: NDArray[np.int32], above: NDArray[np.float64], level: float
) -> tuple[RankInterval, ...]:
    ranks.sort(axis=0)
    tail = int((1 - level) / 2 * len(ranks))
    rows = zip(
        book.bids, book.contest_of.tolist(), point.tolist(), book.sizes.tolist(),
        ranks[tail].tolist(), ranks[len(ranks) - 1 - tail].tolist(), above.tolist(), strict=True,
    )  # fmt: skip
    return tuple(
        RankInterval(bid, book.contests[contest], rank, n, low, high, round(share, 4))
        if n >= LEAST_EXPERTS
        else RankInterval(bid, book.contests[contest], rank, n, None, None, None)
        for bid, contest, rank, n, low, high, share in rows
    )
