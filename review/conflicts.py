"""回避: which expert may not judge which bid, and why (domain 3.5). Set-based: the number of queries
does not grow with experts or bids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.models import Agency, IntegrityRecord, Role, RoleGrant
from projects.models import Bid, BidEditor, BidPartner, Demand
from review.models import Expert


@dataclass(frozen=True)
class Conflict:
    """A pair that is blocked, by a rule of domain 3.5, with the fact it rests on."""

    expert_id: int
    bid_id: int
    code: str
    evidence: str


def blocked_pairs(experts: Sequence[Expert], bids: Sequence[Bid], on: date) -> list[Conflict]:
    """Every blocked pair on a day. C02 (relatives) and C07 are known only when declared (回避申请).

    Eight queries. `bids` should come with `challenge` joined.
    """
    units = _units_of(bids)
    demanders = _demanders(bids)
    former = _former_units(experts)
    rivals = _rivals(bids)
    staff = _staff(experts)
    offices = set(Agency.objects.values_list("organisation_id", flat=True))
    barred = _barred(experts, on)
    found: list[Conflict] = []
    for expert in experts:
        everywhere: list[tuple[str, str]] = []
        if expert.user_id in staff or expert.organisation_id in offices:
            everywhere.append(("C11", "管理部门工作人员"))
        if expert.pk in barred:
            everywhere.append(("C13", "科研诚信限制期内"))
        for bid in bids:
            reasons = list(everywhere)
            if expert.organisation_id in units[bid.pk]:
                reasons.append(("C01", "与申请或参与单位同属一个法人"))
            if expert.user_id in rivals[bid.challenge.challenge_list_id]:
                reasons.append(("C03", "本人参与同一榜单的揭榜"))
            if former[expert.pk] & units[bid.pk]:
                reasons.append(("C04", "近三年曾在申请或参与单位任职"))
            if expert.organisation_id in demanders[bid.challenge_id]:
                reasons.append(("C12", "来自需求单位"))
            found += [Conflict(expert.pk, bid.pk, code, evidence) for code, evidence in reasons]
    return found


def conflicted_experts(experts: Sequence[Expert], bids: Sequence[Bid], on: date) -> dict[int, str]:
    """Experts who conflict with at least one of the bids → the first rule that says so."""
    found: dict[int, str] = {}
    for conflict in blocked_pairs(experts, bids, on):
        found.setdefault(conflict.expert_id, conflict.code)
    return found


def _units_of(bids: Iterable[Bid]) -> dict[int, set[int]]:
    units = {bid.pk: {bid.organisation_id} for bid in bids}
    for bid_id, unit in BidPartner.objects.filter(bid__in=units).values_list("bid_id", "organisation_id"):
        units[bid_id].add(unit)
    return units


def _demanders(bids: Iterable[Bid]) -> dict[int, set[int]]:
    """Challenge → the unit named on it and those whose demands were merged into it."""
    found = {bid.challenge_id: {bid.challenge.demander_id} for bid in bids}
    for challenge, unit in Demand.objects.filter(merged_into__in=found).values_list("merged_into", "demander"):
        found[challenge].add(unit)
    return found


def _former_units(experts: Iterable[Expert]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    through = Expert.former_organisations.through
    pairs = through.objects.filter(expert_id__in=[e.pk for e in experts])
    for expert_id, unit in pairs.values_list("expert_id", "organisation_id"):
        found[expert_id].add(unit)
    return found


def _rivals(bids: Iterable[Bid]) -> dict[int, set[int]]:
    lists = {bid.challenge.challenge_list_id for bid in bids}
    found: dict[int, set[int]] = defaultdict(set)
    rows = Bid.objects.filter(challenge__challenge_list__in=lists).exclude(state__in=["WITHDRAWN", "VOID"])
    for list_id, pi in rows.values_list("challenge__challenge_list_id", "pi_id"):
        found[list_id].add(pi)
    editors = BidEditor.objects.filter(bid__in=rows)
    for list_id, user in editors.values_list("bid__challenge__challenge_list_id", "user_id"):
        found[list_id].add(user)
    return found


def _staff(experts: Iterable[Expert]) -> set[int]:
    roles = [Role.OFF, Role.LEAD, Role.AGY, Role.SEC, Role.SUP, Role.FIN]
    grants = RoleGrant.objects.filter(user__in=[e.user_id for e in experts], role__in=roles, is_active=True)
    return set(grants.values_list("user_id", flat=True))


def _barred(experts: Iterable[Expert], on: date) -> set[int]:
    by_user = {e.user_id: e.pk for e in experts}
    rows = IntegrityRecord.objects.filter(user__in=by_user, in_force_from__lte=on).filter(
        Q(in_force_to__isnull=True) | Q(in_force_to__gte=on)
    )
    return {by_user[user] for user in rows.values_list("user_id", flat=True) if user is not None}
