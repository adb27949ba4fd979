"""The fair optimum: first the worst bid as high as can be, then the sum of all. Why so: docs/decisions/0016.

The *level* is the mean affinity that every bid reaches. It is first set as high as the worst-placed bid's
best panel, loads aside; nothing could be higher. Where loads forbid that, halving finds the highest level
below it at which whole panels are found, to a fiftieth of the affinities' span; in small instances to a
thousandth, after the relaxation has told the highest level that is not ruled out; in tiny ones it is exact. The sum is maximised with every bid at the level. `stats` reports
both bounds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from review.matching.board import MICRO, Board, Floats, Ints, board_of
from review.matching.instance import Instance
from review.matching.prices import FINE, Prices, best_panels
from review.matching.program import Program
from review.matching.question import Answer, Question
from review.matching.relaxations import Infeasible, Relaxation, lacking
from review.matching.search import Panels, Search, sums, worth

#: Bids within this share of the span above the level get a floor too before panels are made whole.
NEAR = 0.2
#: Levels are told apart down to this part of the span, where the bound itself is not reached; the second is
#: for instances that are not small, where every level tried takes seconds.
PRECISION, COARSE = 1000, 50


@dataclass(frozen=True)
class Match:
    """`pairs` of (proposal id, expert id), sorted. `stats`: see `_stats`; all but `seconds` repeat exactly."""

    pairs: tuple[tuple[str, str], ...]
    stats: dict[str, Any]


@dataclass(frozen=True)
class Fair:
    """Whole panels at a `level` and what is proven: neither level nor sum (millionths) can exceed its bound."""

    panels: Panels
    level: int
    bound: int
    level_bound: int


def solve(instance: Instance) -> Match:
    """The fair optimum. Raises Infeasible with the smallest set of relaxations when there is none."""
    began = time.perf_counter()
    board = board_of(instance)
    fair = fairest(board)
    return Match(tuple(sorted(board.names(fair.panels.pairs))), _stats(board, fair, time.perf_counter() - began))


def fairest(board: Board) -> Fair:
    search = Search(board)
    plain = feasible(search)
    if not np.any(board.demand):
        return Fair(Panels(search.pairs[:0], True), 0, 0, 0)
    bound = highest_imaginable(board)
    reached = _reach(search, plain, bound)
    if reached is None and search.is_small:
        # With many pairs this program takes minutes; the bound then stays the best-imaginable one.
        bound = _level_bound(search, plain, bound)
        reached = _reach(search, plain, bound)
    if reached and (found := _panels(search, plain, bound, reached[0])):
        return Fair(found[0], bound, found[1], bound)
    return _below_bound(search, plain, bound)


def _below_bound(search: Search, plain: Answer, bound: int) -> Fair:
    """The highest level at which whole panels are found, by halving what is left below the bound."""
    board = search.board
    reached, best = _worst(board, sums(board, plain.pairs, plain.x)), None
    if search.is_tiny and (exact := _exact_level(search, bound)):
        reached, bound = exact
    high, precision = bound, PRECISION if search.is_small else COARSE
    while (high - reached) * precision > search.span * MICRO:
        level = (reached + high) // 2
        search.basis = plain.basis
        if found := _panels(search, plain, level, None):
            reached = _worst(board, sums(board, found[0].pairs))
            best = Fair(found[0], reached, found[1], bound)
        else:
            high = level
    if best is None and (found := _panels(search, plain, reached, None)):
        best = Fair(found[0], reached, found[1], bound)
    return best or _unfair(search, bound)


def _panels(search: Search, plain: Answer, level: int, low: Ints | None) -> tuple[Panels, int] | None:
    """Whole panels with every bid at the level, and the bound of their sum; None if none are found."""
    board, margin = search.board, int(NEAR * search.span * MICRO)
    while relaxed := _reach(search, plain, level, low):
        low, answer = relaxed
        close = _below(board, sums(board, answer.pairs, answer.x) - margin, level)
        panels = search.whole(partial(_ask, board, np.union1d(low, close), level), answer)
        if panels is None:
            return None
        below = _below(board, sums(board, panels.pairs), level)
        if not len(below):
            floors = _ask(board, low, level, panels.pairs).floors
            return panels, answer.prices.bound(board, floors) // FINE
        if not len(np.setdiff1d(below, low)):
            return None  # below in spite of their floors: beyond the solver's precision
        low = np.union1d(low, below)
    return None


def feasible(search: Search) -> Answer:
    """The optimum of the sum alone; it decides whether everything fits. Raises Infeasible."""
    while True:
        plain = search.optimum(lambda pairs: Question(pairs, worth(search.board, pairs), 1, search.penalty))
        assert plain is not None
        if not plain.gives_way:
            return plain
        relaxations: list[Relaxation] = lacking(search)
        if relaxations:
            raise Infeasible(relaxations)
        search.penalty *= 100


def highest_imaginable(board: Board) -> int:
    """The level no assignment exceeds: the least of the bids' best panels, in millionths of mean affinity."""
    free = Prices.of(
        np.ones(board.shape[0]),
        seat=np.zeros(board.shape[0]), load=np.zeros(board.shape[1]), mix=np.zeros(len(board.mix)),
        unit_rows=board.demand[:0], unit=np.zeros(0),
    )  # fmt: skip
    best = [best_panels(board, part, free.values(board, part)) for part in board.chunks()]
    most, wanted = np.concatenate(best) // FINE if best else board.demand, board.demand > 0
    return int((most[wanted] // board.demand[wanted]).min()) if wanted.any() else 0


def _worst(board: Board, sums: Floats) -> int:
    wanted = board.demand > 0
    return int(np.floor((sums[wanted] + 0.5) / board.demand[wanted]).min())


def _ask(board: Board, bids: Ints, level: int, pairs: Ints) -> Question:
    """The greatest sum with these bids at the level."""
    floors = (bids, level * board.demand[bids])
    return Question(pairs, worth(board, pairs), 1, 0, floors, strict=True)


def _ask_level(bids: Ints, cap: int, pairs: Ints) -> Question:
    return Question(pairs, np.zeros(len(pairs)), 0, 0, (bids, np.zeros(len(bids), np.int64)), cap, strict=True)


def _below(board: Board, sums: Floats, level: int) -> Ints:
    return np.flatnonzero(sums < level * board.demand - 0.5)


def _reach(search: Search, plain: Answer, level: int, low: Ints | None = None) -> tuple[Ints, Answer] | None:
    """The relaxed optimum with every bid at the level; None when the relaxation rules the level out.

    Floors are put in for the bids that fall below, and for those that fall below then: few ever do. These
    bids (`low` from the start) are returned too.
    """
    board, answer = search.board, plain
    before = np.zeros(0, np.int64)
    low = before if low is None else low
    low = np.union1d(low, _below(board, sums(board, plain.pairs, plain.x), level))
    while len(low) > len(before):
        found = search.optimum(partial(_ask, board, low, level))
        if found is None:
            return None
        answer, before = found, low
        low = np.union1d(low, _below(board, sums(board, found.pairs, found.x), level))
    return low, answer


def _level_bound(search: Search, plain: Answer, cap: int) -> int:
    """The highest level the relaxation does not rule out."""
    board = search.board
    low = _below(board, sums(board, plain.pairs, plain.x), cap)
    while True:
        search.basis = plain.basis
        answer = search.optimum(partial(_ask_level, low, cap))
        assert answer is not None
        level = int(np.floor(answer.level * MICRO + 1e-3))
        below = np.setdiff1d(_below(board, sums(board, answer.pairs, answer.x), level), low)
        search.basis = plain.basis
        if not len(below):
            return level
        low = np.union1d(low, below)


def _exact_level(search: Search, bound: int) -> tuple[int, int] | None:
    """The highest level whole panels reach, and its bound: the same unless the branching was cut short."""
    board, pairs = search.board, search.pairs
    program = Program(board, _ask_level(np.flatnonzero(board.demand > 0), bound, pairs))
    settled = program.settle(np.zeros(len(pairs), bool), np.zeros(len(pairs)))
    if settled is None:
        return None
    level = _worst(board, sums(board, pairs[settled.taken]))
    return level, level if settled.is_optimal else bound


def _unfair(search: Search, level_bound: int) -> Fair:
    """Panels without a common level: the classes' minima left no whole answer at any."""
    board = search.board
    plain = feasible(search)
    panels = search.whole(lambda pairs: Question(pairs, worth(board, pairs), 1, 0, strict=True), plain)
    if panels is None:
        raise Infeasible(lacking(search, whole=True))
    level = _worst(board, sums(board, panels.pairs))
    return Fair(panels, level, plain.prices.bound(board) // FINE, level_bound)


def _stats(board: Board, fair: Fair, seconds: float) -> dict[str, Any]:
    """Affinities as given (mean per pair, or per pair of a bid).

    `gap`: what the total may at most lack of the best at this level; `is_optimal`: the search proved that it
    lacks nothing. `fairness_bound`: no assignment lifts every bid above it.
    """
    width, wanted = board.shape[1], board.demand > 0
    scores = board.score[fair.panels.pairs // width, fair.panels.pairs % width].astype(np.int64)
    means = np.where(wanted, np.rint(sums(board, fair.panels.pairs)) / np.maximum(board.demand, 1), np.inf)
    worst = int(np.argmin(means)) if wanted.any() else None
    total = int(scores.sum())
    return {
        "seconds": round(seconds, 3),
        "mean_affinity": round(total / len(scores) / MICRO, 9) if len(scores) else None,
        "worst_proposal": round(float(means[worst]) / MICRO, 9) if worst is not None else None,
        "worst_proposal_id": board.instance.proposals[board.bids[worst]].id if worst is not None else None,
        "total_affinity": total / MICRO,
        "total_bound": fair.bound / MICRO,
        "gap": (fair.bound - total) / MICRO,
        "is_optimal": fair.panels.is_proven,
        "fairness_level": fair.level / MICRO,
        "fairness_bound": fair.level_bound / MICRO,
    }
