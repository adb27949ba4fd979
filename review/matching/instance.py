"""What is to be matched: bids with their demand, experts with their loads, how well each suits each (domain 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: Affinities may be any finite number of this size; inside they are whole millionths.
LARGEST_AFFINITY = 1000.0


class BadInstance(ValueError):
    """The instance says something impossible; the sentence names the field and the cure."""


@dataclass(frozen=True)
class Proposal:
    """A bid. `class_mix`: how many of its experts must at least be of a class."""

    id: str
    demand: int
    unit: str = ""
    class_mix: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Expert:
    """`unit` is the legal person ("" = none known, excludes nobody); loads are bids in this round."""

    id: str
    unit: str
    min_load: int
    max_load: int
    expert_class: str = ""


@dataclass(frozen=True, eq=False)
class Instance:
    """`affinity[i, j]`: of the i-th proposal to the j-th expert. Raises BadInstance.

    `conflicts`: pairs of ids that must never meet; an expert of the bid's own unit is one without being
    named (C01). `unit_exceptions`: (proposal id, unit) → how many experts beyond one that unit may send.
    """

    proposals: Sequence[Proposal]
    experts: Sequence[Expert]
    affinity: NDArray[np.floating]
    conflicts: frozenset[tuple[str, str]] = frozenset()
    unit_exceptions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rows in (("proposals", self.proposals), ("experts", self.experts)):
            _check_ids(name, [row.id for row in rows])
        for p in self.proposals:
            _check_proposal(p)
        for e in self.experts:
            _check_expert(e)
        self._check_affinity()
        self._check_references()

    def _check_affinity(self) -> None:
        wanted = (len(self.proposals), len(self.experts))
        if self.affinity.shape != wanted:
            raise BadInstance(f"affinity 应为 {wanted[0]} 行、每行 {wanted[1]} 个数，实为 {self.affinity.shape}。")
        if not self.affinity.size:
            return
        low, high = float(self.affinity.min()), float(self.affinity.max())
        if not (low >= -LARGEST_AFFINITY and high <= LARGEST_AFFINITY):  # also false for NaN
            raise BadInstance(
                f"affinity 应为 ±{LARGEST_AFFINITY:g} 以内的数，现有 {low} 至 {high}；请改正或按比例缩小后重试。"
            )

    def _check_references(self) -> None:
        proposals, experts = {p.id for p in self.proposals}, {e.id for e in self.experts}
        for no, (proposal, expert) in enumerate(sorted(self.conflicts)):
            if proposal not in proposals or expert not in experts:
                raise BadInstance(
                    f"conflicts 中的 [{proposal}, {expert}]（排序后第 {no + 1} 对）指向不存在的编号；"
                    "请用 proposals 与 experts 中的 id，申请在前、专家在后。"
                )
        for (proposal, unit), more in self.unit_exceptions.items():
            if proposal not in proposals or not unit or more < 0:
                raise BadInstance(f"unit_exceptions 中的 {proposal}、{unit}、{more} 应为申请编号、单位和非负整数。")


def _check_ids(name: str, ids: list[str]) -> None:
    seen: set[str] = set()
    for no, id in enumerate(ids):
        if not isinstance(id, str) or not id:
            raise BadInstance(f"{name}[{no}].id 应为非空文本，实为 {id!r}。")
        if id in seen:
            raise BadInstance(f"{name}[{no}].id 与前面重复：{id}。请让每个编号只出现一次。")
        seen.add(id)


def _check_proposal(p: Proposal) -> None:
    if not _is_count(p.demand):
        raise BadInstance(f"申请 {p.id} 的 demand 应为非负整数，实为 {p.demand!r}。")
    if not isinstance(p.unit, str):
        raise BadInstance(f"申请 {p.id} 的 unit 应为文本（没有时用空文本），实为 {p.unit!r}。")
    if not all(isinstance(name, str) and name and _is_count(n) for name, n in p.class_mix.items()):
        raise BadInstance(f"申请 {p.id} 的 class_mix 应为“类别：最少人数”，实为 {dict(p.class_mix)!r}。")


def _check_expert(e: Expert) -> None:
    if not isinstance(e.unit, str) or not isinstance(e.expert_class, str):
        raise BadInstance(f"专家 {e.id} 的 unit 和 class 应为文本（没有时用空文本）。")
    if not (_is_count(e.min_load) and _is_count(e.max_load) and e.min_load <= e.max_load):
        raise BadInstance(
            f"专家 {e.id} 的 min_load、max_load 应为非负整数且前者不大于后者，实为 {e.min_load!r}、{e.max_load!r}。"
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
