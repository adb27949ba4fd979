"""Prices of the linear program, and what they prove: no assignment whatever can be worth more.

Take any price per unit of load of every expert, and let every bid choose freely the panel that is best for
it after prices. What all bids get together, plus the loads' worth at these prices, is at least the worth
of any permitted assignment, because a permitted assignment is one of those choices (weak duality). The bound
is counted in whole numbers over *all* pairs, so it holds whatever the solver did and whichever pairs it saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from review.matching.board import BARRED, MICRO, Board, Floats, Ints

#: Prices are whole thousandths of a millionth of affinity.
FINE = 1000
FORBIDDEN = -(2**50)
#: Lots decide between equals, so that not all bids bring in the same experts; they lie below half a millionth.
LOT = 499


@dataclass(frozen=True)
class Prices:
    """In thousandths of a millionth. `weight` (thousandths): what affinity counts at each bid.

    `seat` per bid, `load` per expert, `mix` per class row, `unit` per (bid, unit) row of `unit_rows`.
    """

    weight: Ints
    seat: Ints
    load: Ints
    mix: Ints
    unit_rows: Ints
    unit: Ints

    @classmethod
    def of(cls, weight: Floats, *, unit_rows: Ints, **prices: Floats) -> Self:
        fine = {name: np.rint(part * FINE * MICRO).astype(np.int64) for name, part in prices.items()}
        return cls(np.rint(weight * FINE).astype(np.int64), unit_rows=unit_rows, **fine)

    def values(self, board: Board, part: slice) -> Ints:
        """What every pair of these bids is worth after the prices of load and class."""
        score = board.score[part]
        value = score.astype(np.int64)
        value *= self.weight[part, None]
        value -= self.load
        for row in np.flatnonzero(self.mix):
            bid, kind, _least = board.mix[row]
            if part.start <= bid < part.stop:
                value[bid - part.start, board.kind == kind] -= self.mix[row]
        value[score == BARRED] = FORBIDDEN
        return value

    def bound(self, board: Board, floors: tuple[Ints, Ints] | None = None) -> int:
        """Thousandths of millionths that no assignment exceeds, each bid reaching its floor."""
        total = sum(int(best_panels(board, part, self.values(board, part)).sum()) for part in board.chunks())
        total += int((np.maximum(self.load * board.max_load, self.load * board.min_load)).sum())
        total += int((self.mix * board.mix[:, 2]).sum())
        if floors:
            total -= int(((self.weight[floors[0]] - FINE) * floors[1]).sum())
        return total

    def worth_adding(self, board: Board, known: Ints, margin: int, most: int | None = None) -> Ints:
        """Pairs outside `known` (sorted) that would gain, or lose at most `margin`, were they let in.

        `most`: only so many of each bid, the best.
        """
        width, found = board.shape[1], []
        for part, gain in self._gains(board):
            lo, hi = np.searchsorted(known, [part.start * width, part.stop * width])
            gain.reshape(-1)[known[lo:hi] - part.start * width] = FORBIDDEN
            rows, columns = np.nonzero(gain > -margin)
            if most is not None and len(rows) > most:
                rows, columns = best_of_rows(
                    rows, columns, gain[rows, columns] + lots(board, part)[rows, columns], most
                )
            found.append((rows + part.start) * width + columns)
        fresh = np.concatenate(found) if found else known[:0]
        return np.sort(fresh)

    def _gains(self, board: Board) -> Iterator[tuple[slice, Ints]]:
        groups = int(board.group[-1]) + 1 if len(board.group) else 0
        priced = np.flatnonzero(self.unit)
        bids, units = self.unit_rows[priced] // max(groups, 1), self.unit_rows[priced] % max(groups, 1)
        ends = np.append(board.first, board.shape[1])
        for part in board.chunks():
            gain = self.values(board, part)
            gain -= self.seat[part, None]
            lo, hi = np.searchsorted(bids, [part.start, part.stop])
            for at in range(lo, hi):
                gain[bids[at] - part.start, ends[units[at]] : ends[units[at] + 1]] -= self.unit[priced[at]]
            yield part, gain


def lots(board: Board, part: slice) -> Ints:
    """A number below LOT for every pair of these bids, scattered."""
    rows, columns = np.arange(part.start, part.stop)[:, None], np.arange(board.shape[1])
    return (rows * 7919 + columns * 104_729 + rows * columns * 31) % LOT


def best_of_rows(rows: Ints, columns: Ints, value: NDArray[np.number], most: int | Ints) -> tuple[Ints, Ints]:
    """The pairs (row, column) of the `most` (one number, or one per row) greatest values of each row."""
    if not len(rows):
        return rows, columns
    low, high = float(value.min()), float(value.max())
    fine = (value - low) * ((2**31 - 1) / max(high - low, 1e-9))  # one key sorts much faster than two
    order = np.argsort((rows.astype(np.int64) << 32) - fine.astype(np.int64))
    rows, columns = rows[order], columns[order]
    first = np.searchsorted(rows, rows)
    best = np.arange(len(rows)) - first < (most[rows] if isinstance(most, np.ndarray) else most)
    return rows[best], columns[best]


def best_panels(board: Board, part: slice, value: Ints) -> Ints:
    """Per bid of the part: the value of the best panel it could have, one expert per unit."""
    demand = board.demand[part]
    found = np.full(len(demand), FORBIDDEN)
    found[demand == 0] = 0
    best = np.maximum.reduceat(value, board.first, axis=1) if value.size else value
    for size in np.unique(demand[demand > 0]).tolist():
        if size <= best.shape[1]:
            rows = demand == size
            found[rows] = np.partition(best[rows], -size, axis=1)[:, -size:].sum(axis=1)
    for bid in {bid for bid, _group in board.extra if part.start <= bid < part.stop}:
        found[bid - part.start] = _best_panel(board, bid, value[bid - part.start])
    return found


def _best_panel(board: Board, bid: int, value: Ints) -> int:
    """The best panel of a bid where some unit may send more than one."""
    left = {int(g): 1 + board.extra.get((bid, int(g)), 0) for g in np.unique(board.group)}
    taken: list[int] = []
    for person in np.argsort(-value, kind="stable").tolist():
        group = int(board.group[person])
        if left[group] and len(taken) < board.demand[bid]:
            left[group] -= 1
            taken.append(int(value[person]))
    return sum(taken) if len(taken) == board.demand[bid] else FORBIDDEN
