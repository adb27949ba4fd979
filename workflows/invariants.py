"""Every truth we know about the data, as a named query that finds what breaks it. Empty is fine.

Run by `manage.py check_invariants` and by the stories in the tests. The database refuses most of
these at the door; here they are looked for again, whoever wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db.models import Exists, F, Model, OuterRef, Q, Subquery, Sum
from django.db.models.fields import CharField
from django.db.models.functions import Cast

from projects.models import Bid, Project, Tranche
from review.models import Assignment, ScoreSheet
from workflows.audit import verify
from workflows.canonical import sha256_of
from workflows.engine import FLOWS
from workflows.models import AuditEntry

Invariant = Callable[[], Iterator[str]]


def state_is_what_the_chain_says() -> Iterator[str]:
    for flow in FLOWS.values():
        yield from _states_off(flow.model)


def _states_off(model: type[Model]) -> Iterator[str]:
    last = AuditEntry.objects.filter(
        object_type=model._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField())
    ).order_by("-seq")
    rows = model._default_manager.annotate(said=Subquery(last.values("to_state")[:1]))
    for row in rows.filter(Q(said=None) | ~Q(said=F("state"))):
        yield f"{model._meta.label} {row.pk}: {row.state}，链上是 {row.said}"  # type: ignore[attr-defined]


def no_record_of_the_chain_is_gone() -> Iterator[str]:
    """Records are voided or cancelled, never deleted: who has a first entry has a row."""
    for flow in FLOWS.values():
        label = flow.model._meta.label_lower
        rows = flow.model._default_manager.annotate(id_said=Cast("pk", CharField()))
        created = AuditEntry.objects.filter(object_type=label, from_state="").order_by("seq")
        for entry in created.filter(~Exists(rows.filter(id_said=OuterRef("object_id")))):
            yield f"{flow.model._meta.label} {entry.object_id}: 链上第 {entry.seq} 条有此记录，库中已无"


def handed_in_bid_matches_its_digest() -> Iterator[str]:
    for bid in Bid.objects.filter(state__in=Bid.HANDED_IN).iterator(chunk_size=500):
        if bid.snapshot is None or sha256_of(bid.snapshot) != bid.snapshot_sha256:
            yield f"申请 {bid.pk} 的封存内容与摘要不符"


def score_is_what_was_submitted() -> Iterator[str]:
    """A sheet's total is the sum of its points, and what the entry of its submission or amendment says."""
    sheets = ScoreSheet.objects.filter(state__in=["SUBMITTED", "LOCKED", "QUERIED"]).annotate(
        points=Sum("items__value")
    )
    said = {
        entry.object_id: entry.payload.get("total")
        for entry in AuditEntry.objects.filter(
            object_type="review.scoresheet", transition__in=["submit", "amend"]
        ).order_by("seq")
    }
    for sheet in sheets:
        if sheet.total != sheet.points or Decimal(said.get(str(sheet.pk)) or -1) != sheet.total:
            yield f"评分表 {sheet.pk} 的总分 {sheet.total} 与分项或审计记录不符"


def money_stays_within_the_award() -> Iterator[str]:
    live = Sum("tranches__amount_yuan", filter=~Q(tranches__state="CANCELLED"))
    for project in Project.objects.annotate(planned=live).filter(planned__gt=F("award_yuan")):
        yield f"项目 {project.number} 计划拨付超过立项经费"


def paid_only_on_a_passed_milestone() -> Iterator[str]:
    paid = Tranche.objects.filter(state="PAID", milestone__isnull=False)
    for tranche in paid.exclude(milestone__state__in=["PASSED", "PASSED_PARTIAL"]):
        yield f"{tranche} 已拨付而里程碑未达标"


def nobody_judges_his_own_unit() -> Iterator[str]:
    seated = ScoreSheet.objects.exclude(state="VOID").filter(assignment__state__in=Assignment.SEATED)
    own = Q(bid__organisation=F("assignment__expert__organisation")) | Q(bid__pi=F("assignment__expert__user"))
    for sheet in seated.filter(own):
        yield f"评分表 {sheet.pk} 的专家与申请方同属一个单位"


def chain_verifies() -> Iterator[str]:
    fault = verify(AuditEntry.objects.order_by("seq").iterator(chunk_size=2000))
    if fault is not None:
        yield fault.sentence


INVARIANTS: dict[str, Invariant] = {
    check.__name__: check
    for check in (
        state_is_what_the_chain_says,
        no_record_of_the_chain_is_gone,
        handed_in_bid_matches_its_digest,
        score_is_what_was_submitted,
        money_stays_within_the_award,
        paid_only_on_a_passed_milestone,
        nobody_judges_his_own_unit,
        chain_verifies,
    )
}


def broken() -> dict[str, list[str]]:
    """Name of each broken invariant → what breaks it."""
    found = {name: list(check()) for name, check in INVARIANTS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}
