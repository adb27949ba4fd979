"""查重: passages that two texts share, whatever their spacing and punctuation. No Django import.

Texts are compared by their letters: NFKC, lower case, without blanks and punctuation. A text's
fingerprints are the hashes that winnowing picks (Schleimer, Wilkerson and Aiken, SIGMOD 2003): of every
`WINDOW` neighbouring groups of `GROUP` letters the smallest, so that two texts with a passage of at least
`SURE` letters in common share a fingerprint. They find candidates; the passages themselves are found by
comparing the texts.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

#: Letters in a group: shorter ones are everyday phrases.
GROUP = 12
WINDOW = 16
#: A shared passage of this many letters is certain to be noticed.
SURE = GROUP + WINDOW - 1
#: Passages shorter than this are not shown.
SHORTEST = 20
#: A group that a text repeats more often than this is a table's filling, not a passage.
MOST_REPEATS = 16


@dataclass(frozen=True)
class Passage:
    """`mine[start:end]` and `theirs[their_start:their_end]` have the same letters. `size`: how many."""

    start: int
    end: int
    their_start: int
    their_end: int
    size: int


@dataclass(frozen=True)
class Letters:
    """What is compared of a text, and where each letter stands in it."""

    text: str
    places: list[int]

    @classmethod
    def of(cls, text: str) -> Letters:
        found, places = [], []
        for place, sign in enumerate(text):
            for letter in unicodedata.normalize("NFKC", sign).lower():
                if letter.isalnum():
                    found.append(letter)
                    places.append(place)
        return cls("".join(found), places)

    def groups(self) -> list[str]:
        return [self.text[at : at + GROUP] for at in range(len(self.text) - GROUP + 1)]


def fingerprints(text: str) -> set[int]:
    """Winnowed hashes, 32 bits with a sign, as PostgreSQL's integer holds them."""
    hashes = [crc32(group.encode()) - 2**31 for group in Letters.of(text).groups()]
    if len(hashes) <= WINDOW:
        return {min(hashes)} if hashes else set()
    return {min(hashes[at : at + WINDOW]) for at in range(len(hashes) - WINDOW + 1)}


def shared_passages(mine: str, theirs: str, known: Iterable[str] = ()) -> list[Passage]:
    """The passages of `mine` that stand in `theirs`, longest first at each place, in the order of `mine`.

    Groups that occur in a `known` text, such as the challenge that both answer, are nobody's words and
    begin no passage.
    """
    left, right = Letters.of(mine), Letters.of(theirs)
    quoted = {group for text in known for group in Letters.of(text).groups()}
    places: dict[str, list[int]] = defaultdict(list)
    for at, group in enumerate(right.groups()):
        if group not in quoted and len(places[group]) < MOST_REPEATS:
            places[group].append(at)
    found, at = [], 0
    while at <= len(left.text) - GROUP:
        begins = places.get(left.text[at : at + GROUP])
        size, other = max(((_run(left.text, at, right.text, one), one) for one in begins or ()), default=(0, 0))
        if size >= SHORTEST:
            found.append(
                Passage(left.places[at], left.places[at + size - 1] + 1,
                        right.places[other], right.places[other + size - 1] + 1, size)
            )  # fmt: skip
            at += size
        else:
            at += 1
    return found


def share(mine: str, passages: Iterable[Passage]) -> float:
    """The part of the letters of `mine` that the passages cover, 0 to 1."""
    total = len(Letters.of(mine).text)
    return sum(passage.size for passage in passages) / total if total else 0.0


def _run(left: str, at: int, right: str, other: int) -> int:
    """How many letters are the same from here on."""
    size, most = GROUP, min(len(left) - at, len(right) - other)
    while size < most and left[at + size] == right[other + size]:
        size += 1
    return size
