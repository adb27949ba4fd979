"""What a score sheet asks for: points in half-point steps, an opinion, reasons at the extremes (domain 3.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.rules import CriterionRule
from review.models import ScoreSheet
from review.scoring import Criterion
from workflows.sheet_checks import PREFIX, band_input, veto_inputs
from workflows.state import Inputs

Recommendation = ScoreSheet.Recommendation


def criteria_of(sheet: ScoreSheet) -> list[CriterionRule]:
    """The criteria frozen when the round was planned."""
    return [CriterionRule(**row) for row in sheet.assignment.round.criteria]


def scoring_criteria(sheet: ScoreSheet) -> list[Criterion]:
    """The same as `review.scoring` reads them."""
    return [Criterion(c.code, c.name, c.max_score, c.veto) for c in criteria_of(sheet)]


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


def sheet_inputs(flow: Any) -> Inputs:
    return _inputs(flow, required=True)


def draft_inputs(flow: Any) -> Inputs:
    """The same fields, none of them required yet: a draft is never lost for being incomplete."""
    return _inputs(flow, required=False)


def _inputs(flow: Any, *, required: bool) -> Inputs:
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
                "max_value": _("“%(name)s”最高 %(max)s 分；请调低给分。") % {"name": criterion.name, "max": criterion.max_score},
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
