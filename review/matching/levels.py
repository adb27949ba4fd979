"""How high the worst bid can be, loads and all: what the relaxation reaches and what no assignment exceeds.

A *level* is a mean affinity in millionths that every bid reaches. Floors are put in for the bids that fall
below, and for those that fall below then: few ever do.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from review.matching.board import BARRED, MICRO, Board, Floats, Ints
from review.matching.prices import FINE, Prices, best_panels
from review.matching.question import Answer, Question
from review.matching.search import Search, sums, worth

#: Bids within this share of the span above the level get a floor with those below, so that few rounds are needed.
NEAR = 0.05
#: Rounds of floors, and the millionths by which its solver may be off.
ROUNDS, UNSURE = 2, 3


def highest_imaginable(board: Board, plain: Answer) -> int:
    """The level no assignment exceeds: the least of the bids' best panels, and the mean of the greatest sum."""
    free = Prices.of(
        np.ones(board.shape[0]),
        seat=np.zeros(board.shape[0]), load=np.zeros(board.shape[1]), mix=np.zeros(len(board.mix)),
        unit_rows=board.demand[:0], unit=np.zeros(0),
    )  # fmt: skip
    best = [best_panels(board, part, free.values(board, part)) for part in board.chunks()]
    most, wanted = np.concatenate(best) // FINE, board.demand > 0
    alone = int((most[wanted] // board.demand[wanted]).min())
    return min(alone, plain.prices.bound(board) // FINE // int(board.demand.sum()))


def common_step(board: Board, level: int) -> int:
    """The level lowered to one a bid can have, where affinities are multiples of something and demands alike."""
    demands, allowed = np.unique(board.demand[board.demand > 0]), board.score[board.score != BARRED]
    step = int(np.gcd.reduce(allowed)) if len(allowed) else 0
    if len(demands) != 1 or step < 2:
        return level
    demand = int(demands[0])
    return (level * demand + demand - 1) // step * step // demand


def relaxed_level(search: Search, plain: Answer, cap: int) -> tuple[int, int]:
    """About the highest level the relaxation reaches up to the cap, and a bound counted from its prices."""
    board, level, bound = search.board, cap, cap
    low = _near(search, plain, cap)
    for _ in range(ROUNDS):
        answer = search.optimum(partial(ask_level, low, cap), interior=True)
        if answer is None:
            break
        level = int(answer.level * MICRO) - UNSURE
        if weight := int((answer.prices.weight * board.demand).sum()):
            bound = min(bound, answer.prices.bound(board) // weight)
        below = np.setdiff1d(below_level(board, sums(board, answer.pairs, answer.x), level - UNSURE), low)
        if not len(below) or bound >= cap - UNSURE:
            break
        low = np.union1d(low, _near(search, answer, level))
    return min(level, bound), bound


def relaxed_sum(search: Search, plain: Answer, level: int, *, interior: bool = False) -> tuple[Ints, Answer] | None:
    """The relaxed optimum of the sum with every bid at the level but a few perhaps, and the bids that had a floor.

    None when the candidate pairs do not reach it.
    """
    board, answer = search.board, plain
    low = below_level(board, sums(board, plain.pairs, plain.x), level)
    if not len(low):
        return low, plain
    low = _near(search, plain, level)
    for _ in range(ROUNDS):
        ask = partial(ask_sum, board, low, level)
        found = search.optimum(ask, limited=True, interior=interior)
        if found is None:
            return None
        answer, asked = found, low
        if found.is_interior or not len(below_level(board, sums(board, found.pairs, found.x), level)):
            break
        low = np.union1d(low, _near(search, found, level))
    return asked, answer


def ask_sum(board: Board, bids: Ints, level: int, pairs: Ints) -> Question:
    """The greatest sum with these bids at the level."""
    floors = (bids, level * board.demand[bids])
    return Question(pairs, worth(board, pairs), 1, 0, floors, strict=True)


def worst_of(board: Board, sums: Floats) -> int:
    wanted = board.demand > 0
    return int(np.floor((sums[wanted] + 0.5) / board.demand[wanted]).min())


def below_level(board: Board, sums: Floats, level: int) -> Ints:
    return np.flatnonzero(sums < level * board.demand - 0.5)


def _near(search: Search, answer: Answer, level: int) -> Ints:
    board = search.board
    return below_level(board, sums(board, answer.pairs, answer.x), level + int(NEAR * search.span * MICRO))


def ask_level(bids: Ints, cap: int, pairs: Ints) -> Question:
    return Question(pairs, np.zeros(len(pairs)), 0, 0, (bids, np.zeros(len(bids), np.int64)), cap, strict=True)
