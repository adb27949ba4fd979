"""The rules of domain 3.5 over experts and bids: one small function each, over facts that were read before.

Set-based: queries do not grow with experts or bids, and work grows with what is found, not with pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from projects.models import Bid
from projects.rules import CONFLICT_LOOKBACK_YEARS
from review.conflicts import by_bid, by_office, by_request, by_tie, by_unit
from review.conflicts.case import Case
from review.conflicts.finding import BLOCK, Finding, merged
from review.models import ConflictRuling, Expert

Rule = Callable[[Case], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    by_unit.c01_same_unit,
    by_tie.c02_relatives,
    by_bid.c03_own_bid,
    by_tie.c04_employed,
    by_tie.c05_director,
    by_tie.c06_shareholder,
    by_tie.c07_other,
    by_tie.c08_advisor_student,
    by_tie.c09_coauthor,
    by_bid.c09_bid_together,
    by_request.c10_avoided,
    by_office.c11_staff,
    by_unit.c12_demander,
    by_office.c13_barred,
    by_tie.c14_consultant,
)


@dataclass(frozen=True)
class Conflict:
    """A pair that is blocked, by a rule of domain 3.5, with the fact it rests on."""

    expert_id: int
    bid_id: int
    code: str
    evidence: str


def find_conflicts(
    experts: Sequence[Expert], bids: Sequence[Bid], on: date, lookback: Mapping[str, int] | None = None
) -> list[Finding]:
    """Every finding on a day, BLOCK and WARN, by expert, bid and rule.

    `bids` should come with `challenge` joined. `lookback`: rule → years, by default those of domain 3.5.
    A finding that the secretary has confirmed blocks. A fixed number of queries, none without experts or bids.
    """
    if not experts or not bids:
        return []
    case = Case(experts, bids, on, CONFLICT_LOOKBACK_YEARS | dict(lookback or {}))
    confirmed = _confirmed(case)
    return [
        one._replace(severity=BLOCK) if (one.expert_id, one.bid_id, one.code) in confirmed else one
        for one in merged(finding for rule in RULES for finding in rule(case))
    ]


def blocked_pairs(
    experts: Sequence[Expert], bids: Sequence[Bid], on: date, lookback: Mapping[str, int] | None = None
) -> list[Conflict]:
    """Every blocked pair on a day."""
    return [
        Conflict(one.expert_id, one.bid_id, one.code, one.evidence)
        for one in find_conflicts(experts, bids, on, lookback)
        if one.severity == BLOCK
    ]


def conflicted_experts(
    experts: Sequence[Expert], bids: Sequence[Bid], on: date, lookback: Mapping[str, int] | None = None,
    *, with_all: bool = False,
) -> dict[int, str]:  # fmt: skip
    """Experts who conflict with at least one of the bids, or `with_all` of them → the first rule that says so."""
    first: dict[int, str] = {}
    blocked: dict[int, set[int]] = {}
    for conflict in blocked_pairs(experts, bids, on, lookback):
        first.setdefault(conflict.expert_id, conflict.code)
        blocked.setdefault(conflict.expert_id, set()).add(conflict.bid_id)
    needed = len(bids) if with_all else 1
    return {expert: code for expert, code in first.items() if len(blocked[expert]) >= needed}


def _confirmed(case: Case) -> set[tuple[int, int, str]]:
    rulings = ConflictRuling.objects.filter(
        state=ConflictRuling.State.CONFIRMED,
        finding__expert__one_of=[expert.pk for expert in case.experts],
        finding__bid__one_of=case.bid_ids,
    )
    return set(rulings.values_list("finding__expert_id", "finding__bid_id", "finding__code"))
