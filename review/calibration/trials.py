"""What if weights or rule were others: who crosses the line, and how firmly each decision stands. No Django import.

Advice for the meeting that decides; the published rules decide (domain 3.1: frozen at publication).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from review.calibration.exact_cents import ALL, whole_weights
from review.calibration.scenario import Scenario, compute
from review.calibration.score_book import Ints, ScoreBook
from review.calibration.standings import AWARD, FATES, Fate

#: A criterion of 20 points then varies by about 2.8 points (sd = √(0.2 × 0.8 / 201)), one of 10 by 2.1.
CONCENTRATION = 200
WEIGHTINGS = 1000


@dataclass(frozen=True)
class Move:
    """One bid under both sets of rules. Scores in points; a positive `climbs` is so many ranks up."""

    bid: str
    contest: str
    score_before: Decimal
    score_after: Decimal
    rank_before: int
    rank_after: int
    fate_before: Fate
    fate_after: Fate

    @property
    def climbs(self) -> int:
        return self.rank_before - self.rank_after

    @property
    def enters(self) -> bool:
        return self.fate_after is Fate.AWARD and self.fate_before is not Fate.AWARD

    @property
    def leaves(self) -> bool:
        return self.fate_before is Fate.AWARD and self.fate_after is not Fate.AWARD


@dataclass(frozen=True)
class WhatIf:
    """Both scenarios, what they were computed from, and every bid in the order of the book."""

    before: Scenario
    after: Scenario
    book_digest: str
    moves: tuple[Move, ...]

    @property
    def entering(self) -> list[Move]:
        return [move for move in self.moves if move.enters]

    @property
    def leaving(self) -> list[Move]:
        return [move for move in self.moves if move.leaves]

    def to_json(self) -> dict[str, Any]:
        """For the file: scenarios with their digests, the book's digest, and who would cross the line."""
        return {
            "before": {**self.before.to_json(), "digest": self.before.digest},
            "after": {**self.after.to_json(), "digest": self.after.digest},
            "book_digest": self.book_digest,
            "entering": [move.bid for move in self.entering],
            "leaving": [move.bid for move in self.leaving],
            "scores": {move.bid: [str(move.score_before), str(move.score_after)] for move in self.moves},
        }


def what_if(book: ScoreBook, before: Scenario, after: Scenario) -> WhatIf:
    """Compare two scenarios on the same sheets. Raises ValueError with sentences for an unsound one."""
    old, new = compute(book, before), compute(book, after)
    columns = zip(
        book.bids, book.contest_of.tolist(), old.scores.tolist(), new.scores.tolist(),
        old.standings.ranks.tolist(), new.standings.ranks.tolist(),
        old.standings.fates.tolist(), new.standings.fates.tolist(), strict=True,
    )  # fmt: skip
    moves = tuple(
        Move(bid, book.contests[contest], points(s), points(t), r, q, FATES[f], FATES[g])
        for bid, contest, s, t, r, q, f, g in columns
    )
    return WhatIf(before, after, book.digest, moves)


def points(cents: int) -> Decimal:
    """Hundredths as points with two decimals."""
    return Decimal(cents).scaleb(-2)


@dataclass(frozen=True)
class Firmness:
    """Of all weightings tried: in which share the bid's published fate stays, and in which it is awarded."""

    bid: str
    fate: Fate
    holds: float
    awarded: float


@dataclass(frozen=True)
class Stability:
    """How the decisions stand under weights near the published ones, and how “near” was drawn.

    `list_holds`: the share of weightings under which the very same bids are awarded. With 1,000
    weightings a share has a standard error of at most 0.016.
    """

    scenario: Scenario
    book_digest: str
    concentration: float
    weightings: int
    seed: int
    bids: tuple[Firmness, ...]
    list_holds: float


def stability(
    book: ScoreBook, scenario: Scenario, *, seed: int,
    weightings: int = WEIGHTINGS, concentration: float = CONCENTRATION,
) -> Stability:  # fmt: skip
    """Draw weights from a Dirichlet distribution around the scenario's and see which decisions hold.

    The same seed gives the same weights under the locked version of numpy. Criteria of weight 0 stay
    at 0. Raises ValueError for an unsound scenario and for counts that are not positive.
    """
    if weightings < 1 or concentration <= 0:
        raise ValueError("weightings and concentration must be positive")
    published = compute(book, scenario).standings.fates
    weights = whole_weights(scenario.weights, [c.code for c in book.criteria])
    holds, awarded, whole = np.zeros(len(book.bids)), np.zeros(len(book.bids)), 0
    for drawn in _near(weights, np.random.default_rng(seed), weightings, concentration):
        fates = compute(book, scenario, drawn).standings.fates
        holds += fates == published
        awarded += fates == AWARD
        whole += bool(np.array_equal(fates == AWARD, published == AWARD))
    rows = zip(
        book.bids, published.tolist(), (holds / weightings).tolist(), (awarded / weightings).tolist(), strict=True
    )
    bids = tuple(Firmness(bid, FATES[fate], held, won) for bid, fate, held, won in rows)
    return Stability(scenario, book.digest, concentration, weightings, seed, bids, whole / weightings)


def _near(weights: Ints, rng: np.random.Generator, count: int, concentration: float) -> Sequence[Ints]:
    carried = np.flatnonzero(weights)
    shares = rng.dirichlet(concentration * weights[carried] / ALL, size=count)
    drawn = np.zeros((count, len(weights)), dtype=np.int64)
    drawn[:, carried] = [_largest_remainder(row) for row in shares]
    return list(drawn)


def _largest_remainder(shares: np.ndarray[Any, np.dtype[np.float64]]) -> Ints:
    """Shares as whole hundredths that sum to exactly 100 points."""
    exact = shares * ALL
    whole = np.floor(exact).astype(np.int64)
    short = ALL - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    return whole
