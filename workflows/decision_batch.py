"""批量办理: proposed by one, carried out by a second person upon exactly the same preview.

Rules: domain 2.6, 2.0; peers J 106, 107. Publishing, issuing and releasing concern every bid of a list at
once and cannot be taken back from those who have read them: two people look first.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import AwardDecision, DecisionBatch
from workflows.award import AwardDecisionFlow
from workflows.decision_plan import Plan, Words, plan_of
from workflows.engine import Flow, start
from workflows.permissions import any_of, is_lead, is_officer
from workflows.refused import Refused
from workflows.state import Actor, State, holds
from workflows.wording import told

S, Kind = DecisionBatch.State, DecisionBatch.Kind
#: What each kind of batch must say.
NEEDED = {Kind.PUBLICISE: "minutes", Kind.ISSUE: "document_no"}


def words_of(batch: DecisionBatch) -> Words:
    return Words(batch.minutes, batch.document_no, batch.is_held, batch.release_at)


def preview(decision: AwardDecision, kind: str, by: Actor, words: Words | None = None) -> Plan:
    """What the step would do now. Changes nothing."""
    return plan_of(AwardDecisionFlow(decision, by=by), kind, words or Words())


def propose_batch(
    decision: AwardDecision, kind: str, *, by: User, digest: str | None = None, **words: Any
) -> DecisionBatch:
    """Propose a step with its words. `digest` is of the preview that `by` has read; without one (a program that
    reads nothing) that of the plan as it is now. Raises `Refused`.
    """
    asked = Words(**words)
    batch = DecisionBatch(
        decision=decision, kind=kind, proposed_by=by, **vars(asked),
        digest=digest or preview(decision, kind, by, asked).digest,
    )  # fmt: skip
    try:
        return start(DecisionBatchFlow, batch, by=by, kind=str(kind), digest=batch.digest)
    except IntegrityError as error:
        if "one_open_batch_per_decision" not in str(error):
            raise
        raise Refused("stale", [_("同一时刻已有他人提出办理，请刷新页面查看。")]) from error


def nothing_else_is_proposed(flow: DecisionBatchFlow) -> State.CONDITION:
    open_ones = flow.object.decision.batches.filter(state=S.PROPOSED).exclude(pk=flow.object.pk)
    return holds(not open_ones.exists(), _("已有一项办理等待第二人复核，请先办结或撤回。"))


def the_words_are_there(flow: DecisionBatchFlow) -> State.CONDITION:
    batch = flow.object
    needed = NEEDED.get(batch.kind)
    if needed and not getattr(batch, needed):
        return holds(False, _("请填写%s。") % DecisionBatch._meta.get_field(needed).verbose_name)  # type: ignore[union-attr]
    in_time = batch.release_at is None or batch.release_at > flow.now
    return holds(in_time, _("定时发布的时间须晚于现在，请改晚。"))


def the_preview_is_fresh(flow: DecisionBatchFlow) -> State.CONDITION:
    same = flow.plan.digest == flow.object.digest
    return holds(same, _("预览之后内容有变化，本次预览作废；请撤回后重新预览、重新提出。"))


def nothing_stands_in_the_way(flow: DecisionBatchFlow) -> State.CONDITION:
    blockers = flow.plan.blockers
    return holds(not blockers, told(blockers))


def somebody_else_proposed(flow: DecisionBatchFlow) -> State.CONDITION:
    own = flow.by.pk is not None and flow.by.pk == flow.object.proposed_by_id
    return holds(not own, _("提出人不能复核自己提出的事项，请由另一位领导复核。"))


class DecisionBatchFlow(Flow):
    model = DecisionBatch
    slug = "decision-batch"
    related = ("decision__challenge_list__rule_set", "decision__challenge_list__agency", "proposed_by")
    start_permission = staticmethod(any_of(is_officer, is_lead))
    start_parents = ("decision",)
    start_conditions = (
        nothing_else_is_proposed, the_words_are_there, the_preview_is_fresh, nothing_stands_in_the_way,
    )  # fmt: skip
    state = State(S, default=S.PROPOSED)
    next_steps = {S.PROPOSED: (Role.LEAD.label, gettext_lazy("另一位领导核对预览后批准办理"))}

    @state.transition(
        source=S.PROPOSED, target=S.CARRIED_OUT, label=gettext_lazy("复核同意并办理"), permission=is_lead,
        conditions=[somebody_else_proposed, the_preview_is_fresh, nothing_stands_in_the_way], style="success",
        help=gettext_lazy("按预览的内容立即办理，办理后不能撤回。"),
    )  # fmt: skip
    def approve(self) -> None:
        """The second person's name stands beside the first one's, here and in the decision's own entry."""
        batch = self.object
        batch.decided_by = self.by
        words: dict[str, Any] = {}
        match batch.kind:
            case Kind.PUBLICISE:
                words = {"minutes": batch.minutes}
            case Kind.ISSUE:
                words = {"document_no": batch.document_no, "is_held": batch.is_held, "release_at": batch.release_at}
        self.cascade(AwardDecisionFlow, batch.decision, batch.kind.lower(), digest=batch.digest, **words)
        batch.led_to_version = batch.decision.version
        self.evidence |= self._people()

    @state.transition(
        source=S.PROPOSED, target=S.REFUSED, label=gettext_lazy("复核不同意"), permission=is_lead,
        conditions=[somebody_else_proposed], needs_reason=True, style="warning",
    )  # fmt: skip
    def refuse(self) -> None:
        self.object.decided_by = self.by
        self.evidence |= self._people()
        self.notify("N09", [self.object.proposed_by], _("复核未通过：%s") % self.object, self.reason)

    @state.transition(
        source=S.PROPOSED, target=S.WITHDRAWN, label=gettext_lazy("撤回提出"),
        permission=any_of(is_officer, is_lead), style="outline-primary",
    )  # fmt: skip
    def withdraw(self) -> None:
        """Nothing has happened yet; a new preview may be proposed."""

    @cached_property
    def plan(self) -> Plan:
        batch = self.object
        return plan_of(AwardDecisionFlow(batch.decision, by=self.by, now=self.now), batch.kind, words_of(batch))

    def _people(self) -> dict[str, Any]:
        batch = self.object
        return {"proposed_by": batch.proposed_by.name, "decided_by": self.by.name, "digest": batch.digest}
