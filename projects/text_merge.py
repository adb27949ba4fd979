"""Two people changed the same text: merged by sentence where they changed different ones. No Django import."""

from __future__ import annotations

import re

from merge3 import Merge3

#: A sentence with its stop, or a line: Chinese paragraphs are one line each, too coarse to merge by.
_PIECE = re.compile(r"[^。！？；;\n]*[。！？；;\n]|[^。！？；;\n]+")


def merge_texts(base: str, mine: str, theirs: str) -> str | None:
    """`base` as both changed it; None where both changed the same place differently."""
    if mine == theirs:
        return mine
    merge = Merge3(pieces_of(base), pieces_of(mine), pieces_of(theirs))
    merged: list[str] = []
    for group in merge.merge_groups():
        if group[0] == "conflict":
            return None
        merged.extend(group[1])
    return "".join(merged)


def settle(base: str, mine: str, now: str, *, merges: bool) -> tuple[str, str]:
    """What becomes of `mine`, begun from `base`, where `now` stands: (saved | merged | conflict, the text to stand)."""
    if now in (base, mine):
        return "saved", mine
    merged = merge_texts(base, mine, now) if merges else None
    return ("conflict", now) if merged is None else ("merged", merged)


def pieces_of(text: str) -> list[str]:
    """`"".join(pieces_of(text)) == text`."""
    return _PIECE.findall(text)
