"""亲和度: how well an expert could judge a bid, 0 to 1, from keywords, disciplines and text. No Django import.

It advises the assignment and decides nothing, so it may be a float. Two things are compared: the words
(`review.affinity.terms`) and the discipline codes of GB/T 13745, whose shared beginning counts. What only one side
gives is not held against anybody: it counts as `NEUTRAL`, so that an expert about whom nothing is known
yet comes after those who fit and before those who do not, and is not starved. What experts declare of
themselves goes first (`Level`). The constants were measured: docs/decisions/0018.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from review.affinity import terms

Matrix = NDArray[np.float64]

#: How often a keyword and a title count against a word of the text.
KEYWORD_WEIGHT, TITLE_WEIGHT = 3, 2
#: Worth of a shared beginning of 3, 5 and 7 digits.
SHARED_DIGITS = {3: 0.4, 5: 0.7, 7: 1.0}
#: What a fully shared discipline is worth beside the cosine of the texts.
DISCIPLINE_WEIGHT = 0.05
#: The means of pairs that share a part of the field: what stands for a comparison that cannot be made.
NEUTRAL_TEXT, NEUTRAL_DISCIPLINE = 0.04, 0.2
#: Cosines of matching texts are small; this much makes an affinity of 1 − 1/e.
SCALE = 0.1


class Level(IntEnum):
    """What an expert declares about a bid or a discipline."""

    CANNOT = 0
    PARTLY = 1
    CAN = 2
    FITS = 3

    @property
    def label(self) -> str:
        return {0: "不能评审", 1: "部分了解", 2: "能够评审", 3: "非常适合"}[self]


#: A declared level fixes the range; the comparison only orders within it.
BANDS = {Level.CANNOT: (0.0, 0.0), Level.PARTLY: (0.1, 0.4), Level.CAN: (0.4, 0.75), Level.FITS: (0.75, 1.0)}


@dataclass(frozen=True)
class BidText:
    """What a bid says of itself. Raises ValueError for a code that GB/T 13745 cannot have."""

    id: str
    title: str = ""
    keywords: Sequence[str] = ()
    disciplines: Sequence[str] = ()
    text: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "disciplines", plain_codes(self.disciplines))

    @property
    def parts(self) -> terms.Parts:
        return [(self.title, TITLE_WEIGHT), *((word, KEYWORD_WEIGHT) for word in self.keywords), (self.text, 1)]


@dataclass(frozen=True)
class ExpertText:
    """What an expert says of himself. `declared`: bid → level; `declared_disciplines`: code → level.

    Raises ValueError for a code that GB/T 13745 cannot have and for a level other than 0–3.
    """

    id: str
    keywords: Sequence[str] = ()
    disciplines: Sequence[str] = ()
    text: str = ""
    declared: Mapping[str, int] = field(default_factory=dict)
    declared_disciplines: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "disciplines", plain_codes(self.disciplines))
        levels = {plain_codes([code])[0]: _level(level) for code, level in self.declared_disciplines.items()}
        object.__setattr__(self, "declared_disciplines", levels)
        object.__setattr__(self, "declared", {bid: _level(level) for bid, level in self.declared.items()})

    @property
    def parts(self) -> terms.Parts:
        return [*((word, KEYWORD_WEIGHT) for word in self.keywords), (self.text, 1)]

    def level(self, bid: BidText) -> Level | None:
        """What is declared about the bid; else about its disciplines, where the longest declared beginning counts.

        Of several disciplines the best known one counts: it is enough to judge a part. A field that the
        expert cannot judge rules him out only if the bid has no other.
        """
        if bid.id in self.declared:
            return Level(self.declared[bid.id])
        found = [self._declared_for(code) for code in bid.disciplines]
        known = [level for level in found if level is not None]
        if not known or (max(known) is Level.CANNOT and len(known) < len(found)):
            return None
        return max(known)

    def _declared_for(self, code: str) -> Level | None:
        fitting = (code[:digits] for digits in (7, 5, 3) if code[:digits] in self.declared_disciplines)
        longest = next(fitting, None)
        return None if longest is None else Level(self.declared_disciplines[longest])


def plain_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """520.20.10 → 5202010. Raises ValueError for anything but 3, 5 or 7 digits."""
    found = []
    for code in codes:
        digits = re.sub(r"[.\s]", "", terms.plain(code))
        if not re.fullmatch(r"[0-9]{3}(?:[0-9]{2}){0,2}", digits):
            raise ValueError(f"学科代码“{code}”应为 3、5 或 7 位数字（GB/T 13745），如 520、520.20、520.20.10。")
        found.append(digits)
    return tuple(found)


def _level(level: int) -> Level:
    try:
        return Level(level)
    except ValueError as error:
        raise ValueError(f"自评“{level}”应为 0（不能评审）、1（部分了解）、2（能够评审）或 3（非常适合）。") from error


def rarity(bids: Sequence[BidText], experts: Sequence[ExpertText]) -> terms.Rarity:
    """How rare each term is among all of a round, for a later look at a few of its pairs."""
    return terms.rarity(*_count(bids, experts))


def _count(bids: Sequence[BidText], experts: Sequence[ExpertText]) -> tuple[terms.Keys, csr_array]:
    return terms.count_terms([*(bid.parts for bid in bids), *(expert.parts for expert in experts)])


def affinities(bids: Sequence[BidText], experts: Sequence[ExpertText], among: terms.Rarity | None = None) -> Matrix:
    """bids × experts, each 0 to 1; the order of the input changes nothing but the order of the result.

    How rare a term is, is counted over these bids and experts, or was counted before (`among`).
    Raises ValueError for an id given twice.
    """
    for what, ids in (("申报", [bid.id for bid in bids]), ("专家", [expert.id for expert in experts])):
        if len(set(ids)) < len(ids):
            raise ValueError(f"同一{what}列了两次，请去掉重复的编号。")
    if not bids or not experts:
        return np.zeros((len(bids), len(experts)))
    keys, table = _count(bids, experts)
    vectors = terms.unit_rows(keys, table, among or terms.rarity(keys, table))
    text = text_similarity(vectors[: len(bids)], vectors[len(bids) :])
    shared = shared_disciplines([bid.disciplines for bid in bids], [expert.disciplines for expert in experts])
    return _declare(combine(text, shared), bids, experts)


def combine(text: Matrix, discipline: Matrix) -> Matrix:
    """Cosines and shared disciplines as one affinity; what cannot be compared (NaN) counts as neutral."""
    words = np.where(np.isnan(text), NEUTRAL_TEXT, text)
    fields = np.where(np.isnan(discipline), NEUTRAL_DISCIPLINE, discipline)
    return 1 - np.exp(-(words + DISCIPLINE_WEIGHT * fields) / SCALE)


#: An expert or a bid about which nothing is known.
NEUTRAL = float(combine(np.array(np.nan), np.array(np.nan)))


def within(level: Level, affinity: float | Matrix) -> float | Matrix:
    """The affinity under a declaration: the level's range, ordered by the comparison."""
    low, high = BANDS[level]
    return low + (high - low) * affinity


def text_similarity(bids: csr_array, experts: csr_array) -> Matrix:
    """Cosines, bids × experts; NaN where one of the two has no words."""
    cosines = np.clip((bids @ experts.T.tocsr()).toarray(), 0, 1)
    silent = (np.diff(bids.indptr) == 0)[:, None] | (np.diff(experts.indptr) == 0)[None, :]
    return np.where(silent, np.nan, cosines)


def shared_disciplines(bids: Sequence[Sequence[str]], experts: Sequence[Sequence[str]]) -> Matrix:
    """The worth of the longest shared beginning, bids × experts; NaN where one of the two has no code."""
    result = np.zeros((len(bids), len(experts)))
    for digits, worth in SHARED_DIGITS.items():
        begins = {code[:digits] for codes in bids for code in codes if len(code) >= digits}
        column = {begin: at for at, begin in enumerate(sorted(begins))}
        shared = _membership(bids, digits, column) @ _membership(experts, digits, column).T
        result[shared > 0] = worth
    silent = np.array([not codes for codes in bids])[:, None] | np.array([not codes for codes in experts])[None, :]
    return np.where(silent, np.nan, result)


def _membership(everyone: Sequence[Sequence[str]], digits: int, column: Mapping[str, int]) -> NDArray[np.float32]:
    table = np.zeros((len(everyone), len(column)), dtype=np.float32)
    for row, codes in enumerate(everyone):
        for code in codes:
            if len(code) >= digits and code[:digits] in column:
                table[row, column[code[:digits]]] = 1
    return table


def _declare(result: Matrix, bids: Sequence[BidText], experts: Sequence[ExpertText]) -> Matrix:
    """Put the declared pairs into the range of their level."""
    rows = {bid.id: row for row, bid in enumerate(bids)}
    touching: dict[str, set[int]] = defaultdict(set)
    for row, bid in enumerate(bids):
        for code in bid.disciplines:
            for digits in SHARED_DIGITS:
                touching[code[:digits]].add(row)
    for column, expert in enumerate(experts):
        concerned = {rows[bid] for bid in expert.declared if bid in rows}
        concerned.update(*(touching.get(code, ()) for code in expert.declared_disciplines))
        for row in concerned:
            if (level := expert.level(bids[row])) is not None:
                result[row, column] = within(level, result[row, column])
    return result
