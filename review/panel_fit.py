"""Can the open seats of a panel still be filled under the cap per unit? No Django import.

A small maximum-flow question: every open seat of a type takes one candidate of that type, and a
unit gives at most as many candidates as it has room for. Solved by augmenting paths, one per seat.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping


def can_fill(needs: Mapping[str, int], supply: Mapping[tuple[str, str], int], room: Mapping[str, int]) -> bool:
    """Whether all open seats can be filled.

    `needs`: open seats per seat type. `supply`: candidates left per (seat type, unit). `room`: how
    many more people each unit may send; a unit that is not named has none.
    """
    units_of: dict[str, list[str]] = defaultdict(list)
    for (seat_type, unit), count in supply.items():
        if count > 0 and room.get(unit, 0) > 0 and needs.get(seat_type, 0) > 0:
            units_of[seat_type].append(unit)
    given: Counter[tuple[str, str]] = Counter()
    taken: Counter[str] = Counter()
    types_of: dict[str, set[str]] = defaultdict(set)
    for seat_type, need in needs.items():
        for _ in range(need):
            path = _augmenting_path(seat_type, units_of, supply, room, given, taken, types_of)
            if not path:
                return False
            taken[path[-1][1]] += 1
            for i, (kind, unit) in enumerate(path):
                given[kind, unit] += 1
                types_of[unit].add(kind)
                if i + 1 < len(path):  # the next type on the path gives up its person of this unit
                    given[path[i + 1][0], unit] -= 1
    return True


def _augmenting_path(
    start: str,
    units_of: Mapping[str, list[str]],
    supply: Mapping[tuple[str, str], int],
    room: Mapping[str, int],
    given: Mapping[tuple[str, str], int],
    taken: Mapping[str, int],
    types_of: Mapping[str, set[str]],
) -> list[tuple[str, str]]:
    """Shortest chain of (type, unit) moves that seats one more of `start`; empty when there is none."""
    came_from: dict[str, tuple[str, str] | None] = {start: None}
    queue, seen = deque([start]), set[str]()
    while queue:
        kind = queue.popleft()
        for unit in units_of.get(kind, ()):
            if unit in seen or given.get((kind, unit), 0) >= supply[kind, unit]:
                continue
            if taken.get(unit, 0) < room[unit]:
                return _unwind((kind, unit), came_from)
            seen.add(unit)
            for other in sorted(types_of.get(unit, ())):
                if other not in came_from and given.get((other, unit), 0) > 0:
                    came_from[other] = (kind, unit)
                    queue.append(other)
    return []


def _unwind(last: tuple[str, str], came_from: Mapping[str, tuple[str, str] | None]) -> list[tuple[str, str]]:
    path = [last]
    while (step := came_from[path[0][0]]) is not None:
        path.insert(0, step)
    return path
