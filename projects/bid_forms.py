"""Forms of the bid: opening one, and the sections its PI fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Role, User
from accounts.roles import organisations_of
from projects.forms import WanField
from projects.indicators import format_target
from projects.models import Bid, BidAvoidance, BidPartner, Challenge, Indicator
from projects.models.avoidance import MOST as MOST_AVOIDED
from projects.promises import promise_faults


class BidOpeningForm(forms.Form):
    """Who leads the bid: units the person may bid for, and their people."""

    organisation = forms.ModelChoiceField(label=_("牵头单位"), queryset=Organisation.objects.none(), empty_label=None)
    pi = forms.ModelChoiceField(label=_("项目负责人"), queryset=User.objects.none(), empty_label=None)
    title = forms.CharField(label=_("项目名称"), max_length=80, help_text=_("可以先照榜题填写，提交前都能改。"))

    def __init__(self, *args: Any, user: User, challenge: Challenge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        administered = organisations_of(user, Role.ORG)
        own = organisations_of(user, Role.PI) | ({user.organisation_id} if user.organisation_id else set())
        units = Organisation.objects.filter(pk__in=administered | own)
        self.fields["organisation"].queryset = units  # type: ignore[attr-defined]
        people = User.objects.filter(Q(organisation__in=administered) | Q(pk=user.pk), is_active=True)
        self.fields["pi"].queryset = people.order_by("name")  # type: ignore[attr-defined]
        self.fields["title"].initial = challenge.title
        self.fields["organisation"].initial = units.first()
        self.fields["pi"].initial = user.pk


class BasicForm(forms.ModelForm):
    class Meta:
        model = Bid
        fields = ["title", "recommender", "summary", "route_tag", "route", "team"]
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 6}),
            "route": forms.Textarea(attrs={"rows": 12}),
            "team": forms.Textarea(attrs={"rows": 8}),
        }
        help_texts = {
            "summary": _("不超过 1500 字：要解决什么、怎么做、做到什么程度。"),
            "route_tag": _("用一个短语概括技术路线，例：存算一体；赛马制以此区分赛道。"),
            "route": _("不超过 3000 字。"),
            "team": _("不超过 2000 字：骨干、平台、前期成果。"),
            "recommender": _("单位审核通过后送该单位推荐。"),
        }


class MoneyForm(forms.Form):
    requested_yuan = WanField(label=_("申请财政经费（万元）"), required=True)
    matching_yuan = WanField(label=_("自筹经费（万元）"), required=False)

    def __init__(self, *args: Any, cap_yuan: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cap_yuan = cap_yuan

    def clean_requested_yuan(self) -> int:
        asked: int = self.cleaned_data["requested_yuan"]
        if asked > self.cap_yuan:
            raise forms.ValidationError(_("不得超过榜金 %s 万元，请调低。") % f"{self.cap_yuan / 10_000:,.2f}")
        return asked


class ResponseForm(forms.Form):
    """The promise for one indicator; the row knows its indicator, so nobody retypes it."""

    promised = forms.DecimalField(label=_("承诺值"), max_digits=16, decimal_places=4, required=False)
    #: For a range only.
    promised_high = forms.DecimalField(label=_("承诺上限"), max_digits=16, decimal_places=4, required=False)
    present_level = forms.CharField(label=_("现有水平"), max_length=200, required=False)
    proof = forms.CharField(label=_("证明"), max_length=300, required=False)

    def __init__(self, *args: Any, indicator: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indicator = indicator
        if indicator.comparator != Indicator.Comparator.RANGE:
            del self.fields["promised_high"]
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{indicator.name} {field.label}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        promised, high = data.get("promised"), data.get("promised_high")
        if promised is None and high is not None and "promised" not in self.errors:
            self.add_error("promised", _("范围须填下限，请补填。"))
        if promised is not None and "promised_high" not in self.errors:
            for name, sentence in promise_faults(self.indicator, promised, high).items():
                self.add_error(name if name in self.fields else "promised", sentence)
        return data


class PartnerForm(forms.ModelForm):
    budget_yuan = WanField(label=_("经费（万元）"), required=False)
    DELETE = forms.BooleanField(label=_("删除"), required=False)

    class Meta:
        model = BidPartner
        fields = ["organisation", "task", "budget_yuan"]

    def __init__(self, *args: Any, lead: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.exclude(pk=lead)  # type: ignore[attr-defined]
        self.fields["organisation"].label = _("联合单位")


class AvoidanceForm(forms.ModelForm):
    """One place of the avoid list, left empty or filled in whole."""

    class Meta:
        model = BidAvoidance
        fields = ["person_name", "unit_name", "reason"]

    def __init__(self, data: Any = None, *, place: int, instance: BidAvoidance | None = None) -> None:
        super().__init__(data, prefix=f"avoid-{place}", instance=instance)
        self.place = place
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = _("第 %(place)s 位 %(label)s") % {"place": place, "label": field.label}


def avoidance_forms(bid: Bid) -> list[AvoidanceForm]:
    """One form per place, filled with whom the bid names there."""
    named = {row.place: row for row in bid.avoidances.all()}
    return [AvoidanceForm(place=place, instance=named.get(place)) for place in range(1, MOST_AVOIDED + 1)]


def response_forms(data: Any, bid: Bid) -> list[ResponseForm]:
    """One form per indicator of the challenge, filled with what was answered."""
    answered = {r.indicator_id: r for r in bid.responses.all()}
    rows = []
    for indicator in bid.challenge.indicators.all():
        answer = answered.get(indicator.pk)
        initial = (
            {
                "promised": format_target(answer.promised),
                "promised_high": "" if answer.promised_high is None else format_target(answer.promised_high),
                "present_level": answer.present_level,
                "proof": answer.proof,
            }
            if answer
            else {}
        )
        rows.append(ResponseForm(data, initial=initial, indicator=indicator, prefix=f"i{indicator.no}"))
    return rows
