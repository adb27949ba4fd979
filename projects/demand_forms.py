"""Forms of the demand pages. Money is typed in 万元 and stored in yuan. A draft may be incomplete."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Role
from accounts.roles import organisations_of
from projects.form_merging import MergingForm
from projects.forms import RowsFormSet, WanField
from projects.models import Demand, DemandIndicator
from projects.promises import target_faults
from projects.queries import lists_calling_for_demands
from projects.thresholds import thresholds_in
from workflows.wording import told


class DemandForm(MergingForm):
    expected_yuan = WanField(label=_("期望榜金（万元）"), required=False)
    own_yuan = WanField(label=_("自有投入（万元）"), required=False)
    solver_cash_yuan = WanField(label=_("其中现金支付揭榜方（万元）"), required=False)
    months = forms.IntegerField(label=_("实施期限（月）"), min_value=1, max_value=96)

    class Meta:
        model = Demand
        fields = [
            "challenge_list", "demander", "recommender", "title", "field", "problem", "goal", "scenario",
            "expected_yuan", "own_yuan", "solver_cash_yuan", "months", "bidder_conditions", "ip_terms", "contact_name",
            "contact_phone", "demander_is_hidden",
        ]  # fmt: skip
        widgets = {
            "problem": forms.Textarea(attrs={"rows": 4}),
            "goal": forms.Textarea(attrs={"rows": 6}),
            "bidder_conditions": forms.Textarea(attrs={"rows": 3}),
            "ip_terms": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"challenge_list": _("征集榜单"), "demander": _("需求单位"), "recommender": _("推荐单位")}
        help_texts = {
            "problem": _("卡在哪里、自己试过什么、为什么解决不了。"),
            "goal": _("要达到什么，不写怎么做；可量化的写进下面的考核指标。"),
            "recommender": _("提交后由该单位审核推荐。"),
            "bidder_conditions": _("不得设年龄、学历、职称、奖项、注册年限等门槛。"),
            "ip_terms": _("成果归谁、怎样使用、收益怎样分。"),
            "solver_cash_yuan": _("设备、产品、服务折价不计入。"),
            "demander_is_hidden": _("勾选后榜题不公开单位名称，主管部门和推荐单位仍然知道。"),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Organisation.objects.filter(pk__in=organisations_of(user, Role.DEM))
        self._choose("demander", units)
        self._choose("recommender", Organisation.objects.filter(is_recommender=True))
        if self.instance.pk:
            # Number and window belong to the list it was opened for.
            del self.fields["challenge_list"], self.fields["demander"]
        else:
            self._choose("challenge_list", lists_calling_for_demands())
            if len(found := list(units[:2])) == 1:
                self.fields["demander"].initial = found[0].pk

    def _choose(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_bidder_conditions(self) -> str:
        text = str(self.cleaned_data["bidder_conditions"])
        if found := thresholds_in(text):
            raise forms.ValidationError(_("揭榜不设门槛，请删去：%s") % told(found))
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        demander = data.get("demander") or (self.instance.demander if self.instance.pk else None)
        if demander is not None and data.get("recommender") == demander:
            self.add_error("recommender", _("推荐单位不能是需求单位自己，请另选。"))
        if (data.get("solver_cash_yuan") or 0) > (data.get("own_yuan") or 0):
            self.add_error(
                "solver_cash_yuan", _("现金支付是自有投入的一部分，不得多于自有投入；请调低现金支付或调高自有投入。")
            )
        return data


class DemandIndicatorForm(MergingForm):
    class Meta:
        model = DemandIndicator
        fields = ["name", "comparator", "target", "target_high", "unit", "is_must", "check_method", "evidence"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_must"].initial = True
        self.fields["target_high"].widget.attrs["placeholder"] = _("上限（仅范围）")
        self.fields["evidence"].widget.attrs["placeholder"] = _("证明材料，例：检测报告")
        for name in ("target", "target_high"):
            if isinstance(value := self.initial.get(name), Decimal):
                # 85, not 85.0000; and 100, not 1E+2.
                self.initial[name] = value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()

    def has_changed(self) -> bool:
        # The box stands ticked in an empty row; ticked or not, the row is still empty.
        return bool(set(self.changed_data) - {"is_must"}) if self.instance.pk is None else super().has_changed()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        comparator, target = data.get("comparator"), data.get("target")
        if comparator and target is not None:
            for name, sentence in target_faults(comparator, target, data.get("target_high")).items():
                self.add_error(name, sentence)
        return data


class DemandIndicatorFormSet(RowsFormSet):
    def save_new(self, form: Any, commit: bool = True) -> DemandIndicator:
        last = self.instance.indicators.aggregate(last=Max("no"))["last"] or 0
        form.instance.no = last + 1
        saved: DemandIndicator = super().save_new(form, commit)
        return saved


def demand_indicator_forms(data: Any, demand: Demand) -> Any:
    """The indicator rows of a demand; a new one begins with two empty rows."""
    factory = forms.inlineformset_factory(
        Demand, DemandIndicator, form=DemandIndicatorForm, formset=DemandIndicatorFormSet, extra=0 if demand.pk else 2,
    )  # fmt: skip
    return factory(data, instance=demand, prefix="indicators")
