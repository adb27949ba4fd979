"""The panel's points for one demand: a row per expert, four dimensions of 25 points."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Demand
from review.conflicts.employment import employed_by
from review.models import DemandScore, Expert
from review.models.demand_score import DIMENSIONS, HIGHEST
from workflows import clock
from workflows.days import day_of
from workflows.wording import listed


class DemandScoreForm(forms.ModelForm):
    class Meta:
        model = DemandScore
        fields = ["expert", *DIMENSIONS]

    def __init__(self, *args: Any, experts: Any, choices: list[tuple[Any, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expert"].queryset = experts  # type: ignore[attr-defined]
        # Read once for all rows.
        self.fields["expert"].choices = choices  # type: ignore[attr-defined]
        for name in DIMENSIONS:
            label = self.fields[name].label
            self.fields[name] = forms.IntegerField(label=label, min_value=0, max_value=HIGHEST)


class DemandScoreFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [
            f.cleaned_data["expert"]
            for f in self.forms
            if f.cleaned_data.get("expert") and not f.cleaned_data.get("DELETE")
        ]
        parties = {self.instance.demander_id, self.instance.recommender_id}
        employed = set(employed_by(parties, day_of(clock.now())).values_list("expert_id", flat=True))
        if concerned := [str(e) for e in kept if parties & _units_of(e) or e.pk in employed]:
            raise forms.ValidationError(_("与需求单位或推荐单位有关联的专家须回避，请更换：%s") % listed(concerned))

    def get_unique_error_message(self, unique_check: Any) -> str:
        return str(_("同一位专家只能评一次，请删去重复的行。"))


def _units_of(expert: Expert) -> set[int | None]:
    return {expert.organisation_id, expert.user.organisation_id}


def demand_score_forms(data: Any, demand: Demand) -> Any:
    """Rows for the panel that the rules ask for, filled with what is there already."""
    experts = (
        Expert.objects.filter(agency=demand.challenge_list.agency_id, is_active=True)
        .select_related("user", "organisation")
        .order_by("user__name")
    )
    # Those who know the field first.
    ordered = sorted(experts, key=lambda expert: demand.field not in expert.fields)
    choices = [
        ("", "—"),
        *((e.pk, f"{e.user.name} · {e.organisation.name} · {e.get_seat_type_display()}") for e in ordered),
    ]
    seats = demand.challenge_list.rule_set.rules.appraisal_panel
    factory = forms.inlineformset_factory(
        Demand, DemandScore, form=DemandScoreForm, formset=DemandScoreFormSet,
        extra=max(0, seats - demand.scores.count()),
    )  # fmt: skip
    return factory(data, instance=demand, prefix="scores", form_kwargs={"experts": experts, "choices": choices})
