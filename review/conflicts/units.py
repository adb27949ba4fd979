"""Which units are one legal person, which are affiliated, and whom a written name means. No Django import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.unit_names import is_inside, normalise

BRANCH = "BRANCH"


@dataclass(frozen=True)
class Named:
    """The unit (its legal root) that a written name means. Not `sure`: the name goes on after the unit's own."""

    unit: int
    sure: bool


class Units:
    """Organisations joined by branches and by names: a legal root stands for all that are one legal person."""

    def __init__(
        self,
        names: Mapping[int, str],
        aliases: Iterable[tuple[int, str]] = (),
        links: Iterable[tuple[int, int, str]] = (),
        *,
        state: Iterable[int] = (),
    ) -> None:
        """`names`: unit → name; `aliases`: (unit, normalised name); `links`: (unit, parent, kind). `state`: organs
        of the state, which make no affiliates of the companies they hold (企业会计准则第 36 号)."""
        self.names = names
        self._root: dict[int, int] = {}
        self._by_name: dict[str, int] = {}
        for unit, name in names.items():
            self._call(unit, normalise(name))
        for unit, name in aliases:
            self._call(unit, name)
        links = list(links)
        for unit, parent, kind in links:
            if kind == BRANCH:
                self._join(unit, parent)
        self._near = self._affiliations(links, set(state))

    def legal(self, unit: int) -> int:
        """The one unit that stands for its legal person."""
        root = unit
        while (up := self._root.get(root, root)) != root:
            root = up
        self._root[unit] = root
        return root

    def affiliates(self, unit: int) -> set[int]:
        """Legal roots above and below `unit` in the chain of control, and those with the same direct parent."""
        return self._near.get(self.legal(unit), set())

    def named(self, text: str) -> Named | None:
        """Whom a written name means: that name, an alias, or the longest of them that it begins with (…学院)."""
        name = normalise(text)
        if name in self._by_name:
            return Named(self.legal(self._by_name[name]), sure=True)
        for length in range(len(name) - 1, 3, -1):
            unit = self._by_name.get(name[:length])
            if unit is not None:
                return Named(self.legal(unit), sure=False) if is_inside(name[length:]) else None
        return None

    def _call(self, unit: int, name: str) -> None:
        """One name means one legal person: a unit that is registered under another's former name is that other."""
        if name:
            self._join(unit, self._by_name.setdefault(name, unit))

    def _join(self, a: int, b: int) -> None:
        low, high = sorted((self.legal(a), self.legal(b)))
        self._root[high] = low

    def _affiliations(self, links: list[tuple[int, int, str]], state: set[int]) -> dict[int, set[int]]:
        parents: dict[int, set[int]] = defaultdict(set)
        children: dict[int, set[int]] = defaultdict(set)
        for unit, parent, kind in links:
            if kind != BRANCH and parent not in state:
                parents[self.legal(unit)].add(self.legal(parent))
                children[self.legal(parent)].add(self.legal(unit))
        found = {}
        for unit in {*parents, *children}:
            siblings = {child for parent in parents[unit] for child in children[parent]}
            found[unit] = (_reach(unit, parents) | _reach(unit, children) | siblings) - {unit}
        return found


def _reach(start: int, steps: Mapping[int, set[int]]) -> set[int]:
    seen: set[int] = set()
    to_go = [start]
    while to_go:
        for unit in steps.get(to_go.pop(), set()) - seen:
            seen.add(unit)
            to_go.append(unit)
    return seen
