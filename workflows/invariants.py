"""Every truth we know about the data, as a named query that finds what breaks it. Empty is fine.

Run by `manage.py check_invariants` and by the stories in the tests. The database refuses most of
these at the door; here they are looked for again, whoever wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef, Q, Subquery, Sum
from django.db.models.fields import CharField
from django.db.models.functions import Cast

from projects.models import Bid, Project, Tranche
from review.draw import replay
from review.models import Assignment, ConflictFinding, DrawRecord, ReviewTally, ScoreSheet
from review.scoring.points import half_up
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
    sheets = ScoreSheet.objects.filter(state__in=ScoreSheet.COUNTED).annotate(points=Sum("items__value"))
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


def draw_replays_as_the_chain_has_it() -> Iterator[str]:
    """Seats, standbys and redraws follow from the seed, and the chain holds the record's digest."""
    said = set(AuditEntry.objects.filter(payload__has_key="draw_digest").values_list("payload__draw_digest", flat=True))
    for draw in DrawRecord.objects.order_by("pk").iterator(chunk_size=200):
        try:
            replay(draw.record, bytes.fromhex(draw.seed_hex))
        except ValueError as mismatch:
            yield f"抽取记录 {draw.pk} 不能重放：{mismatch}"
        else:
            if sha256_of(draw.public_record()) not in said:
                yield f"抽取记录 {draw.pk} 与审计记录不符"


def tally_is_what_the_sheets_say() -> Iterator[str]:
    """Counted anew here; a trigger keeps the rows (`review.models.ReviewTally`)."""
    counts = Q(state__in=ScoreSheet.COUNTED, total__isnull=False)
    sheets = ScoreSheet.objects.exclude(state="VOID").order_by().values("assignment__round", "bid")
    rows = sheets.annotate(
        all=Count("pk"), done=Count("pk", filter=counts), low=Min("total", filter=counts),
        high=Max("total", filter=counts), sum=Sum("total", filter=counts),
    )  # fmt: skip
    found: dict[tuple[int, int], dict[str, Any]] = {(row["assignment__round"], row["bid"]): dict(row) for row in rows}
    for tally in ReviewTally.objects.all():
        row = found.pop((tally.round_id, tally.bid_id), {"all": 0, "done": 0, "low": None, "high": None, "sum": None})
        mean = None if row["sum"] is None else half_up(row["sum"] / row["done"])
        spread = None if row["high"] is None else row["high"] - row["low"]
        if (tally.assigned, tally.submitted, tally.mean, tally.spread) != (row["all"], row["done"], mean, spread):
            yield f"评审轮次 {tally.round_id} 中申请 {tally.bid_id} 的汇总行与评分表不符"
    for round_id, bid_id in found:
        yield f"评审轮次 {round_id} 中申请 {bid_id} 没有汇总行"


def nobody_judges_a_blocked_pair() -> Iterator[str]:
    """Whoever was known to be in conflict before he handed in, and whoever is while the round runs. What is found
    once it has closed is evidence; what a secretary ruled on is as old as his ruling."""
    known = ConflictFinding.objects.filter(
        expert=OuterRef("assignment__expert"), bid=OuterRef("bid"), severity="BLOCK", gone_at=None, ruling=None
    ).filter(Q(found_at__lte=OuterRef("submitted_at")) | Q(found_at__lte=OuterRef("created_at")))
    found = ConflictFinding.objects.filter(
        expert=OuterRef("assignment__expert"), bid=OuterRef("bid"), severity="BLOCK", gone_at=None
    )
    runs = Q(assignment__round__state="COLLATING", bid__state="IN_ROUND")
    sheets = ScoreSheet.objects.exclude(state="VOID").annotate(
        before=Subquery(known.order_by("code").values("code")[:1]),
        rule=Subquery(found.order_by("code").values("code")[:1]),
    )
    for sheet in sheets.filter(Q(before__isnull=False) | runs & Q(rule__isnull=False)):
        yield f"评分表 {sheet.pk} 的专家应当回避（{sheet.rule}）"


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
        draw_replays_as_the_chain_has_it,
        tally_is_what_the_sheets_say,
        nobody_judges_a_blocked_pair,
        chain_verifies,
    )
}


def broken() -> dict[str, list[str]]:
    """Name of each broken invariant → what breaks it."""
    found = {name: list(check()) for name, check in INVARIANTS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}
