"""评分表: empty → draft → submitted → locked; returned once for an incomplete comment; void when replaced.

Rules: domain 2.5, 3.1.f. The audit entry of a submission holds every point, so that a score that was
changed behind our back does not match the chain.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.rules import CriterionRule
from review.models import ReviewRound, ScoreItem, ScoreSheet
from review.scoring import Criterion, weighted_total
from workflows.engine import Flow
from workflows.permissions import any_of, is_system
from workflows.review_permissions import is_chair, is_secretary, is_this_expert
from workflows.sheet_checks import (
    PREFIX,
    band_input,
    check_bands,
    check_reason,
    check_vetoes,
    grounds_in,
    points_in,
    ticked_band,
    veto_inputs,
)
from workflows.sheet_drafts import reading_evidence, sync_cells
from workflows.state import Inputs, State, holds

S = ScoreSheet.State
Recommendation = ScoreSheet.Recommendation
#: Opinions at the extremes carry reasons (domain 3.1.b).
REASON_LENGTH = {Recommendation.STRONG: 50, Recommendation.REJECT: 50}


def round_is_scoring(flow: ScoreSheetFlow) -> State.CONDITION:
    return holds(flow.object.assignment.round.state == ReviewRound.State.SCORING, _("本轮评审不在评分阶段。"))


def scoring_is_in_time(flow: ScoreSheetFlow) -> State.CONDITION:
    until = flow.object.assignment.round.scoring_until
    return holds(until is None or flow.now < until, _("评分已截止，请联系评审秘书。"))


def expert_has_pledged(flow: ScoreSheetFlow) -> State.CONDITION:
    """After everything was handed in only a returned sheet is still open."""
    return holds(flow.object.assignment.state in ("PLEDGED", "SUBMITTED"), _("请先签署承诺，再评分。"))


def not_returned_before(flow: ScoreSheetFlow) -> State.CONDITION:
    from workflows.models import AuditEntry

    before = AuditEntry.objects.filter(
        object_type="review.scoresheet", object_id=str(flow.object.pk), transition="return_sheet"
    )
    return holds(not before.exists(), _("每份评分表只能退回一次。"))


def criteria_of(sheet: ScoreSheet) -> list[CriterionRule]:
    """The criteria frozen when the round was planned."""
    return [CriterionRule(**row) for row in sheet.assignment.round.criteria]


def scores_so_far(sheet: ScoreSheet) -> dict[str, Decimal]:
    """Criterion code → points entered so far."""
    return dict(sheet.items.values_list("criterion", "value"))


class PointsField(forms.DecimalField):
    """Points of one criterion."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        # Before the check of the step, which computes in floats: those end earlier than decimals do.
        if value is not None and value.adjusted() > 3:
            raise forms.ValidationError(self.error_messages.get("max_value", self.error_messages["invalid"]))


def sheet_inputs(flow: ScoreSheetFlow) -> Inputs:
    return _inputs(flow, required=True)


def draft_inputs(flow: ScoreSheetFlow) -> Inputs:
    """The same fields, none of them required yet: a draft is never lost for being incomplete."""
    return _inputs(flow, required=False)


def _inputs(flow: ScoreSheetFlow, *, required: bool) -> Inputs:
    sheet = flow.object
    entered, ticked = scores_so_far(sheet), dict(sheet.items.values_list("criterion", "band"))
    fields: Inputs = {}
    for criterion in criteria_of(sheet):
        if criterion.veto:
            continue
        fields[PREFIX + criterion.code.lower()] = PointsField(
            label=f"{criterion.name}（{criterion.max_score}）", min_value=0, max_value=criterion.max_score,
            max_digits=4, decimal_places=1, step_size=Decimal("0.5"), required=required,
            initial=entered.get(criterion.code),
            error_messages={
                "max_value": _("“%(name)s”最高 %(max)s 分。") % {"name": criterion.name, "max": criterion.max_score},
                "step_size": _("请按 0.5 分的步长打分。"),
                "required": _("请给“%s”打分。") % criterion.name,
            },
        )  # fmt: skip
        fields |= band_input(criterion, ticked.get(criterion.code, ""))
    # Which of the grounds is asked one by one; this one is of the API before that, and must not contradict.
    fields["veto"] = forms.BooleanField(label=gettext_lazy("一票否决"), required=False, initial=sheet.is_vetoed)
    fields |= veto_inputs(sheet)
    fields["recommendation"] = forms.ChoiceField(
        label=gettext_lazy("综合意见"), choices=[("", "—"), *Recommendation.choices], required=required,
        initial=sheet.recommendation,
    )  # fmt: skip
    fields["comment"] = forms.CharField(
        label=gettext_lazy("评审意见"), min_length=20 if required else None, max_length=1000, required=required,
        widget=forms.Textarea(attrs={"rows": 6}), initial=sheet.comment,
        help_text=gettext_lazy(
            "不少于 20 字；重点推荐、落选、一票否决，或总分不低于 90 分、低于 60 分的，不少于 50 字。将隐去身份反馈给申报方。"
        ),
    )  # fmt: skip
    return fields


class ScoreSheetFlow(Flow):
    model = ScoreSheet
    slug = "score-sheet"
    related = (
        "assignment__round__challenge__challenge_list",
        "assignment__expert__user",
        "assignment__round__chair__expert",
    )
    state = State(S, default=S.EMPTY)
    next_steps = {
        S.EMPTY: (Role.EXP.label, gettext_lazy("评分")),
        S.DRAFT: (Role.EXP.label, gettext_lazy("完成并提交")),
        S.RETURNED: (Role.EXP.label, gettext_lazy("补充意见后重新提交")),
        S.SUBMITTED: (Role.SEC.label, gettext_lazy("汇总锁定")),
    }
    _open = [S.EMPTY, S.DRAFT, S.RETURNED]

    @state.transition(
        source=_open, target=S.DRAFT, label=gettext_lazy("暂存"), permission=is_this_expert, inputs=draft_inputs,
        conditions=[round_is_scoring, scoring_is_in_time, expert_has_pledged], style="secondary",
    )  # fmt: skip
    def save_draft(self, **entered: Any) -> None:
        self._write(entered)

    @state.transition(
        source=_open, target=S.SUBMITTED, label=gettext_lazy("提交评分"), permission=is_this_expert,
        inputs=sheet_inputs, conditions=[round_is_scoring, scoring_is_in_time, expert_has_pledged], style="success",
    )  # fmt: skip
    def submit(self, **entered: Any) -> None:
        """Fix points and total; both are in the audit entry."""
        check_vetoes(self, entered)
        check_bands(self, criteria_of(self.object), entered)
        vetoed = bool(grounds_in(entered))
        needed = REASON_LENGTH.get(entered["recommendation"], 0) or (50 if vetoed else 0)
        if len(entered["comment"].strip()) < needed:
            self.refuse_input("comment", _("重点推荐、落选或一票否决须说明理由，不少于 %s 字。") % needed)
        points = self._write(entered)
        criteria = [Criterion(c.code, c.name, c.max_score, c.veto) for c in criteria_of(self.object)]
        self.object.total = weighted_total(points, criteria)
        check_reason(self, self.object.total, entered["comment"])
        self.object.submitted_at = self.now
        self.evidence |= reading_evidence(self.object)
        self.evidence["total"] = self.object.total

    @state.transition(
        source=S.SUBMITTED, target=S.RETURNED, label=gettext_lazy("退回补充"), permission=any_of(is_chair, is_secretary),
        conditions=[round_is_scoring, not_returned_before], needs_reason=True, style="warning",
    )  # fmt: skip
    def return_sheet(self) -> None:
        """Once, for an incomplete comment; never a hint at the points."""
        expert = self.object.assignment.expert.user
        self.notify("N06", [expert], _("请补充评审意见"), self.reason)

    @state.transition(source=S.SUBMITTED, target=S.LOCKED, label=gettext_lazy("锁定"), permission=is_system)
    def lock(self) -> None:
        """Collated."""

    @state.transition(source=[S.EMPTY, S.DRAFT, S.SUBMITTED, S.RETURNED], target=S.VOID, label=gettext_lazy("作废"),
                      permission=is_system)  # fmt: skip
    def void(self) -> None:
        """Its expert was replaced."""

    def deadline(self) -> datetime | None:
        until: datetime | None = self.object.assignment.round.scoring_until
        return until

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
