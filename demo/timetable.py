"""Stories as generators: each yields the instant of its next step; all are played in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count

from workflows.clock import travel

Story = Iterator[datetime]


def together(stories: Iterable[Story]) -> Story:
    """Several stories as one: whichever is due next goes on."""
    order = count()
    queue = [(first, next(order), story) for story in stories if (first := next(story, None)) is not None]
    heapq.heapify(queue)
    while queue:
        instant, _number, story = heapq.heappop(queue)
        yield instant
        if (following := next(story, None)) is not None:
            heapq.heappush(queue, (following, next(order), story))


def play(stories: Iterable[Story], until: datetime, tick: Callable[[], object] = lambda: None) -> int:
    """Play every story up to `until` and leave it there; return the number of steps.

    A story's code after `yield instant` runs with the clock at `instant`. Where a list stands today
    follows from when its story began: nothing is set by hand.
    """
    order = count()
    queue = [(first, next(order), story) for story in stories if (first := next(story, None)) is not None]
    heapq.heapify(queue)
    steps = 0
    while queue and queue[0][0] <= until:
        instant, _number, story = heapq.heappop(queue)
        with travel(instant):
            following = next(story, None)
        steps += 1
        tick()
        if following is not None:
            if following < instant:
                raise ValueError(f"a story went back in time: {instant} → {following}")
            heapq.heappush(queue, (following, next(order), story))
    return steps
