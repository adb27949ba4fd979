"""C10: whom a bid's team asked to keep away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from projects.models import BidAvoidance
from review.conflicts.case import Case
from review.conflicts.finding import BLOCK, WARN, Finding

Decision = BidAvoidance.Decision


def c10_avoided(case: Case) -> Iterator[Finding]:
    """“Considered”, not automatic (基金条例 20 条): blocks once accepted, nothing once refused, to be seen before."""
    by_name: dict[str, list[int]] = defaultdict(list)
    units = {}
    for expert in case.experts:
        by_name[case.people[expert.user_id].name].append(expert.pk)
        units[expert.pk] = set(case.units_of(expert))
    asked = BidAvoidance.objects.filter(bid__one_of=case.bid_ids).exclude(decision=Decision.REFUSED)
    columns = ("bid_id", "person_name", "unit_name", "reason", "decision", "decision_reason")
    for bid, name, unit_name, reason, decision, why in asked.order_by("pk").values_list(*columns):
        bearers = by_name.get(name.strip(), ())
        unit = case.units.named(unit_name) if bearers else None
        for expert_id in bearers:
            if unit is None or unit.unit not in units[expert_id]:
                continue
            is_accepted = decision == Decision.ACCEPTED
            told = f"采纳理由：{why}" if is_accepted else "尚待经办人决定"
            yield Finding(expert_id, bid, "C10", BLOCK if is_accepted else WARN, f"申请方申请回避（{reason}），{told}")
