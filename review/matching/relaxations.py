"""What an instance lacks: the cheapest set of relaxations that makes it feasible, by one elastic flow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from review.matching.board import Board, Ints
from review.matching.instance import Instance, Proposal
from review.matching.program import Program
from review.matching.question import COSTS, Question
from review.matching.search import Search


@dataclass(frozen=True)
class Relaxation:
    """`kind` of COSTS gives way `by` so many; `proposal`, `expert`, `unit` and `expert_class` say where.

    `cost`: by COSTS; places beyond a fifth more than a maximum cost what "overload" does. Conflicts never
    give way.
    """

    kind: str
    by: int
    cost: int
    sentence: str
    proposal: str = ""
    expert: str = ""
    unit: str = ""
    expert_class: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value != ""}


class Infeasible(Exception):
    """No assignment keeps all rules. `relaxations`: the cheapest set that would make one possible."""

    def __init__(self, relaxations: list[Relaxation]) -> None:
        super().__init__("".join(r.sentence for r in relaxations))
        self.relaxations = relaxations


def lacking(search: Search, *, whole: bool = False) -> list[Relaxation]:
    """The cheapest relaxations, none when everything fits. Leaves the pairs that are needed in `search`.

    `whole`: look for whole panels at once. Only classes' minima can make that differ from the flow.
    """

    def ask(pairs: Ints) -> Question:
        return Question(pairs, np.zeros(len(pairs)), 0, 1.0)

    search.basis = None
    answer = search.optimum(ask)
    search.basis = None
    assert answer is not None
    given = answer.given
    if whole or any(np.any(np.abs(part - np.rint(part)) > 1e-6) for part in given.values()):
        settled = Program(search.board, ask(search.pairs)).settle(np.zeros(len(search.pairs), bool), answer.x)
        assert settled is not None
        given = settled.given
    names = Program(search.board, ask(search.pairs)).columns
    times = {
        kind: dict(zip(names[kind].tolist(), np.rint(part).astype(int).tolist(), strict=True))
        for kind, part in given.items()
    }
    over = times.pop("overload")
    return [
        _relaxation(search.board, kind, at, by, over[at] if kind == "max_load" else 0)
        for kind, part in times.items()
        for at, by in part.items()
        if by
    ]


def relaxed(instance: Instance, relaxations: Iterable[Relaxation]) -> Instance:
    """The instance after giving way as told."""
    proposals = {p.id: p for p in instance.proposals}
    experts = {e.id: e for e in instance.experts}
    exceptions = dict(instance.unit_exceptions)
    for r in relaxations:
        if r.kind == "demand":
            p = proposals[r.proposal]
            proposals[p.id] = replace(p, demand=p.demand - r.by)
        elif r.kind == "class_mix":
            p = proposals[r.proposal]
            least = {**p.class_mix, r.expert_class: p.class_mix[r.expert_class] - r.by}
            proposals[p.id] = replace(p, class_mix=least)
        elif r.kind == "unit":
            exceptions[r.proposal, r.unit] = exceptions.get((r.proposal, r.unit), 0) + r.by
        else:
            e = experts[r.expert]
            experts[e.id] = (
                replace(e, min_load=e.min_load - r.by)
                if r.kind == "min_load"
                else replace(e, max_load=e.max_load + r.by)
            )
    return replace(
        instance,
        proposals=[proposals[p.id] for p in instance.proposals],
        experts=[experts[e.id] for e in instance.experts],
        unit_exceptions=exceptions,
    )


def _relaxation(board: Board, kind: str, at: int, by: int, over: int) -> Relaxation:
    """`by` of the kind at the column named `at`, and `over` of "overload" there, which only follows "max_load"."""
    by, cost = by + over, COSTS[kind] * by + COSTS["overload"] * over
    where = {}
    if kind in ("min_load", "max_load"):
        e = board.instance.experts[board.people[at]]
        now = e.min_load - by if kind == "min_load" else e.max_load + by
        sentence = {
            "min_load": f"专家 {e.id} 的最少承担数由 {e.min_load} 份减为 {now} 份。",
            "max_load": f"专家 {e.id} 的最多承担数由 {e.max_load} 份增为 {now} 份。",
        }[kind]
        where = {"expert": e.id}
    elif kind == "demand":
        p = _proposal(board, at)
        sentence = f"申请 {p.id} 的评审人数由 {p.demand} 人减为 {p.demand - by} 人。"
        where = {"proposal": p.id}
    elif kind == "class_mix":
        bid, class_no, least = board.mix[at].tolist()
        where = {"proposal": _proposal(board, bid).id, "expert_class": _class_name(board, class_no)}
        sentence = (
            f"申请 {where['proposal']} 的“{where['expert_class']}”类专家由至少 {least} 人减为至少 {least - by} 人。"
        )
    else:
        bid, group = divmod(at, int(board.group[-1]) + 1)
        unit = board.instance.experts[board.people[int(board.first[group])]].unit
        where = {"proposal": _proposal(board, bid).id, "unit": unit}
        share = 1 + board.extra.get((bid, group), 0)
        sentence = f"申请 {where['proposal']} 允许单位“{unit}”派出 {share + by} 名专家（原为至多 {share} 名）。"
    return Relaxation(kind, by, cost, sentence, **where)


def _proposal(board: Board, at: int) -> Proposal:
    return board.instance.proposals[board.bids[at]]


def _class_name(board: Board, number: int) -> str:
    names = {e.expert_class for e in board.instance.experts} | {
        k for p in board.instance.proposals for k in p.class_mix
    }
    return sorted(names)[number]
