"""Names that say nothing, for a draw that strangers may replay (decision 0006). No Django import.

A draw runs on pseudonyms of experts and units, so that its record can be handed out as it is. They are
HMACs under a salt that never leaves the house: the seed, which is published, tells nothing about them,
and the same expert has another pseudonym in every draw.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace

from review.draw import Candidate

#: 64 bits: two of 10,000 experts share a pseudonym with a probability below 3e-12.
HEX_DIGITS = 16


def pseudonym(salt: bytes, kind: str, name: str) -> str:
    """`kind` keeps an expert and a unit with the same key apart. 16 hex digits."""
    return hmac.digest(salt, f"{kind}|{name}".encode(), "sha256").hex()[:HEX_DIGITS]


def under_pseudonyms(candidates: Iterable[Candidate], salt: bytes) -> dict[str, Candidate]:
    """Pseudonym → the candidate it stands for."""
    return {pseudonym(salt, "expert", c.id): c for c in candidates}


def blinded(linked: dict[str, Candidate], salt: bytes) -> list[Candidate]:
    """The candidates as the draw sees them: id and unit under pseudonyms, the seat type as it is."""
    return [replace(c, id=name, unit=pseudonym(salt, "unit", c.unit)) for name, c in linked.items()]
