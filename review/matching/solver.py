"""The fair optimum: first the worst bid as high as can be, then the sum of all. Why so: docs/decisions/0016.

The *level* is the mean affinity that every bid reaches. In small instances level and sum are exact. In others the
relaxation tells how high both can be; its answer is made whole and raised by `exchanges`, in a counted number
of steps. `stats` reports both bounds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from review.matching.board import MICRO, Board, Ints, board_of
from review.matching.exchanges import Exchanges
from review.matching.instance import Instance
from review.matching.levels import (
    ask_level,
    ask_sum,
    common_step,
    highest_imaginable,
    relaxed_level,
    relaxed_sum,
    worst_of,
)
from review.matching.prices import FINE
from review.matching.program import NODES, Program
from review.matching.question import Answer, Question
from review.matching.relaxations import Infeasible, Relaxation, lacking
from review.matching.search import Panels, Search, sums, worth

#: Below this share a pair is not used by the relaxation: the interior point method leaves traces everywhere.
USED = 1e-4
#: With more candidate pairs than this the interior point method is not run twice for the sum.
LARGE = 20_000


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
    cap = common_step(board, highest_imaginable(board, plain))
    exact = _exact(search, plain, cap) if search.is_small else None
    return exact or _exchanged(search, plain, cap)


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


# --- small instances: everything decided at once --------------------------------------------------------------


def _exact(search: Search, plain: Answer, cap: int) -> Fair | None:
    """Both optima, proven; None when the branching was cut short."""
    board, pairs = search.board, search.pairs
    every = np.flatnonzero(board.demand > 0)
    for level in (lambda: cap, lambda: _exact_level(search, every, cap)):
        reached = level()
        if reached is None:
            return None
        relaxed = search.optimum(partial(ask_sum, board, every, reached))
        panels = search.whole(partial(ask_sum, board, every, reached), relaxed) if relaxed else None
        search.basis = plain.basis
        if relaxed and panels and panels.is_proven:
            floors = ask_sum(board, every, reached, pairs).floors
            return Fair(panels, reached, relaxed.prices.bound(board, floors) // FINE, reached)
    return None


def _exact_level(search: Search, bids: Ints, cap: int) -> int | None:
    board, pairs = search.board, search.pairs
    program = Program(board, ask_level(bids, cap, pairs))
    nodes = NODES if search.is_tiny else 0  # beyond, either at once or hardly ever
    settled = program.settle(np.zeros(len(pairs), bool), np.zeros(len(pairs)), nodes=nodes)
    if settled is None or not settled.is_optimal:
        return None
    return worst_of(board, sums(board, pairs[settled.taken]))


# --- all others: relaxed, made whole, improved by exchanges ---------------------------------------------------


def _exchanged(search: Search, plain: Answer, cap: int) -> Fair:
    board, bound, target = search.board, cap, cap
    relaxed = relaxed_sum(search, plain, cap)
    if relaxed is None:
        target, bound = (common_step(board, level) for level in relaxed_level(search, plain, cap))
        relaxed = relaxed_sum(search, plain, target)
    best = (_panels_at(search, relaxed, target) if relaxed else None) or _panels(search, plain)
    if best is None:
        raise Infeasible(lacking(search, whole=True))
    best.climb(bound)
    candidates, level = [best], best.level
    highest = plain.prices.bound(board)
    if relaxed and level < target:
        highest = min(highest, _bound(board, relaxed, level))  # prices for a higher level prove something here too
        search.pairs = np.union1d(search.pairs, best.pairs)
        relaxed = _relaxed_again(search, plain, level, interior=relaxed[1].is_interior)
        candidates += [near] if relaxed and (near := _panels_at(search, relaxed, level)) else []
    if relaxed:
        highest = min(highest, _bound(board, relaxed, level))
    highest //= FINE
    for panels in candidates:
        if panels.raise_low(level):
            panels.improve(highest)
    best = max((c for c in candidates if c.level >= level), key=lambda panels: panels.total)
    return Fair(Panels(best.pairs, best.total >= highest), level, highest, bound)


def _relaxed_again(search: Search, plain: Answer, level: int, *, interior: bool) -> tuple[Ints, Answer] | None:
    """At the level reached. Between many pairs the interior point method takes a second for next to nothing."""
    if interior and len(search.pairs) > LARGE:
        return None
    return relaxed_sum(search, plain, level, interior=interior)


def _bound(board: Board, relaxed: tuple[Ints, Answer], level: int) -> int:
    """What no sum exceeds with those bids that had floors at the level, in thousandths of millionths."""
    low, answer = relaxed
    return answer.prices.bound(board, (low, level * board.demand[low]))


def _panels_at(search: Search, relaxed: tuple[Ints, Answer], level: int) -> Exchanges | None:
    low, answer = relaxed
    if answer.is_whole:
        return _panels(search, answer)
    close = search.whole_close(partial(ask_sum, search.board, low, level), answer)
    return _panels(search, answer) if close is None else Exchanges(search.board, close)


def _panels(search: Search, answer: Answer) -> Exchanges | None:
    rounded = _rounded(search, answer)
    return None if rounded is None else Exchanges(search.board, rounded)


def _rounded(search: Search, answer: Answer) -> Ints | None:
    """Whole panels among the pairs the relaxation uses, as near to it as can be; floors may be missed."""
    if answer.is_whole:
        return answer.pairs[answer.x > 0.5]
    used = answer.x > USED
    program = Program(search.board, Question(answer.pairs[used], answer.x[used], 0, 0, strict=True))
    near = program.solve()
    if near is None:
        return None
    if near.is_whole:
        return near.pairs[near.x > 0.5]
    settled = program.settle(np.abs(near.x - np.rint(near.x)) < 1e-6, near.x)  # classes' minima are no network
    return near.pairs[settled.taken] if settled else None


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
