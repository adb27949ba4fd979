"""The pairs a search begins with: few, and such that a good assignment is among them.

Rough prices tell experts whom everyone wants from those who will be needed as well: bids choose freely, whoever
is chosen too often becomes dearer, and so on in ever smaller steps.
"""

from __future__ import annotations

import numpy as np

from review.matching.board import BARRED, CHUNK, MICRO, Board, Ints, Reals
from review.matching.prices import LOT, best_of_rows, lots

#: Experts of a bid that come in: as rough prices have it, and by affinity alone (each twice its demand at least).
AFTER_PRICES, BY_AFFINITY = 10, 4
#: Bids that come in for each expert, in parts of the maximum load.
PER_PLACE = 1.5
ROUNDS, FIRST_STEP, SHORTER = 30, 0.25, 0.88
#: Below every score after prices, in spans.
OUT = -1e6


def first_candidates(board: Board, span: float) -> Ints:
    """Flat pair numbers, sorted. `span`: what affinities differ by at most."""
    bids, people = board.shape
    demand = int(board.demand.max(initial=0))
    if not demand or not people:
        return np.zeros(0, np.int64)
    column, score = _nearest(board, min(people, max(8 * demand, CHUNK // bids)), span)
    price = _rough_prices(board, column, score)
    value = score - price[column]
    row = np.broadcast_to(np.arange(bids)[:, None], column.shape)
    best = [
        _top(part, most)
        for part, most in ((value, AFTER_PRICES), (score, BY_AFFINITY))
        for most in [max(most, 2 * demand)]
    ]
    chosen = np.concatenate([np.take_along_axis(row * people + column, at, axis=1).ravel() for at in best])
    last = np.take_along_axis(value, _top(value, demand), axis=1).min(axis=1)
    places = np.minimum(bids, np.ceil(PER_PLACE * board.max_load)).astype(np.int64)
    person, bid = best_of_rows(column.ravel(), row.ravel(), np.maximum(value - last[:, None], -2).ravel(), places)
    found = [chosen, bid * people + person]
    if column.shape[1] < people:
        found += [_best_bids(board, person) for person in np.flatnonzero(board.min_load).tolist()]
    pairs = np.unique(np.concatenate(found))
    return pairs[board.score[pairs // people, pairs % people] != BARRED]


def _nearest(board: Board, depth: int, span: float) -> tuple[Ints, Reals]:
    """The best `depth` experts of every bid, and their scores in spans; lots decide between equals."""
    columns, scores = [], []
    for part in board.chunks():
        score = board.score[part].astype(np.float32) / np.float32(span * MICRO)
        score += lots(board, part).astype(np.float32) * np.float32(1e-5 / LOT)
        score[board.score[part] == BARRED] = OUT
        at = _top(score, depth) if depth < score.shape[1] else np.broadcast_to(np.arange(depth), score.shape)
        columns.append(at)
        scores.append(np.take_along_axis(score, at, axis=1))
    return np.concatenate(columns), np.concatenate(scores)


def _rough_prices(board: Board, column: Ints, score: Reals) -> Reals:
    price, step, people = np.zeros(board.shape[1], np.float32), FIRST_STEP, board.shape[1]
    for _ in range(ROUNDS):
        at = _top(score - price[column], int(board.demand.max()))
        chosen = np.take_along_axis(column, at, axis=1)
        # A bid that asks for fewer counts as much less; it is only rough.
        weight = np.repeat(board.demand / at.shape[1], at.shape[1])
        load = np.bincount(chosen.ravel(), weight, minlength=people)
        dearer = np.clip((load - board.max_load) / np.maximum(1, board.max_load), -1, 1)
        lowest = np.where(load < board.min_load, price - step, np.minimum(price, 0))
        price = np.maximum(lowest, price + step * dearer).astype(np.float32)
        step *= SHORTER
    return price


def _top(value: Reals, most: int) -> Ints:
    width = value.shape[1]
    most = min(most, width)
    return np.argpartition(value, width - most, axis=1)[:, width - most :]


def _best_bids(board: Board, person: int) -> Ints:
    """The best bids of an expert who must have some."""
    column = board.score[:, person]
    depth = min(len(column), 2 * int(board.min_load[person]))
    return np.argpartition(column, len(column) - depth)[len(column) - depth :] * board.shape[1] + person
