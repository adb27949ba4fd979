"""Panels as they stand, and for every two experts the bid that can best give up the one for the other.

The table is kept up by what a swap changes: the rows of the bid's own panel, and only those places in them where
the bid was the best before and is no longer.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from review.matching.board import Board, Ints, Reals

NEVER = -np.inf
#: More than any unit sends or any class has.
PLENTY = 2**14
#: Numbers that keeping the table up after one swap counts for; it is many small steps.
SWAP_WORK = 200_000
#: A bid, the expert it gives up and the one who comes.
Move = tuple[int, int, int]


class Swaps:
    """`taken`: flat pair numbers of whole panels. `work`: how many numbers have been looked at."""

    def __init__(self, board: Board, taken: Ints) -> None:
        self.board, self.work = board, 0
        bids, people = board.shape
        bid, person = taken // max(1, people), taken % max(1, people)
        self.panel: list[list[int]] = [[] for _ in range(bids)]
        self.holders: list[list[int]] = [[] for _ in range(people)]
        for row, e in zip(bid.tolist(), person.tolist(), strict=True):
            self.panel[row].append(e)
            self.holders[e].append(row)
        self.sum = np.bincount(bid, board.score[bid, person], minlength=bids).astype(np.int64)
        self.floor = self.sum
        #: How many more experts each unit may send to a bid.
        self.open = np.ones((bids, len(board.first)), np.int16)
        for (row, group), more in board.extra.items():
            self.open[row, group] += min(more, PLENTY)
        np.subtract.at(self.open, (bid, board.group[person]), 1)
        #: How many of a class a bid has beyond its minimum; plenty where it has none.
        self.beyond = np.full((bids, int(board.kind.max(initial=-1)) + 1 if len(board.mix) else 0), PLENTY, np.int16)
        for row, kind, least in board.mix.tolist():
            if kind < self.beyond.shape[1]:
                self.beyond[row, kind] = sum(int(board.kind[e]) == kind for e in self.panel[row]) - least
        #: Best gain of any bid that gives up the row's expert for the column's, and the bid; the last row and
        #: column stand for places to spare.
        self.gain = np.full((people + 1, people + 1), NEVER, np.float32)
        self.via = np.zeros((people + 1, people + 1), np.int32)

    @property
    def pairs(self) -> Ints:
        width = self.board.shape[1]
        return np.array(sorted(bid * width + e for bid, panel in enumerate(self.panel) for e in panel), np.int64)

    def set_floor(self, floor: Ints) -> None:
        """The sum in millionths each bid shall reach."""
        self.floor = floor
        for person in range(self.board.shape[1]):
            self._choose(person, np.arange(self.board.shape[1]))
            self._spare(person)

    def may(self, moves: list[Move]) -> bool:
        """Each swap alone is allowed. Together they are when no bid has two and all loads stay in range."""
        more: Counter[int] = Counter(comer for _bid, _gone, comer in moves)
        more.subtract(gone for _bid, gone, _comer in moves)
        low, high = self.board.min_load, self.board.max_load
        return len({bid for bid, _gone, _comer in moves}) == len(moves) and all(
            low[e] <= len(self.holders[e]) + n <= high[e] for e, n in more.items() if n
        )

    def worth(self, moves: list[Move]) -> int:
        score = self.board.score
        return sum(int(score[bid, comer]) - int(score[bid, gone]) for bid, gone, comer in moves)

    def apply(self, moves: list[Move]) -> None:
        for bid, gone, comer in moves:
            self.sum[bid] += self.worth([(bid, gone, comer)])
            self.panel[bid].remove(gone)
            self.panel[bid].append(comer)
            self.holders[gone].remove(bid)
            self.holders[comer].append(bid)
            for e, more in ((gone, 1), (comer, -1)):
                self.open[bid, self.board.group[e]] += more
                if len(self.board.mix):
                    self.beyond[bid, self.board.kind[e]] -= more
        for bid, gone, _comer in moves:
            self._renew(bid, gone)

    def of(self, bids: Ints, gone: Ints | int, comers: Ints) -> Reals:
        """What the bids gain by giving up `gone` for each comer; NEVER where they may not.

        One row per bid, or per expert of a column `gone` of one bid's.
        """
        board = self.board
        # Pairs that must not meet stay far below any slack.
        gain = (board.score[bids, comers] - board.score[bids, gone].astype(np.int64)).astype(np.float32)
        from_unit = board.group[comers]
        gain[self.open[bids, from_unit] + (from_unit == board.group[gone]) < 1] = NEVER
        gain[np.broadcast_to(comers == gone, gain.shape)] = NEVER
        if len(board.mix):
            gain[(self.beyond[bids, board.kind[gone]] < 1) & (board.kind[comers] != board.kind[gone])] = NEVER
        if board.extra:
            for row, bid in zip(gain, np.broadcast_to(bids, (len(gain), 1)).ravel().tolist(), strict=True):
                row[np.isin(comers, self.panel[bid])] = NEVER
        return gain

    # --- the table ----------------------------------------------------------------------------------------

    def _renew(self, bid: int, gone: int) -> None:
        """The swaps of a bid whose panel has changed, and those of others where the bid's were the best."""
        panel = self.panel[bid]
        rows = self._within(np.array([[bid]]), np.array(panel)[:, None], np.arange(self.board.shape[1]))
        for person, row in zip(panel, rows, strict=True):
            now, via = self.gain[person, :-1], self.via[person, :-1]
            lost = np.flatnonzero((via == bid) & (row < now))
            better = row > now
            now[better], via[better] = row[better], bid
            self._choose(person, lost)
            self._spare(person)
        self._choose(gone, np.flatnonzero(self.via[gone, :-1] == bid))
        self._spare(gone)
        self.work += SWAP_WORK

    def _choose(self, person: int, comers: Ints) -> None:
        """The best of all bids that may give up the expert for each comer."""
        if not self.holders[person] or not len(comers):
            self.gain[person, comers] = NEVER
            return
        bids = np.array(sorted(self.holders[person]))
        gain = self._within(bids[:, None], person, comers)
        best = np.argmax(gain, axis=0)
        self.gain[person, comers] = gain[best, np.arange(len(comers))]
        self.via[person, comers] = bids[best]

    def _spare(self, person: int) -> None:
        load = len(self.holders[person])
        self.gain[person, -1] = 0 if load < self.board.max_load[person] else NEVER
        self.gain[-1, person] = 0 if load > self.board.min_load[person] else NEVER

    def _within(self, bids: Ints, gone: Ints | int, comers: Ints) -> Reals:
        """As `of`, but NEVER also where a bid would fall below its floor, or further below it."""
        gain = self.of(bids, gone, comers)
        gain[gain < -np.maximum(self.sum[bids] - self.floor[bids], 0)] = NEVER
        return gain
