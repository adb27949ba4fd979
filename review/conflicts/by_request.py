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
    asked = BidAvoidance.objects.filter(bid__in=case.bid_ids).exclude(decision=Decision.REFUSED)
    for row in asked.order_by("bid", "place"):
        named = case.units.named(row.unit_name)
        for expert_id in by_name.get(row.person_name.strip(), ()):
            if named is None or named.unit not in units[expert_id]:
                continue
            is_accepted = row.decision == Decision.ACCEPTED
            told = f"采纳理由：{row.decision_reason}" if is_accepted else "尚待经办人决定"
            severity = BLOCK if is_accepted else WARN
            yield Finding(expert_id, row.bid_id, "C10", severity, f"申请方申请回避（{row.reason}），{told}")
