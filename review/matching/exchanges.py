"""Whole panels made better by exchanges: one bid gives up an expert for another, who is given up by the next bid.

A chain of such swaps ends where an expert has a place to spare, or where it began. No swap on it takes a bid
below its floor, or one that is below further down; so chains raise the worst bids, and then the sum, without
ever losing what is reached. No chain being left proves nothing: what is proven are the bounds of `prices`.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from review.matching.board import Board, Ints, Reals
from review.matching.levels import worst_of

NEVER = -np.inf
#: Numbers looked at before a search ends, about a second's work, or at least so many steps of all chains at once;
#: and how many times over those of a swap count.
MOST_WORK, LEAST_STEPS, SWAP_WORK = 2_000_000_000, 800, 25
#: Times closed chains are looked for.
IMPROVEMENTS = 200
#: A level is near enough when so small a part is left of what there was to climb.
CLOSE = 200
#: Per expert: the best value of a chain from there, and where its first swap leads.
Step = tuple[Reals, Ints]
#: A bid, the expert it gives up and the one who comes.
Move = tuple[int, int, int]
#: Swaps a chain may have; longer ones hardly ever help.
LONGEST = 7
#: Chains tried for one bid before it is given up; bids given up before a level is; levels tried; chains that
#: raise the sum found at once.
TRIES, FAILURES, LEVELS, AT_ONCE = 6, 12, 8, 40


class Exchanges:
    """`taken`: flat pair numbers of whole panels."""

    def __init__(self, board: Board, taken: Ints) -> None:
        self.board = board
        bids, people = board.shape
        self.panel: list[list[int]] = [[] for _ in range(bids)]
        self.holders: list[list[int]] = [[] for _ in range(people)]
        for pair in taken.tolist():
            self.panel[pair // people].append(pair % people)
            self.holders[pair % people].append(pair // people)
        self.sum = np.bincount(
            taken // max(1, people), board.score[taken // people, taken % people], minlength=bids
        ).astype(np.int64)
        self.least: dict[int, dict[int, int]] = {}
        for bid, kind, least in board.mix.tolist():
            self.least.setdefault(bid, {})[kind] = least
        #: Best gain of any bid that gives up the row's expert for the column's, and the bid; the last row and
        #: column stand for places to spare.
        self.gain = np.full((people + 1, people + 1), NEVER, np.float32)
        self.via = np.zeros((people + 1, people + 1), np.int32)
        self.floor, self.work = self.sum, 0
        self.most_work = max(MOST_WORK, LEAST_STEPS * self.gain.size)

    def set_floor(self, floor: Ints) -> None:
        """The sum in millionths each bid shall reach."""
        self.floor = floor
        for person in range(self.board.shape[1]):
            self._refresh(person)

    @property
    def pairs(self) -> Ints:
        width = self.board.shape[1]
        return np.array(sorted(bid * width + e for bid, panel in enumerate(self.panel) for e in panel), np.int64)

    @property
    def level(self) -> int:
        return worst_of(self.board, self.sum.astype(np.float64))

    def climb(self, high: int) -> None:
        """Raise the worst bids as far towards a level as chains can: at once, else by halving what is left."""
        target, low = high, self.level
        for _ in range(LEVELS):
            if self.work >= self.most_work or target <= self.level or (high - self.level) * CLOSE < high - low:
                return
            self.set_floor(target * self.board.demand)
            high = high if self.raise_low() else target
            target = (self.level + high) // 2

    def raise_low(self) -> bool:
        """Raise every bid below its floor, the lowest first, as far as chains can; whether all are there."""
        low, failed = np.flatnonzero(self.sum < self.floor), 0
        for bid in low[np.argsort((self.sum - self.floor)[low], kind="stable")].tolist():
            while self.sum[bid] < self.floor[bid] and self._raise(bid):
                pass
            failed += self.sum[bid] < self.floor[bid]
            if failed == FAILURES:
                break
        return bool(np.all(self.sum >= self.floor))

    def improve(self, bound: int) -> None:
        """Raise the sum by closed chains until it is at its bound or none is found."""
        for _ in range(IMPROVEMENTS):
            if self.sum.sum() >= bound or self.work >= 2 * self.most_work or not self._improved():
                return

    def _improved(self) -> bool:
        """Whether closed chains were found and followed: short ones first, many apart from each other at once."""
        touched: set[int] = set()
        steps: list[Step] = [(np.zeros(len(self.gain), np.float32), np.zeros(len(self.gain), np.int64))]
        for depth in range(1, LONGEST + 1):
            steps.append(self._step(steps[-1][0]))
            value = steps[-1][0]
            for start in np.argsort(-value, kind="stable")[:AT_ONCE].tolist():
                chain = self._cycle(steps, start, depth) if value[start] > 0.5 else []
                moves = self._moves(chain)
                if not touched.intersection(chain) and self._worth(moves) > 0 and self._may(moves):
                    self._apply(moves)
                    touched.update(chain)
            if touched:
                return True
        return False

    # --- chains -------------------------------------------------------------------------------------------

    def _raise(self, bid: int) -> bool:
        """One chain that raises the bid to its floor if any does, else one that raises it at all."""
        pool, need = len(self.gain) - 1, int(self.floor[bid] - self.sum[bid])
        gains = {gone: self._swaps(np.array([bid]), gone)[0] for gone in self.panel[bid]}
        free = [e for e in gains if self.gain[pool, e] == 0]
        ends = [(pool, free)] if free else []
        ends += [(e, [e]) for e in gains]
        return self.work < self.most_work and any(
            self._raise_by(bid, {e: gains[e] for e in leaving}, end, least)
            for least in (need, 1)
            for end, leaving in ends
        )

    def _raise_by(self, bid: int, gains: dict[int, Reals], end: int, least: int) -> bool:
        """By at least so much; `gains`: what each comer would bring in place of whom. Short chains come first."""
        start = np.full(len(self.gain), NEVER, np.float32)
        start[end] = 0
        steps: list[Step] = [(start, np.zeros(len(start), np.int64))]
        for depth in range(1, LONGEST + 1):
            steps.append(self._step(steps[-1][0]))
            rest, options = steps[-1][0][:-1], []
            for gone, gain in gains.items():
                some = np.flatnonzero((gain >= least) & (rest > NEVER))
                # Nobody needs to go beyond the floor: there the sum counts. Short of it, the bid itself.
                value = (gain + rest if least > 1 else gain)[some]
                best = np.argsort(-value, kind="stable")[:TRIES]
                options += [(-v, gone, e) for v, e in zip(value[best].tolist(), some[best].tolist(), strict=True)]
            for _value, gone, comer in sorted(options)[:TRIES]:
                if self._may(moves := [(bid, gone, comer), *self._moves(self._walk(steps, comer, depth))]):
                    self._apply(moves)
                    return True
        return False

    def _step(self, after: Reals) -> tuple[Reals, Ints]:
        """The best value from every expert by one swap more, and where that swap leads."""
        self.work += self.gain.size
        through = self.gain + after
        following = np.argmax(through, axis=1)
        return through[np.arange(len(through)), following], following

    def _walk(self, steps: list[Step], start: int, depth: int) -> list[int]:
        chain = [start]
        for _value, following in reversed(steps[1 : depth + 1]):
            chain.append(int(following[chain[-1]]))
        return chain

    def _cycle(self, steps: list[Step], start: int, depth: int) -> list[int]:
        """A closed part of the best walk from `start`; nothing when it never meets itself."""
        chain = self._walk(steps, start, depth)
        seen: dict[int, int] = {}
        for no, node in enumerate(chain):
            if node in seen:
                return chain[seen[node] : no + 1]
            seen[node] = no
        return []

    def _moves(self, chain: list[int]) -> list[Move]:
        pool = len(self.gain) - 1
        return [(int(self.via[a, b]), a, b) for a, b in pairwise(chain) if pool not in (a, b)]

    def _may(self, moves: list[Move]) -> bool:
        """Each swap alone is allowed. Together they are when no bid has two and all loads stay in range."""
        more: Counter[int] = Counter(comer for _bid, _gone, comer in moves)
        more.subtract(gone for _bid, gone, _comer in moves)
        low, high = self.board.min_load, self.board.max_load
        return len({bid for bid, _gone, _comer in moves}) == len(moves) and all(
            low[e] <= len(self.holders[e]) + n <= high[e] for e, n in more.items() if n
        )

    def _worth(self, moves: list[Move]) -> int:
        score = self.board.score
        return sum(int(score[bid, comer]) - int(score[bid, gone]) for bid, gone, comer in moves)

    def _apply(self, moves: list[Move]) -> None:
        stale = set()
        for bid, gone, comer in moves:
            self.sum[bid] += self._worth([(bid, gone, comer)])
            self.panel[bid].remove(gone)
            self.panel[bid].append(comer)
            self.holders[gone].remove(bid)
            self.holders[comer].append(bid)
            stale.update([gone, *self.panel[bid]])
        for person in sorted(stale):
            self._refresh(person)
            self.work += SWAP_WORK * len(self.holders[person]) * len(self.gain)

    # --- what may be swapped ------------------------------------------------------------------------------

    def _refresh(self, person: int) -> None:
        board, holders = self.board, self.holders[person]
        row, load = self.gain[person], len(holders)
        row[:] = NEVER
        if holders:
            bids = np.array(sorted(holders))
            gain = self._swaps(bids, person)
            slack = np.maximum(self.sum[bids] - self.floor[bids], 0)
            gain[gain < -slack[:, None]] = NEVER
            best = np.argmax(gain, axis=0)
            row[:-1] = gain[best, np.arange(len(best))]
            self.via[person, :-1] = bids[best]
        row[-1] = 0 if load < board.max_load[person] else NEVER
        self.gain[-1, person] = 0 if load > board.min_load[person] else NEVER

    def _swaps(self, bids: Ints, gone: int) -> Reals:
        """What each of the bids would gain by giving up `gone` for each expert; NEVER where it may not."""
        board = self.board
        gain = board.score[bids].astype(np.float32)  # pairs that must not meet stay far below any slack
        gain -= gain[:, gone, None]
        full = np.zeros((len(bids), len(board.first)), bool)
        full[np.repeat(np.arange(len(bids)), board.demand[bids]), board.group[self._seated(bids)]] = True
        full[:, board.group[gone]] = False
        if board.extra or self.least:
            for no, bid in enumerate(bids.tolist()):
                self._exceptions(bid, gone, [e for e in self.panel[bid] if e != gone], full[no], gain[no])
        gain[full[:, board.group]] = NEVER
        gain[:, gone] = NEVER
        return gain

    def _seated(self, bids: Ints) -> list[int]:
        return [e for bid in bids.tolist() for e in self.panel[bid]]

    def _exceptions(self, bid: int, gone: int, rest: list[int], full: np.ndarray, gain: Reals) -> None:
        """Units that may send more than one, and classes at their minimum."""
        board = self.board
        for group in {int(board.group[e]) for e in rest}:
            full[group] = sum(board.group[e] == group for e in rest) > board.extra.get((bid, group), 0)
        gain[rest] = NEVER
        kind = int(board.kind[gone])
        if sum(board.kind[e] == kind for e in rest) < self.least.get(bid, {}).get(kind, 0):
            gain[board.kind != kind] = NEVER
