"""A record's way through its states, as stations above its page: done, now, or still ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Label and the states that stand at this station.
Station = tuple[Any, list[str]]


def stations(way: Sequence[Station], state: str, ended: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Labels with `done`, `now` or nothing; empty for a record that left the way.

    In a state of `ended` the last station counts as done, too.
    """
    at = next((n for n, (_label, states) in enumerate(way) if state in states), None)
    if at is None:
        return []
    last = at if state not in ended else len(way)
    return [(str(label), "done" if n < last else "now" if n == at else "") for n, (label, _states) in enumerate(way)]
