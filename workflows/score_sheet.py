"""评分表: empty → draft → submitted → locked; returned once for an incomplete comment; void when replaced.

Once collated, the chair may ask once about a flagged sheet; its expert confirms or amends (domain 3.7).
Rules: domain 2.5, 3.1.f. The audit entry of a submission holds every point, so that a score that was
changed behind our back does not match the chain.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.conflicts.guard import why_blocked
from review.models import Assignment, DefenceSession, DefenceSlot, ReviewRound, ScoreItem, ScoreSheet, SupersededScores
from review.scoring import weighted_total
from workflows.clock import SHANGHAI
from workflows.engine import Flow
from workflows.expert_conduct import note_returned
from workflows.held_round import hold_round
from workflows.panel_draw import rules_of_round
from workflows.permissions import any_of, is_system
from workflows.review_flags import flags_about
from workflows.review_permissions import is_chair, is_secretary, is_this_expert
from workflows.round_match import ask_again, is_matched
from workflows.sheet_checks import PREFIX, check_bands, check_reason, check_vetoes, grounds_in, points_in, ticked_band
from workflows.sheet_drafts import reading_evidence, sync_cells
from workflows.sheet_inputs import (
    PointsField,
    criteria_of,
    draft_inputs,
    scores_so_far,
    scoring_criteria,
    sheet_inputs,
)
from workflows.state import Actor, Inputs, State, holds

__all__ = ["PREFIX", "PointsField", "ScoreSheetFlow", "criteria_of", "scores_so_far"]

S = ScoreSheet.State


def round_is_scoring(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(
        flow.object.assignment.round.state == ReviewRound.State.SCORING,
        _("本轮评审不在评分阶段，请查看本轮的日程，或联系评审秘书。"),
    )


def scoring_is_in_time(flow: ScoreSheetFlow) -> State.CONDITION:
    until = flow.object.assignment.round.scoring_until
    return holds(until is None or flow.now < until, _("评分已截止，请联系评审秘书。"))


def expert_has_pledged(flow: ScoreSheetFlow) -> State.CONDITION:
    """After everything was handed in only a returned sheet is still open."""
    return holds(flow.object.assignment.state in ("PLEDGED", "SUBMITTED"), _("请先签署承诺，再评分。"))


def pair_is_free_of_conflict(flow: ScoreSheetFlow) -> State.CONDITION:
    """What the database would refuse at commit is said here in words (domain 3.5)."""
    seat = flow.object.assignment
    sentence = _("%s 对这份申请有应当回避的情形；请评审秘书“核对回避”。") % seat.alias
    if flow.by.pk == seat.expert.user_id:
        sentence = _("您对这份申请有应当回避的情形，请申请回避；评审秘书会安排递补。")
        if flow.object.state in (S.LOCKED, S.QUERIED):
            sentence = _("您对这份申请有应当回避的情形，不再评分；请告知评审秘书。")
    return holds(not why_blocked(seat.expert_id, flow.object.bid_id), sentence)


def not_returned_before(flow: ScoreSheetFlow) -> State.CONDITION:
    from workflows.models import AuditEntry

    before = AuditEntry.objects.filter(
        object_type="review.scoresheet", object_id=str(flow.object.pk), transition="return_sheet"
    )
    return holds(not before.exists(), _("每份评分表只能退回一次；请联系专家当面说明。"))


def the_team_was_heard(flow: ScoreSheetFlow) -> State.CONDITION:
    """Where there is a defence, its slot is over before the points are handed in (domain 3.8)."""
    if not rules_of_round(flow.object.assignment.round).defence:
        return holds(True, "")
    waits = DefenceSlot.objects.filter(
        session__round=flow.object.assignment.round_id, session__state__in=DefenceSession.TOLD,
        bid=flow.object.bid_id, state=DefenceSlot.State.SCHEDULED,
    )  # fmt: skip
    return holds(not waits.exists(), _("该申报尚未答辩（或到场情况尚未登记），请先暂存，答辩后再提交。"))


def round_is_collating(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(
        flow.object.assignment.round.state == ReviewRound.State.COLLATING,
        _("本轮评审不在汇总阶段；请查看本轮所处阶段。"),
    )


def round_has_not_closed(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(
        flow.object.assignment.round.state != ReviewRound.State.CLOSED,
        _("本轮评审已经结束；对结果有异议的，请按公示办法提出。"),
    )


def not_asked_before(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(not flow.object.query_flags, _("每份评分表只能询问一次；请由评审组讨论并记录。"))


def nobody_asks_himself(flow: ScoreSheetFlow) -> State.CONDITION:
    is_own = flow.object.assignment.expert.user_id == flow.by.pk
    return holds(not is_own, _("组长自己的评分表由评审秘书代为询问；请联系评审秘书。"))


def a_flag_concerns_it(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(flags_about(flow.object), _("没有针对这份评分表的提示；请选择有提示的评分表。"))


def time_to_answer_is_over(flow: ScoreSheetFlow) -> State.CONDITION:
    until = flow.object.query_until
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if until else ""
    return holds(until and flow.now >= until, _("专家可在 %s 前答复，请等待答复或期满。") % shown)


def expert_who_may_step_back(flow: ScoreSheetFlow, actor: Actor) -> Role | None:
    """Where every seat judges every bid, the whole seat is left (`AssignmentFlow.recuse`)."""
    return is_this_expert(flow, actor) if is_matched(flow.object.assignment.round) else None


def round_takes_another_expert(flow: ScoreSheetFlow) -> State.CONDITION:
    is_open = flow.object.assignment.round.state in (ReviewRound.State.PREVIEW, ReviewRound.State.SCORING)
    return holds(is_open, _("本轮评审已进入汇总，不能再改由他人评审；有回避情形的，请立即告知评审秘书。"))


def query_inputs(flow: ScoreSheetFlow) -> Inputs:
    found: dict[str, str] = {}
    for flag in flags_about(flow.object) if flow.object.pk else []:
        found[flag.code] = found.get(flag.code, f"{flag.code} ") + flag.message
    return {
        "flags": forms.MultipleChoiceField(
            label=gettext_lazy("询问的提示"), choices=list(found.items()), widget=forms.CheckboxSelectMultiple
        )
    }


class ScoreSheetFlow(Flow):
    model = ScoreSheet
    slug = "score-sheet"
    related = (
        "assignment__round__challenge__challenge_list__rule_set",
        "assignment__expert__user",
        "assignment__round__chair__expert",
        "bid",
    )
    state = State(S, default=S.EMPTY)
    next_steps = {
        S.EMPTY: (Role.EXP.label, gettext_lazy("评分")),
        S.DRAFT: (Role.EXP.label, gettext_lazy("完成并提交")),
        S.RETURNED: (Role.EXP.label, gettext_lazy("补充意见后重新提交")),
        S.SUBMITTED: (Role.SEC.label, gettext_lazy("汇总锁定")),
        S.QUERIED: (Role.EXP.label, gettext_lazy("答复组长的询问：维持原分，或者更正")),
    }
    _open = [S.EMPTY, S.DRAFT, S.RETURNED]

    @state.transition(
        source=_open, target=S.DRAFT, label=gettext_lazy("暂存"), permission=is_this_expert, inputs=draft_inputs,
        conditions=[round_is_scoring, scoring_is_in_time, expert_has_pledged, pair_is_free_of_conflict],
        style="secondary",
    )  # fmt: skip
    def save_draft(self, **entered: Any) -> None:
        self._write(entered)

    @state.transition(
        source=_open, target=S.SUBMITTED, label=gettext_lazy("提交评分"), permission=is_this_expert,
        inputs=sheet_inputs, style="success",
        conditions=[
            round_is_scoring, scoring_is_in_time, expert_has_pledged, the_team_was_heard, pair_is_free_of_conflict,
        ],
    )  # fmt: skip
    def submit(self, **entered: Any) -> None:
        """Fix points and total; both are in the audit entry."""
        self._write_whole(entered)
        self.object.submitted_at = self.now
        self.evidence |= reading_evidence(self.object)

    @state.transition(
        source=_open, target=S.VOID, label=gettext_lazy("不评这份申请"), permission=expert_who_may_step_back,
        conditions=[round_takes_another_expert], needs_reason=True, style="warning",
        help=gettext_lazy("有应当回避的情形，或者内容超出您的专长。申请将改由其他专家评审，您的其余评审不受影响。"),
    )  # fmt: skip
    def step_back(self) -> None:
        """One bid is given up, not the seat: another expert takes it."""
        self.object.save()  # the pair counts as given up from here on
        ask_again(self.object.assignment.round_id, self)

    @state.transition(
        source=S.SUBMITTED, target=S.RETURNED, label=gettext_lazy("退回补充"), permission=any_of(is_chair, is_secretary),
        conditions=[round_is_scoring, not_returned_before], needs_reason=True, style="warning",
    )  # fmt: skip
    def return_sheet(self) -> None:
        """Once, for an incomplete comment; never a hint at the points."""
        note_returned(self)
        expert = self.object.assignment.expert.user
        self.notify("N06", [expert], _("请补充评审意见"), self.reason)

    @state.transition(source=S.SUBMITTED, target=S.LOCKED, label=gettext_lazy("锁定"), permission=is_system)
    def lock(self) -> None:
        """Collated."""

    @state.transition(
        source=S.LOCKED, target=S.QUERIED, label=gettext_lazy("询问专家"), permission=any_of(is_chair, is_secretary),
        conditions=[round_is_collating, not_asked_before, nobody_asks_himself, a_flag_concerns_it, pair_is_free_of_conflict],
        inputs=query_inputs, needs_reason=True, style="warning", help=gettext_lazy("只问一次；写明请专家核对什么，不得暗示应打几分。"),
    )  # fmt: skip
    def query(self, flags: list[str]) -> None:
        """Once, about named flags; the answer is the expert's alone (domain 3.7)."""
        row = hold_round(self.object.assignment.round, ReviewRound.State.COLLATING)
        sheet = self.object
        sheet.query_flags, sheet.query_reason = ",".join(flags), self.reason
        sheet.query_until = self.now + timedelta(hours=rules_of_round(sheet.assignment.round).query_hours)
        shown = f"{sheet.query_until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        body = _("请在 %s 前答复：维持原分或者更正，并说明理由。") % shown
        self.notify("N06", [sheet.assignment.expert.user], _("组长就一份评分表向您询问：%s") % row, body)

    @state.transition(source=S.QUERIED, target=S.LOCKED, label=gettext_lazy("维持原分"), permission=is_this_expert,
                      conditions=[pair_is_free_of_conflict], needs_reason=True)  # fmt: skip
    def confirm(self) -> None:
        """The score stands, with the reason on record."""
        self._answer(ScoreSheet.Answer.CONFIRMED)

    @state.transition(source=S.QUERIED, target=S.LOCKED, label=gettext_lazy("更正评分"), permission=is_this_expert,
                      conditions=[pair_is_free_of_conflict], inputs=sheet_inputs, needs_reason=True, style="warning")  # fmt: skip
    def amend(self, **entered: Any) -> None:
        """New points and a reason; the old ones stay on record, here and for the chair."""
        sheet = self.object
        before = SupersededScores.objects.create(
            sheet=sheet, total=sheet.total, recommendation=sheet.recommendation, comment=sheet.comment,
            points={code: str(value) for code, value in scores_so_far(sheet).items()}, is_vetoed=sheet.is_vetoed,
            at=self.now,
        )  # fmt: skip
        self.evidence["before"] = {
            "total": before.total, "points": before.points, "veto": before.is_vetoed, "veto_grounds": sheet.veto_grounds,
            "bands": dict(sheet.items.exclude(band="").values_list("criterion", "band")),
            "recommendation": before.recommendation, "comment": before.comment,
        }  # fmt: skip
        self._write_whole(entered)
        self._answer(ScoreSheet.Answer.AMENDED)

    @state.transition(source=S.QUERIED, target=S.LOCKED, label=gettext_lazy("逾期未答复，原分保留"), style="secondary",
                      permission=any_of(is_chair, is_secretary), conditions=[time_to_answer_is_over, pair_is_free_of_conflict])  # fmt: skip
    def let_stand(self) -> None:
        """No answer in time: the score stays, and the flag stays open for the panel's discussion."""
        self._answer(ScoreSheet.Answer.NONE)

    @state.transition(source=[*ScoreSheet.LIVE, S.LOCKED, S.QUERIED], target=S.VOID, label=gettext_lazy("作废"),
                      permission=is_system, conditions=[round_has_not_closed])  # fmt: skip
    def void(self) -> None:
        """Its expert has left the panel, or its bid the round. Points that were given stay with it, as evidence."""

    def deadline(self) -> datetime | None:
        sheet = self.object
        until: datetime | None = sheet.query_until if sheet.state == S.QUERIED else sheet.assignment.round.scoring_until
        return until

    def _answer(self, answer: ScoreSheet.Answer) -> None:
        self.object.answer, self.object.answer_reason = answer, self.reason
        row = self.object.assignment.round
        chair = row.chair.expert.user if row.chair and row.chair.state in Assignment.SEATED else None
        subject = _("%(alias)s 已答复询问：%(answer)s") % {
            "alias": self.object.assignment.alias,
            "answer": answer.label,
        }
        self.notify("N06", {chair, row.secretary} - {self.by}, subject, about=row)

    def _write_whole(self, entered: dict[str, Any]) -> None:
        """A complete sheet: points, total and opinion, with reasons at the extremes."""
        check_vetoes(self, entered)
        check_bands(self, criteria_of(self.object), entered)
        self.object.total = weighted_total(self._write(entered), scoring_criteria(self.object))
        check_reason(self, entered, self.object.total)
        self.evidence["total"] = self.object.total

    def _write(self, entered: dict[str, Any]) -> dict[str, Decimal]:
        """Store what was entered; return the points by criterion. The row's lock keeps writers apart."""
        sheet, criteria = self.object, criteria_of(self.object)
        points = points_in(criteria, entered)
        bands = {c.code: ticked_band(c, entered) for c in criteria}
        sheet.items.all().delete()
        ScoreItem.objects.bulk_create(
            [ScoreItem(sheet=sheet, criterion=k, value=v, band=bands[k]) for k, v in points.items()]
        )
        sheet.veto_grounds, sheet.veto_reason = grounds_in(entered), entered.get("veto_reason") or ""
        sheet.is_vetoed = bool(sheet.veto_grounds) or entered["veto"]
        sheet.recommendation, sheet.comment = entered["recommendation"], entered["comment"]
        sync_cells(sheet, entered, self.now)
        return points
