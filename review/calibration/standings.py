"""Ranks and proposed outcomes of thousands of bids at once (domain 3.3). No Django import.

The same order and the same cuts as `review.scoring.ranking`, which decides; a property test compares the two.
What needs a ballot is called that instead of being refused, because a what-if has no chair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from review.calibration.score_book import UNKNOWN, Bools, Ints, ScoreBook

TECHNICAL = "TECHNICAL"


class Fate(StrEnum):
    """拟立项, 备选, 不予立项, or tied across a cut, so that the chair would have to hold a ballot."""

    AWARD = "AWARD"
    RESERVE = "RESERVE"
    REJECT = "REJECT"
    BALLOT = "BALLOT"


FATES = tuple(Fate)
AWARD, RESERVE, REJECT, BALLOT = range(4)


@dataclass(frozen=True)
class Cut:
    """The line of every contest: how many are awarded, from which score (cents) on, how many in reserve."""

    quota: int
    pass_cents: int
    reserve: int


@dataclass(frozen=True, eq=False)
class Standings:
    """Per bid its rank within its contest, how many bids share it, and its fate, an index into `FATES`."""

    ranks: Ints
    sharing: Ints
    fates: NDArray[np.int8]


def standings(book: ScoreBook, scores: Ints, totals: Ints, heaviest: int, cut: Cut) -> Standings:
    """Rank by score → `heaviest` criterion → technical mean → less money → ballot, and cut.

    `scores` (b) and `totals` (b × s) in cents; `heaviest` is the position of the criterion with the
    largest weight.
    """
    groups = _refined(_refined(book.contest_of, book.vetoed.astype(np.int64)), -scores)
    for key, known in _tie_breakers(book, totals, heaviest):
        sizes = np.bincount(groups)
        if sizes.max(initial=0) < 2:
            break
        # What is not known of one must not decide between any of the tied.
        lacking = np.bincount(groups, weights=~known) > 0
        groups = _refined(groups, np.where(lacking[groups], 0, key))
    sizes = np.bincount(groups)
    behind = (np.cumsum(sizes) - sizes)[groups]
    first = np.full(len(book.contests), len(scores))
    np.minimum.at(first, book.contest_of, behind)
    before: Ints = behind - first[book.contest_of]
    sharing = sizes[groups]
    return Standings(before + 1, sharing, _fates(before, sharing, ~book.vetoed & (scores >= cut.pass_cents), cut))


def _tie_breakers(book: ScoreBook, totals: Ints, heaviest: int) -> list[tuple[Ints, Bools]]:
    """Keys, lower is better, and for which bids they are known. Means are compared over one denominator."""
    technical = book.seated & (book.kind_at == (book.kinds.index(TECHNICAL) if TECHNICAL in book.kinds else -1))
    return [
        (-_means(book.halves[:, :, heaviest], book.seated), np.ones(len(book.bids), dtype=np.bool_)),
        (-_means(totals, technical), technical.any(axis=1)),
        (book.yuan, book.yuan != UNKNOWN),
        (book.ballot, book.ballot != UNKNOWN),
    ]


def _means(values: Ints, where: Bools) -> Ints:
    """Row means as whole numbers over the common multiple of all row sizes: comparable, and exact."""
    sizes = np.maximum(where.sum(axis=1), 1)
    common = np.lcm.reduce(np.unique(sizes))
    found: Ints = values.sum(axis=1, where=where) * (common // sizes)
    return found


def _refined(groups: Ints, key: Ints) -> Ints:
    """Groups split by `key`, lowest first; numbered densely in order."""
    order = np.lexsort((key, groups))
    new = (np.diff(groups[order], prepend=-1) != 0) | (np.diff(key[order], prepend=0) != 0)
    found = np.empty_like(groups)
    found[order] = np.cumsum(new) - 1
    return found


def _fates(before: Ints, sizes: Ints, passing: Bools, cut: Cut) -> NDArray[np.int8]:
    both, after = cut.quota + cut.reserve, before + sizes
    fates = np.where(after <= cut.quota, AWARD, np.where(after <= both, RESERVE, REJECT))
    for line in (cut.quota, both):
        fates[(before < line) & (line < after)] = BALLOT
    fates[~passing] = REJECT
    return fates.astype(np.int8)
