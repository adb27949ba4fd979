"""What two Chinese texts have in common, without a dictionary: characters, pairs of them, foreign words. No Django import.

A text's terms are its single Chinese characters, its pairs of neighbouring ones, and its words in Latin
letters whole (LLM, GPU, SM2). Rare terms weigh more (TF-IDF with the root of the count). This beat a word
segmenter on the labelled set of the tests (docs/decisions/0018): two people name one thing with other words
(大模型, 大语言模型) and mostly the same characters. Full width and half width, upper and lower case are one;
numbers and units say nothing about a field and are left out. Traditional characters stay what they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

#: A document: its parts and how often each counts.
Parts = Sequence[tuple[str, int]]
Keys = NDArray[np.uint64]

HAN = "\u3400-\u9fff"
_FIRST_HAN, _LAST_HAN = 0x3400, 0x9FFF
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Words that begin with a figure are quantities, except generations and dimensions: 5G, 6G, 2D, 3D.
_QUANTITY = re.compile(r"\d(?![dg]$)")
_UNIT_NAMES = """nm um mm cm km kg mg mol ms ns us min hz khz mhz ghz thz kw mw gw wh kwh mwh gwh kv mv kpa mpa gpa
    kb mb gb tb pb bps kbps mbps gbps tops ppm ppi db dbm"""
_UNITS = frozenset(_UNIT_NAMES.split())
_PAIR_SHIFT, _WORD_MARK = np.uint64(21), 1 << 63


@dataclass(frozen=True)
class Rarity:
    """In how many of `documents` each term occurs. `keys` ascending, `found` in the same order."""

    documents: int
    keys: Keys
    found: NDArray[np.int64]

    def of(self, keys: Keys) -> NDArray[np.float64]:
        """The weight of each term, log((documents + 1) / found); one never seen counts as seen once."""
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        known = self.keys[at] == keys if len(self.keys) else np.zeros(len(keys), dtype=bool)
        found = np.where(known, self.found[at] if len(self.found) else 1, 1)
        return np.log((self.documents + 1) / found)


def plain(text: str) -> str:
    """NFKC and lower case: ＧＰＵ, GPU and gpu are one."""
    return unicodedata.normalize("NFKC", text).lower()


def latin_words(text: str) -> list[str]:
    """Words in Latin letters of a `plain` text, hyphens dropped, without quantities, units and single letters."""
    words = (word.replace("-", "") for word in _WORD.findall(text))
    return [w for w in words if len(w) > 1 and not _QUANTITY.match(w) and w not in _UNITS and not w.isdigit()]


@lru_cache(maxsize=50_000)
def word_key(word: str) -> int:
    """The term of a Latin word: the same in every run, above those of characters."""
    return _WORD_MARK | int.from_bytes(blake2b(word.encode(), digest_size=8).digest())


def character_keys(text: str) -> tuple[Keys, NDArray[np.intp]]:
    """The terms of the Chinese characters of a `plain` text, and where each begins: characters, then pairs."""
    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    han = (code >= _FIRST_HAN) & (code <= _LAST_HAN)
    single, pair = np.flatnonzero(han), np.flatnonzero(han[:-1] & han[1:])
    keys = np.concatenate([code[single], code[pair] << _PAIR_SHIFT | code[pair + 1]])
    return keys, np.concatenate([single, pair])


def count_terms(documents: Sequence[Parts]) -> tuple[Keys, csr_array]:
    """The terms of all documents, ascending, and how often each document has each: documents × terms."""
    # One pass over one long text: a call per document would cost more than the counting.
    texts, owners, weights, word_keys, word_places = [], [], [], [], []
    for place, (owner, text, weight) in enumerate(_parts(documents)):
        texts.append(text)
        owners.append(owner)
        weights.append(weight)
        words = [word_key(word) for word in latin_words(text)]
        word_keys += words
        word_places += [place] * len(words)
    ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
    keys, begins = character_keys("\n".join(texts))
    places = np.concatenate([np.searchsorted(ends, begins, side="right"), np.array(word_places, dtype=np.int64)])
    terms, columns = np.unique(np.concatenate([keys, np.array(word_keys, dtype=np.uint64)]), return_inverse=True)
    rows, counts = np.array(owners, dtype=np.int64)[places], np.array(weights, dtype=np.float64)[places]
    table = csr_array((counts, (rows, columns)), shape=(len(documents), len(terms)))
    table.sum_duplicates()
    return terms, table


def _parts(documents: Sequence[Parts]) -> Iterator[tuple[int, str, int]]:
    for owner, parts in enumerate(documents):
        for text, weight in parts:
            yield owner, plain(text), weight


def rarity(terms: Keys, table: csr_array) -> Rarity:
    """Counted over the documents of `count_terms`."""
    return Rarity(table.shape[0], terms, np.bincount(table.indices, minlength=len(terms)))


def unit_rows(terms: Keys, table: csr_array, weights: Rarity) -> csr_array:
    """Every document as a vector of length 1 (of length 0 if it has no terms); products are cosines."""
    weighed = table.sqrt() @ diags_array(weights.of(terms), format="csr")
    length = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    return diags_array(1 / np.where(length > 0, length, 1), format="csr") @ weighed
