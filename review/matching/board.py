"""An instance in numbers: whole millionths of affinity, rows and columns in an order of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.matching.instance import Instance

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Of any precision.
Reals = NDArray[np.floating[Any]]
MICRO = 1_000_000
#: Score of a pair that must not meet; below every possible score.
BARRED = np.iinfo(np.int32).min
#: Cells looked at in one go, so that 20,000 × 5,000 stays far below the memory it would take at once.
CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Board:
    """Bids sorted by id; experts by (unit, id), so that a unit's experts stand side by side.

    The order of the input therefore never matters. `score` is bids × experts. `group` numbers the units
    (an expert without one is a group alone); `first` is where each group begins. `mix`: one row (bid,
    class, minimum) per demanded class; `extra`: (bid, group) → experts of that group allowed beyond one.
    """

    instance: Instance
    bids: list[int]
    people: list[int]
    score: NDArray[np.int32]
    demand: Ints
    min_load: Ints
    max_load: Ints
    group: Ints
    first: Ints
    kind: Ints
    mix: Ints
    extra: dict[tuple[int, int], int]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.bids), len(self.people)

    def chunks(self) -> Iterator[slice]:
        """Ranges of bids of about CHUNK cells each."""
        rows, width = self.shape
        step = max(1, CHUNK // max(1, width))
        for start in range(0, rows, step):
            yield slice(start, min(rows, start + step))

    def names(self, pairs: Ints) -> list[tuple[str, str]]:
        """Pairs of ids for flat pair numbers (bid × experts + expert), in their order."""
        width = self.shape[1]
        proposals, experts = self.instance.proposals, self.instance.experts
        return [
            (proposals[self.bids[p]].id, experts[self.people[e]].id)
            for p, e in zip((pairs // width).tolist(), (pairs % width).tolist(), strict=True)
        ]

    def pairs(self, names: Iterable[tuple[str, str]]) -> Ints:
        """Sorted flat pair numbers for pairs of ids; a pair of unknown ids is left out."""
        bid = {self.instance.proposals[at].id: no for no, at in enumerate(self.bids)}
        person = {self.instance.experts[at].id: no for no, at in enumerate(self.people)}
        width = self.shape[1]
        return np.array(sorted({bid[p] * width + person[e] for p, e in names if p in bid and e in person}), np.int64)


def board_of(instance: Instance) -> Board:
    proposals, experts = instance.proposals, instance.experts
    bids = sorted(range(len(proposals)), key=lambda i: proposals[i].id)
    people = sorted(range(len(experts)), key=lambda j: (experts[j].unit, experts[j].id))
    group = _groups([experts[j].unit for j in people])
    units = {experts[j].unit: int(g) for j, g in zip(people, group, strict=True) if experts[j].unit}
    kinds = sorted({experts[j].expert_class for j in people} | {k for p in proposals for k in p.class_mix})
    kind_no = {kind: no for no, kind in enumerate(kinds)}
    rank = {proposals[i].id: no for no, i in enumerate(bids)}
    return Board(
        instance,
        bids,
        people,
        score=_scores(instance, bids, people, units, group),
        demand=np.array([proposals[i].demand for i in bids], np.int64),
        min_load=np.array([experts[j].min_load for j in people], np.int64),
        max_load=np.array([experts[j].max_load for j in people], np.int64),
        group=group,
        first=np.flatnonzero(np.diff(group, prepend=-1)),
        kind=np.array([kind_no[experts[j].expert_class] for j in people], np.int64),
        mix=np.array(
            [
                (no, kind_no[k], least)
                for no, i in enumerate(bids)
                for k, least in sorted(proposals[i].class_mix.items())
                if least
            ],
            np.int64,
        ).reshape(-1, 3),
        extra={(rank[p], units[unit]): n for (p, unit), n in instance.unit_exceptions.items() if n and unit in units},
    )


def _groups(units: list[str]) -> Ints:
    numbers, last = [], -1
    for no, unit in enumerate(units):
        last += not unit or no == 0 or unit != units[no - 1]
        numbers.append(last)
    return np.array(numbers, np.int64)


def _scores(
    instance: Instance, bids: list[int], people: list[int], units: dict[str, int], group: Ints
) -> NDArray[np.int32]:
    score = np.empty((len(bids), len(people)), np.int32)
    step = max(1, CHUNK // max(1, len(people)))
    for no in range(0, len(bids), step):
        some = np.take(instance.affinity[bids[no : no + step]], people, axis=1).astype(np.float64)
        some *= MICRO
        score[no : no + step] = np.rint(some, out=some)
    start = np.searchsorted(group, np.arange(group[-1] + 2)) if len(group) else group
    for no, i in enumerate(bids):
        own = units.get(instance.proposals[i].unit)
        if own is not None:
            score[no, start[own] : start[own + 1]] = BARRED
    row = {instance.proposals[i].id: no for no, i in enumerate(bids)}
    column = {instance.experts[j].id: no for no, j in enumerate(people)}
    barred = np.array([(row[p], column[e]) for p, e in instance.conflicts], np.int64).reshape(-1, 2)
    score[barred[:, 0], barred[:, 1]] = BARRED
    return score
