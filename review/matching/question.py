"""What the linear program is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.matching.basis import Basis
from review.matching.board import Floats, Ints
from review.matching.prices import Prices

#: What it costs to give way once, by kind. The order says what an agency would rather do: "overload" is for
#: places of an expert beyond a fifth more than the maximum, so that no one is asked to carry everything.
COSTS = {"min_load": 1, "max_load": 3, "unit": 4, "class_mix": 4, "overload": 6, "demand": 10}


@dataclass(frozen=True)
class Question:
    """`worth` per pair and `per_affinity` say the same where all pairs are worth `per_affinity` × affinity.

    `floors`: bids (row numbers) and the sum of affinity in millionths each must reach; with `level_cap`
    (millionths of mean affinity) the level all these bids reach in common is maximised instead. `strict`:
    nothing may give way.
    `standing`: which pairs stand already; they are fixed when `keep` is None, else `keep` of them must stay.
    """

    pairs: Ints
    worth: Floats
    per_affinity: int
    penalty: float
    floors: tuple[Ints, Ints] | None = None
    level_cap: int | None = None
    standing: NDArray[np.bool_] | None = None
    keep: int | None = None
    strict: bool = False


@dataclass(frozen=True)
class Answer:
    """`x` per pair of `pairs`; `given` per kind and column; `reduced`: what a pair would cost if it changed."""

    pairs: Ints
    x: Floats
    given: dict[str, Floats]
    value: float
    level: float
    reduced: Floats
    prices: Prices
    basis: Basis | None
    is_interior: bool = False

    @property
    def gives_way(self) -> bool:
        return any(float(part.sum()) > 1e-6 for part in self.given.values())

    @property
    def is_whole(self) -> bool:
        return bool(np.all(np.abs(self.x - np.rint(self.x)) < 1e-6))


@dataclass(frozen=True)
class Settled:
    """A whole answer: which pairs are `taken`, what gives way; optimal unless the branching was cut short."""

    taken: NDArray[np.bool_]
    given: dict[str, Floats]
    is_optimal: bool
