"""Whole panels made better by exchanges: one bid gives up an expert for another, who is given up by the next bid.

A chain of such swaps ends where an expert has a place to spare, or where it began. No swap on it takes a bid
below its floor, or one that is below further down; so chains raise the worst bids, and then the sum, without
ever losing what is reached. No chain being left proves nothing: what is proven are the bounds of `prices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from review.matching.board import Board, Ints, Reals
from review.matching.levels import worst_of
from review.matching.swaps import NEVER, Move, Swaps

#: Numbers looked at before a search ends, about a second and a half's work, or at least so many steps of all
#: chains at once.
MOST_WORK, LEAST_STEPS = 1_500_000_000, 600
#: A step looks only at the experts a chain can lead to, when they are fewer than one in so many.
SPARSE = 3
#: Times closed chains are looked for.
IMPROVEMENTS = 200
#: A level is near enough when so small a part is left of what there was to climb.
CLOSE = 200
#: Per expert: the best value of a chain from there, and where its first swap leads.
Step = tuple[Reals, Ints]
#: The steps towards an end of chains, found so far; and who may leave for it, with what each comer brings instead.
Way = tuple[list[Step], dict[int, Reals]]
#: Swaps a chain may have; longer ones hardly ever help.
LONGEST = 7
#: Chains tried for one bid before it is given up; bids given up before a level is; levels tried.
TRIES, FAILURES, LEVELS = 6, 12, 8


class Exchanges:
    """`taken`: flat pair numbers of whole panels."""

    def __init__(self, board: Board, taken: Ints) -> None:
        self.board = board
        self.swaps = Swaps(board, taken)
        self.most_work = self.stop = max(MOST_WORK, LEAST_STEPS * self.swaps.gain.size)

    @property
    def pairs(self) -> Ints:
        return self.swaps.pairs

    @property
    def total(self) -> int:
        return int(self.swaps.sum.sum())

    @property
    def level(self) -> int:
        return worst_of(self.board, self.swaps.sum.astype(np.float64))

    def climb(self, high: int) -> None:
        """Raise the worst bids as far towards a level as chains can: at once, else by halving what is left.

        No try may use more than half of the work that is left, so that one too high is not the last.
        """
        target, low, swaps = high, self.level, self.swaps
        for _ in range(LEVELS):
            if swaps.work >= self.most_work or target <= self.level or (high - self.level) * CLOSE < high - low:
                break
            self.stop = (swaps.work + self.most_work) // 2
            high = high if self.raise_low(target) else target
            target = (self.level + high) // 2
        self.stop = swaps.work + self.most_work

    def raise_low(self, level: int) -> bool:
        """Raise every bid below the level, the lowest first, as far as chains can; whether all are there."""
        swaps, failed = self.swaps, 0
        swaps.set_floor(level * self.board.demand)
        low = np.flatnonzero(swaps.sum < swaps.floor)
        for bid in low[np.argsort((swaps.sum - swaps.floor)[low], kind="stable")].tolist():
            while swaps.sum[bid] < swaps.floor[bid] and self._raise(bid):
                pass
            failed += swaps.sum[bid] < swaps.floor[bid]
            if failed == FAILURES:
                break
        return bool(np.all(swaps.sum >= swaps.floor))

    def improve(self, bound: int) -> None:
        """Raise the sum by closed chains until it is at its bound or none is found."""
        for _ in range(IMPROVEMENTS):
            if self.total >= bound or self.swaps.work >= self.stop or not self._improved():
                return

    def _improved(self) -> bool:
        """Whether closed chains were found and followed: short ones first, many apart from each other at once."""
        touched: set[int] = set()
        swaps = self.swaps
        steps: list[Step] = [(np.zeros(len(swaps.gain), np.float32), np.zeros(len(swaps.gain), np.int64))]
        for depth in range(1, LONGEST + 1):
            steps.append(self._step(steps[-1][0]))
            for chain in self._cycles(steps, depth):
                moves = self._moves(chain)
                if not touched.intersection(chain) and swaps.worth(moves) > 0 and swaps.may(moves):
                    swaps.apply(moves)
                    touched.update(chain)
            if touched:
                return True
        return False

    # --- chains -------------------------------------------------------------------------------------------

    def _raise(self, bid: int) -> bool:
        """A chain that raises the bid to its floor, or at all: a short one rather than one that raises it more."""
        swaps, panel = self.swaps, self.swaps.panel[bid]
        pool, need = len(swaps.gain) - 1, int(swaps.floor[bid] - swaps.sum[bid])
        everyone = np.arange(pool)
        gains = dict(zip(panel, swaps.of(np.array([[bid]]), np.array(panel)[:, None], everyone), strict=True))
        ways: list[Way] = [([self._at(e)], {e: gains[e]}) for e in panel]
        if free := {e: gains[e] for e in panel if swaps.gain[pool, e] == 0}:
            ways.append(([self._at(pool)], free))
        return any(
            self._raise_by(bid, ways, depth, least)
            for depth in range(1, LONGEST + 1)
            for least in ((need, 1) if need > 1 else (1,))
            if swaps.work < self.stop
        )

    def _at(self, end: int) -> Step:
        value = np.full(len(self.swaps.gain), NEVER, np.float32)
        value[end] = 0
        return value, np.zeros(len(value), np.int64)

    def _raise_by(self, bid: int, ways: list[Way], depth: int, least: int) -> bool:
        """By at least so much, with `depth` swaps after the bid's own."""
        options = []
        for no, (steps, gains) in enumerate(ways):
            if len(steps) == depth:
                steps.append(self._step(steps[-1][0]))
            rest = steps[depth][0][:-1]
            for gone, gain in gains.items():
                some = np.flatnonzero((gain >= least) & (rest > NEVER))
                value = (gain + rest)[some]
                best = np.argsort(-value, kind="stable")[:TRIES]
                options += [(-v, gone, e, no) for v, e in zip(value[best].tolist(), some[best].tolist(), strict=True)]
        for _value, gone, comer, no in sorted(options)[:TRIES]:
            moves = [(bid, gone, comer), *self._moves(self._walks(ways[no][0], np.array([comer]), depth)[0].tolist())]
            if self.swaps.may(moves):
                self.swaps.apply(moves)
                return True
        return False

    def _step(self, after: Reals) -> Step:
        """The best value from every expert by one swap more, and where that swap leads."""
        live, gain = np.flatnonzero(after > NEVER), self.swaps.gain
        if not len(live):
            return after, np.zeros(len(after), np.int64)
        if len(live) * SPARSE < len(after):
            through = gain[:, live] + after[live]
        else:
            live, through = np.arange(len(after)), gain + after
        self.swaps.work += through.size
        following = np.argmax(through, axis=1)
        return through[np.arange(len(through)), following], live[following]

    def _walks(self, steps: list[Step], starts: Ints, depth: int) -> Ints:
        """The best walk from each, one per row."""
        nodes = [starts]
        for _value, following in reversed(steps[1 : depth + 1]):
            nodes.append(following[nodes[-1]])
        return np.stack(nodes, axis=1)

    def _cycles(self, steps: list[Step], depth: int) -> Iterator[list[int]]:
        """The closed parts of the walks that gain, the best first, each once."""
        value, given = steps[-1][0], set()
        walks = self._walks(steps, np.argsort(-value, kind="stable")[: np.count_nonzero(value > 0.5)], depth)
        ordered = np.sort(walks, axis=1)
        for walk in walks[np.any(ordered[:, 1:] == ordered[:, :-1], axis=1)].tolist():
            cycle = _closed_part(walk)
            if (nodes := frozenset(cycle)) not in given:
                given.add(nodes)
                yield cycle

    def _moves(self, chain: list[int]) -> list[Move]:
        pool = len(self.swaps.gain) - 1
        return [(int(self.swaps.via[a, b]), a, b) for a, b in pairwise(chain) if pool not in (a, b)]


def _closed_part(walk: list[int]) -> list[int]:
    """Between the first two visits to the same place; there are two."""
    seen: dict[int, int] = {}
    for no, node in enumerate(walk):
        if node in seen:
            return walk[seen[node] : no + 1]
        seen[node] = no
    raise AssertionError("this walk never meets itself")
