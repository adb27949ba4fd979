"""专家问题: written in the preview, passed on without its author, answered in writing before the defence.

Rules: domain 2.5, N08. Only the secretary knows who asked; the team sees a number cast by lot.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.models import Assignment, DefenceQuestion, DefenceSession, DefenceSlot, ReviewRound
from workflows.engine import Flow
from workflows.panel_draw import rules_of_round
from workflows.permissions import is_principal_investigator, is_system
from workflows.review_permissions import is_secretary, is_this_expert
from workflows.state import Inputs, State, holds

S = DefenceQuestion.State


def the_preview_is_open(flow: QuestionFlow) -> State.CONDITION:
    row = flow.object.assignment.round
    is_open = row.state == ReviewRound.State.PREVIEW and rules_of_round(row).defence
    return holds(is_open, _("问题在预览期间书面提出；本轮不在预览期，或者不设答辩；请查看本轮所处阶段。"))


def the_seat_is_pledged_and_reads_it(flow: QuestionFlow) -> State.CONDITION:
    seat = flow.object.assignment
    reads = seat.state == Assignment.State.PLEDGED and seat.sheets.filter(bid=flow.object.bid_id).exists()
    return holds(reads, _("只能就分配给您的申报提问；请从您的评审任务中选择。"))


def questions_are_still_collected(flow: QuestionFlow) -> State.CONDITION:
    sent = DefenceSession.objects.filter(round=flow.object.assignment.round_id, questions_sent_at__isnull=False)
    return holds(not sent.exists(), _("问题已转达各申报方，不再收集；请在答辩时当面提问。"))


def the_defence_has_not_begun(flow: QuestionFlow) -> State.CONDITION:
    row = flow.object.assignment.round_id
    told = DefenceSlot.objects.filter(session__round=row, session__state__in=DefenceSession.TOLD)
    slot = told.filter(bid=flow.object.bid_id).first()
    return holds(slot is not None and flow.now < slot.starts_at, _("答辩已开始，请当面回答。"))


def answer_inputs(flow: QuestionFlow) -> Inputs:
    return {
        "answer": forms.CharField(
            label=gettext_lazy("书面答复"), min_length=5, max_length=2000, initial=flow.object.answer,
            widget=forms.Textarea(attrs={"rows": 6}), help_text=gettext_lazy("评审组全体专家可见；答辩开始前可以修改。"),
        )
    }  # fmt: skip


class QuestionFlow(Flow):
    model = DefenceQuestion
    slug = "question"
    related = ("assignment__round__challenge__challenge_list__rule_set", "assignment__expert__user", "bid__pi")
    start_permission = staticmethod(is_this_expert)
    start_parents = ("assignment__round",)
    start_conditions = (the_preview_is_open, the_seat_is_pledged_and_reads_it, questions_are_still_collected)
    state = State(S, default=S.WRITTEN)
    next_steps = {
        S.WRITTEN: (Role.SEC.label, gettext_lazy("答辩前 2 天转达")),
        S.RELEASED: (Role.PI.label, gettext_lazy("答辩前书面答复")),
    }

    @state.transition(source=S.WRITTEN, target=S.RELEASED, label=gettext_lazy("转达"), permission=is_system,
                      inputs={"no": forms.IntegerField()})  # fmt: skip
    def release(self, no: int) -> None:
        self.object.no = no

    @state.transition(source=S.WRITTEN, target=S.WITHHELD, label=gettext_lazy("不予转达"), permission=is_secretary,
                      needs_reason=True, style="warning")  # fmt: skip
    def withhold(self) -> None:
        """It would give its author away, or is no question: its author is told why."""
        seat = self.object.assignment
        self.notify("N08", [seat.expert.user], _("您的一条问题未予转达"), self.reason, about=seat)

    @state.transition(
        source=[S.RELEASED, S.ANSWERED], target=S.ANSWERED, label=gettext_lazy("书面答复"),
        permission=is_principal_investigator, conditions=[the_defence_has_not_begun], inputs=answer_inputs, style="success",
    )  # fmt: skip
    def reply(self, answer: str) -> None:
        """The rebuttal; all experts of the round read it."""
        self.object.answer, self.object.answered_at = answer, self.now


def questions_to(bid: Any, row: ReviewRound) -> list[DefenceQuestion]:
    """What the team was asked, in the order cast by lot."""
    found = DefenceQuestion.objects.filter(bid=bid, assignment__round=row, state__in=DefenceQuestion.OUT)
    return list(found.order_by("no"))
