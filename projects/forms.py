"""Forms of the posting pages. Money is typed in 万元 and stored in yuan."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from projects.form_merging import MergingForm
from projects.models import Challenge, ChallengeList, Indicator, RuleSet
from projects.promises import node_values, target_faults

YUAN_PER_WAN = 10_000


class WanField(forms.DecimalField):
    """万元 with two decimals in the browser, whole yuan in the model."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=12, decimal_places=2, **options)

    def prepare_value(self, value: Any) -> Any:
        return (Decimal(value) / YUAN_PER_WAN).quantize(Decimal("0.01")) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return 0 if found is None else int(found * YUAN_PER_WAN)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ChallengeListForm(MergingForm):
    class Meta:
        model = ChallengeList
        fields = [
            "title", "number", "year", "division", "rule_set", "quota_target", "contact", "demand_close_at",
            "bid_close_at", "rec_close_at", "introduction",
        ]  # fmt: skip
        widgets = {
            "demand_close_at": forms.DateTimeInput(),
            "bid_close_at": forms.DateTimeInput(),
            "rec_close_at": forms.DateTimeInput(),
            "introduction": forms.Textarea(attrs={"rows": 5}),
        }
        labels = {"division": _("责任处室"), "rule_set": _("规则集")}
        help_texts = {
            "number": _("公开的批次编号，例：SD-2026-01；发布后写入所有文书。"),
            "rule_set": _("只列出已发布的规则集。发榜后规则与评审指标不可更改。"),
            "demand_close_at": _("规则集要求征集需求的，启动征集前必填；不征集的留空。"),
            "bid_close_at": _("单位须在此刻之前审核通过并报送；以服务器收到为准。"),
            "rec_close_at": _("推荐单位须在此刻之前推荐；不得早于揭榜截止。"),
        }

    def __init__(self, *args: Any, agencies: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = Division.objects.filter(agency__in=agencies).select_related("agency")  # type: ignore[attr-defined]
        rule_sets = RuleSet.objects.filter(agency__in=agencies, published_at__isnull=False)
        self.fields["rule_set"].queryset = rule_sets  # type: ignore[attr-defined]
        if self.instance.pk and self.instance.state != ChallengeList.State.DRAFT:
            # Called for under these; whoever reads the call relies on them.
            for name in ("rule_set", "number", "demand_close_at"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        division, rule_set = data.get("division"), data.get("rule_set")
        if division and rule_set and division.agency_id != rule_set.agency_id:
            self.add_error("rule_set", _("规则集与处室不属于同一部门，请重新选择。"))
        first, last = data.get("bid_close_at"), data.get("rec_close_at")
        if first and last and last < first:
            self.add_error("rec_close_at", _("推荐截止不得早于揭榜截止，请改到 %s 之后。") % f"{first:%Y-%m-%d %H:%M}")
        return data


class ChallengeForm(MergingForm):
    cap_yuan = WanField(label=_("榜金（万元）"))

    class Meta:
        model = Challenge
        fields = [
            "title", "number", "field", "demander", "demander_is_hidden", "months", "cap_yuan", "lanes", "background",
            "content", "scenario", "bidder_conditions", "ip_terms",
        ]  # fmt: skip
        widgets = {
            "background": forms.Textarea(attrs={"rows": 4}),
            "content": forms.Textarea(attrs={"rows": 7}),
            "bidder_conditions": forms.Textarea(attrs={"rows": 3}),
            "ip_terms": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"demander": _("需求方")}
        help_texts = {
            "demander": _("需求方不得牵头揭自己的榜。"),
            "lanes": _("赛马制填同时支持的赛道数，揭榜挂帅填 1。"),
            "bidder_conditions": _("揭榜不设注册时间、年龄、学历、职称门槛。"),
            "ip_terms": _("成果归属、使用与收益约定，发榜前必填。"),
        }


class IndicatorForm(MergingForm):
    """One checkable target. Its values at the milestones are typed as 30/60/95."""

    steps = forms.CharField(label=_("里程碑值"), required=False, max_length=120)

    class Meta:
        model = Indicator
        fields = ["name", "comparator", "target", "target_high", "unit", "is_must", "check_method", "evidence"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = self.instance.milestone_values or {}
        self.fields["steps"].initial = "/".join(values[no] for no in sorted(values, key=int))
        self.fields["is_must"].initial = True
        self.fields["target_high"].widget.attrs["placeholder"] = _("上限（仅范围）")
        self.fields["evidence"].widget.attrs["placeholder"] = _("证明材料，例：检测报告")

    def has_changed(self) -> bool:
        # The box stands ticked in an empty row; ticked or not, the row is still empty.
        return bool(set(self.changed_data) - {"is_must"}) if self.instance.pk is None else super().has_changed()

    def stored(self, name: str) -> Any:
        return dict(self.instance.milestone_values) if name == "steps" else super().stored(name)

    def clean_steps(self) -> dict[str, str]:
        parts = [part.strip() for part in self.cleaned_data["steps"].replace("／", "/").split("/") if part.strip()]
        return {str(no): part for no, part in enumerate(parts, start=1)}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        comparator, target = data.get("comparator"), data.get("target")
        if comparator and target is not None:
            for name, sentence in target_faults(comparator, target, data.get("target_high")).items():
                self.add_error(name, sentence)
        if comparator:
            try:
                data["steps"] = node_values(comparator, data.get("steps") or {})
            except ValueError as fault:
                self.add_error("steps", str(fault))
        return data

    def save(self, commit: bool = True) -> Indicator:
        self.instance.milestone_values = self.cleaned_data["steps"]
        saved: Indicator = super().save(commit)
        return saved


class RowsFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if any("id" in form.errors for form in self.forms):
            raise ValidationError(_("有一行已被他人删除，本页没有保存；请复制您要保留的内容，刷新页面后再填。"))


class IndicatorFormSet(RowsFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [f.cleaned_data for f in self.forms if f.cleaned_data.get("name") and not f.cleaned_data.get("DELETE")]
        if not any(row.get("is_must") for row in kept):
            raise ValidationError(_("至少要有一项必达指标；请勾选“必达”。"))

    def save_new(self, form: Any, commit: bool = True) -> Indicator:
        last = self.instance.indicators.aggregate(last=Max("no"))["last"] or 0
        form.instance.no = last + 1
        saved: Indicator = super().save_new(form, commit)
        return saved


def indicator_forms(data: Any, challenge: Challenge) -> Any:
    """The indicator rows of a challenge; a new one begins with three empty rows."""
    factory = forms.inlineformset_factory(
        Challenge, Indicator, form=IndicatorForm, formset=IndicatorFormSet, extra=0 if challenge.pk else 3,
    )  # fmt: skip
    return factory(data, instance=challenge, prefix="indicators")
