"""C11 and C13: what keeps an expert away from every bid."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from accounts.models import IntegrityRecord, RoleGrant, User
from review.conflicts.by_tie import SOURCES
from review.conflicts.case import STAFF_ROLES, Case, staff_among
from review.conflicts.finding import BLOCK, WARN, Finding
from review.models import ExpertTie


def c11_staff(case: Case) -> Iterator[Finding]:
    """Staff of the agency and supervisors sit on no panel, nor do their relatives (招标投标法实施条例 46 条)."""
    relatives = [tie for tie in case.ties if tie.kind == ExpertTie.Kind.RELATIVE]
    registered = {tie.person_id for tie in relatives if tie.person_id is not None}
    staff = staff_among({expert.user_id for expert in case.experts} | registered)
    named = _staff_by_name(case, {tie.person_name for tie in relatives if tie.person_name})
    for expert in case.experts:
        if expert.user_id in staff:
            yield from _everywhere(case, expert.pk, "C11", BLOCK, "专家本人担任管理或监督部门职务，来源：角色授权")
        for unit, name in case.units_of(expert).items():
            if unit in case.offices:
                yield from _everywhere(case, expert.pk, "C11", BLOCK, f"专家所在单位{name}是主管部门，来源：单位登记")
    for tie in relatives:
        evidence = f"近亲属{tie.subject(case.units)}在管理或监督部门任职，来源：{SOURCES[tie.source]}"
        if tie.person_id in staff:
            yield from _everywhere(case, tie.expert, "C11", BLOCK, evidence)
            continue
        office = case.units.named(tie.unit_name) if tie.person_name else None
        if office is not None and (tie.person_name, office.unit) in named:
            yield from _everywhere(case, tie.expert, "C11", BLOCK if office.sure else WARN, evidence)


def c13_barred(case: Case) -> Iterator[Finding]:
    """No reviewer while a bar lasts, first and last day included (基金条例 42 条)."""
    by_user = {expert.user_id: expert.pk for expert in case.experts}
    lasting = Q(in_force_to__isnull=True) | Q(in_force_to__gte=case.on)
    for row in IntegrityRecord.objects.filter(lasting, user__one_of=by_user, in_force_from__lte=case.on).order_by("pk"):
        until = row.in_force_to or "长期"
        evidence = f"科研诚信限制（{row.decision_no}，{row.in_force_from} 至 {until}）：{row.conduct}"
        yield from _everywhere(case, by_user[row.user_id], "C13", BLOCK, evidence)  # type: ignore[index]


def _staff_by_name(case: Case, names: set[str]) -> set[tuple[str, int]]:
    """(name, legal root) of people who hold an office: in the agency's own unit and where they are registered."""
    rows = User.objects.filter(
        name__in=names, pk__in=RoleGrant.objects.filter(role__in=STAFF_ROLES, is_active=True).values("user")
    ).values_list("name", "organisation_id", "role_grants__agency__organisation_id")
    return {(name, case.units.legal(unit)) for name, *units in rows for unit in units if unit is not None}


def _everywhere(case: Case, expert: int, code: str, severity: str, evidence: str) -> Iterator[Finding]:
    return (Finding(expert, bid.pk, code, severity, evidence) for bid in case.bids)
