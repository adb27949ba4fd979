"""Why this expert for this bid, and why not one who suits it better: facts of the match, no second opinion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.matching.instance import Expert, Instance, Proposal
from review.matching.solver import Match

#: Why a better expert is not on the panel. All but CONFLICT and OWN_UNIT are answers of the optimum.
CAUSES = {
    "CONFLICT": "须回避",
    "OWN_UNIT": "与申请同一单位，须回避",
    "UNIT_TAKEN": "所在单位已有{other}评审本申请",
    "FULL": "承担已满（{load} 份），改派会使其他申请损失更多",
    "CLASS_MIX": "本席须由“{other}”类专家担任",
    "MIN_LOAD": "入选者{other}须达到最少承担数",
    "BALANCE": "改派会降低总亲和度或低于公平下限",
}


@dataclass(frozen=True)
class Passed:
    """A better suited expert who is not on the panel. `cause` is a key of CAUSES."""

    expert: str
    affinity: float
    cause: str
    sentence: str


@dataclass(frozen=True)
class Reason:
    """`rank` of the expert by affinity among the `eligible` (1 = best; equals share a rank)."""

    expert: str
    affinity: float
    rank: int
    eligible: int
    passed: tuple[Passed, ...]
    sentence: str


def explain(instance: Instance, result: Match, proposal_id: str) -> list[Reason]:
    """One reason per expert of the bid's panel, best first. Raises KeyError for an unknown proposal."""
    return _Panel(instance, result, proposal_id).reasons()


class _Panel:
    def __init__(self, instance: Instance, result: Match, proposal_id: str) -> None:
        rows = {p.id: no for no, p in enumerate(instance.proposals)}
        self.row: NDArray[np.floating] = instance.affinity[rows[proposal_id]]
        self.bid: Proposal = instance.proposals[rows[proposal_id]]
        self.experts: Sequence[Expert] = instance.experts
        self.barred = {expert for proposal, expert in instance.conflicts if proposal == proposal_id}
        self.chosen = {expert for proposal, expert in result.pairs if proposal == proposal_id}
        self.loads = Counter(expert for _proposal, expert in result.pairs)
        self.of_unit: dict[str, list[str]] = defaultdict(list)
        for e in self.experts:
            if e.id in self.chosen and e.unit:
                self.of_unit[e.unit].append(e.id)
        self.room = {unit: 1 + instance.unit_exceptions.get((proposal_id, unit), 0) for unit in self.of_unit}

    def reasons(self) -> list[Reason]:
        panel = [(e, float(a)) for e, a in zip(self.experts, self.row, strict=True) if e.id in self.chosen]
        return [self._reason(e, a) for e, a in sorted(panel, key=lambda pair: (-pair[1], pair[0].id))]

    def _reason(self, mine: Expert, affinity: float) -> Reason:
        eligible = [float(a) for e, a in zip(self.experts, self.row, strict=True) if not self._may_not(e)]
        rank = 1 + sum(other > affinity for other in eligible)
        better = [
            (e, float(a))
            for e, a in zip(self.experts, self.row, strict=True)
            if a > affinity and e.id not in self.chosen
        ]
        passed = tuple(self._passed(e, a, mine) for e, a in sorted(better, key=lambda pair: (-pair[1], pair[0].id)))
        sentence = (
            f"专家 {mine.id} 与申请 {self.bid.id} 的亲和度 {affinity:.3f}，在 {len(eligible)} 名可选专家中列第 {rank}。"
        )
        if passed:
            sentence += f"亲和度更高而未入选的 {len(passed)} 名：" + "；".join(p.sentence for p in passed[:3])
            sentence += "等。" if len(passed) > 3 else "。"
        return Reason(mine.id, affinity, rank, len(eligible), passed, sentence)

    def _may_not(self, e: Expert) -> str:
        if e.id in self.barred:
            return "CONFLICT"
        return "OWN_UNIT" if e.unit and e.unit == self.bid.unit else ""

    def _passed(self, e: Expert, affinity: float, mine: Expert) -> Passed:
        cause, other = self._cause(e, mine)
        why = CAUSES[cause].format(other=other, load=self.loads[e.id])
        return Passed(e.id, affinity, cause, f"{e.id}（{affinity:.3f}）{why}")

    def _cause(self, e: Expert, mine: Expert) -> tuple[str, str]:
        """The first obstacle to `e` taking the place of `mine`."""
        if barred := self._may_not(e):
            return barred, ""
        beside = [id for id in self.of_unit.get(e.unit, ()) if id != mine.id]
        if e.unit and len(beside) >= self.room.get(e.unit, 1):
            return "UNIT_TAKEN", " " + "、".join(beside) + " "
        if self.loads[e.id] >= e.max_load:
            return "FULL", ""
        if mine.expert_class != e.expert_class and self._of_class(mine.expert_class) <= self.bid.class_mix.get(
            mine.expert_class, 0
        ):
            return "CLASS_MIX", mine.expert_class
        if self.loads[mine.id] <= mine.min_load:
            return "MIN_LOAD", f" {mine.id} "
        return "BALANCE", ""

    def _of_class(self, name: str) -> int:
        return sum(e.expert_class == name for e in self.experts if e.id in self.chosen)
