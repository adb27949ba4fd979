"""From few candidate pairs to the optimum over all of them: solve, price the rest, let in what would gain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.matching.basis import Basis
from review.matching.board import BARRED, MICRO, Board, Floats, Ints
from review.matching.candidates import first_candidates
from review.matching.prices import FINE
from review.matching.program import Program
from review.matching.question import Answer, Question

#: A gain below half a millionth is rounding, not a better answer.
NO_GAIN = FINE // 2
#: Pairs a bid lets in per round, the most promising ones.
MOST_FRESH = 8
#: Widths tried, as shares of the affinities' span, within which a whole answer is sought around the relaxed one:
#: the second finds a little more than the first, the others are for when neither found any.
WIDTHS = (0.005, 0.02, 0.1)
#: After the first no wider look is taken with more free pairs than this.
WIDEST_LOOK = 20_000
#: What branching can make whole soon, in pairs that are not.
FEW_FRACTIONAL = 400
#: With so few permitted pairs both level and sum are decided among all of them, in about a second; with still
#: fewer the branching may take long to find the level too.
SMALL, TINY = 3000, 600


@dataclass(frozen=True)
class Panels:
    """Whole pairs; proven when no other whole answer to the question is worth more."""

    pairs: Ints
    is_proven: bool


class Search:
    """The candidate pairs found so far, and where the simplex method last stood."""

    def __init__(self, board: Board) -> None:
        self.board = board
        allowed = board.score != BARRED
        #: Few enough pairs to leave nothing out.
        self.is_small = int(allowed.sum()) <= SMALL
        self.is_tiny = int(allowed.sum()) <= min(SMALL, TINY)
        self.basis: Basis | None = None
        highest = int(board.score.max(initial=BARRED))
        lowest = int(np.min(board.score, initial=highest, where=allowed)) if board.score.size else highest
        #: What affinities differ by at most, in affinity; never nought.
        self.span = (highest - lowest) / MICRO + 1e-3
        self.pairs = np.flatnonzero(allowed) if self.is_small else first_candidates(board, self.span)
        #: Giving way is dearer than the exchanges it would save; raised when it was not.
        self.penalty = 4.0 * self.span

    def optimum(
        self, ask: Callable[[Ints], Question], *, limited: bool = False, interior: bool = False
    ) -> Answer | None:
        """The relaxation's optimum over all permitted pairs; None when its floors cannot be reached.

        The pairs it needed stay in `pairs`. `interior`: by the interior point method, nearly the optimum of the
        pairs there are and no vertex, but in few steps always; `limited`: so when the simplex method takes too many.
        """
        while True:
            program = Program(self.board, ask(self.pairs))
            answer = program.solve(self.basis, limited=limited, interior=interior)
            if program.ran_out:
                answer = program.solve(interior=True)
            if answer is None or answer.is_interior:
                return answer
            self.basis = answer.basis
            fresh = answer.prices.worth_adding(self.board, self.pairs, -NO_GAIN, most=MOST_FRESH)
            if not len(fresh):
                return answer
            self.pairs = np.union1d(self.pairs, fresh)

    def whole(self, ask: Callable[[Ints], Question], relaxed: Answer) -> Panels | None:
        """The best whole answer; None when none is found.

        A pair whose change would cost the relaxed optimum more than a given width is held. When the whole
        optimum of the rest lies within that width, holding was no loss and it is the optimum of everything.
        """
        if relaxed.is_whole:
            return Panels(relaxed.pairs[relaxed.x > 0.5], True)
        best: Panels | None = None
        for no, width in enumerate((np.inf,) if self.is_small else tuple(share * self.span for share in WIDTHS)):
            pairs, held, at = self._around(relaxed, width)
            if no and len(held) - held.sum() > WIDEST_LOOK:
                break
            found = self._settled(ask(pairs), relaxed, width, held, at)
            if found and (best or found.is_proven):
                best = found
                break
            best = found or best
        return best

    def whole_close(self, ask: Callable[[Ints], Question], relaxed: Answer) -> Ints | None:
        """A whole answer close to a relaxed one that lacks little to be whole; None when none is found soon."""
        fractional = int(np.count_nonzero(np.abs(relaxed.x - np.rint(relaxed.x)) > 1e-6))
        if relaxed.is_interior or fractional > FEW_FRACTIONAL:
            return None
        for share in WIDTHS[:2]:
            pairs, held, at = self._around(relaxed, share * self.span)
            if len(held) - held.sum() > WIDEST_LOOK:
                return None
            if found := self._settled(ask(pairs), relaxed, share * self.span, held, at):
                return found.pairs
        return None

    def _settled(
        self, question: Question, relaxed: Answer, width: float, held: NDArray[np.bool_], at: Floats
    ) -> Panels | None:
        settled = Program(self.board, question).settle(held, at)
        if settled is None:
            return None
        loss = relaxed.value - float(question.worth[settled.taken].sum())
        return Panels(question.pairs[settled.taken], settled.is_optimal and loss <= width)

    def _around(self, relaxed: Answer, width: float) -> tuple[Ints, NDArray[np.bool_], Floats]:
        """The pairs to decide among, which of them are held, and where."""
        pairs = relaxed.pairs
        if np.isfinite(width):
            near = relaxed.prices.worth_adding(self.board, pairs, int(width * FINE * MICRO))
            pairs = np.union1d(pairs, near)
        known = np.searchsorted(pairs, relaxed.pairs)
        held, at = np.zeros(len(pairs), bool), np.zeros(len(pairs))
        held[known], at[known] = np.abs(relaxed.reduced) > width, relaxed.x
        return pairs, held, at


def worth(board: Board, pairs: Ints) -> Floats:
    """The affinity of pairs."""
    width = board.shape[1]
    return board.score[pairs // width, pairs % width] / MICRO


def sums(board: Board, pairs: Ints, x: Floats | None = None) -> Floats:
    """Affinity per bid, in millionths, each pair counting `x`."""
    counts = worth(board, pairs) * MICRO * (1 if x is None else x)
    return np.bincount(pairs // max(1, board.shape[1]), counts, minlength=board.shape[0]).astype(np.float64)
