"""C01 and C12: the unit an expert works for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from projects.models import Demand
from review.conflicts.case import Case
from review.conflicts.finding import BLOCK, WARN, Finding


def c01_same_unit(case: Case) -> Iterator[Finding]:
    """Same legal person as applicant or participant, whatever name or branch (基金条例 20 条). An affiliate is
    another legal person: somebody has to look at it."""
    for expert in case.experts:
        for unit, name in case.units_of(expert).items():
            for bid, part in case.bids_of_unit.get(unit, {}).items():
                yield Finding(expert.pk, bid, "C01", BLOCK, f"专家单位{name}与{part}为同一法人，来源：单位登记")
            for other in case.units.affiliates(unit):
                for bid, part in case.bids_of_unit.get(other, {}).items():
                    yield Finding(expert.pk, bid, "C01", WARN, f"专家单位{name}与{part}为关联单位，来源：单位登记")


def c12_demander(case: Case) -> Iterator[Finding]:
    """The unit that needs the result, those whose demands were merged into it, and their affiliates."""
    bids_of_demander = _bids_of_demander(case)
    for expert in case.experts:
        for unit, name in case.units_of(expert).items():
            for bid in bids_of_demander.get(unit, ()):
                yield Finding(expert.pk, bid, "C12", BLOCK, f"专家单位{name}是本榜题的需求单位，来源：榜题登记")
            for other in case.units.affiliates(unit):
                demander = case.units.names[other]
                for bid in bids_of_demander.get(other, ()):
                    evidence = f"专家单位{name}是需求单位{demander}的关联单位，来源：单位登记"
                    yield Finding(expert.pk, bid, "C12", BLOCK, evidence)


def _bids_of_demander(case: Case) -> dict[int, list[int]]:
    needs: dict[int, set[int]] = defaultdict(set)
    for bid in case.bids:
        needs[case.units.legal(bid.challenge.demander_id)].add(bid.challenge_id)
    merged = Demand.objects.filter(merged_into__one_of={bid.challenge_id for bid in case.bids})
    for challenge, unit in merged.values_list("merged_into_id", "demander_id"):
        needs[case.units.legal(unit)].add(challenge)
    by_challenge: dict[int, list[int]] = defaultdict(list)
    for bid in case.bids:
        by_challenge[bid.challenge_id].append(bid.pk)
    return {unit: [bid for one in wanted for bid in by_challenge[one]] for unit, wanted in needs.items()}
