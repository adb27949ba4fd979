"""When requests are sent: drawn beforehand from a seed, whatever the server does meanwhile."""

from __future__ import annotations

from random import Random

#: The last request in time is sent this long before the close; on its way it takes a fraction of it.
MARGIN = 0.1
LAST_PART = 1 / 6  # the last 10 s of 60
LATE_SECONDS = 5.0


def in_time(count: int, seconds: float, seed: int) -> list[float]:
    """Seconds relative to the close, all negative and ascending; half of them in the last sixth."""
    random = Random(seed)  # noqa: S311  arrivals, no secret
    turn = -seconds * LAST_PART
    early = (random.uniform(-seconds, turn) for _ in range(count - count // 2))
    last = (random.uniform(turn, -MARGIN) for _ in range(count // 2))
    return sorted([*early, *last])


def too_late(count: int, seed: int) -> list[float]:
    """Seconds after the close."""
    random = Random(seed + 1)  # noqa: S311
    return sorted(random.uniform(MARGIN, LATE_SECONDS) for _ in range(count))
