"""In which order an expert reads the bids of his seat: by chance, but always the same. No Django import.

Whoever comes first is judged more strictly or more kindly than who comes last. Everyone begins elsewhere, so
that it averages out over the panel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def in_reading_order(rows: Iterable[T], seat: int, key: Any) -> list[T]:
    """`key` gives a row's bid (uuid). By SHA-256 of seat and bid: a new bid moves no other one."""
    return sorted(rows, key=lambda row: hashlib.sha256(f"{seat}:{key(row)}".encode()).digest())
