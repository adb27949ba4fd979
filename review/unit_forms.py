"""Another name of a unit, and the unit it belongs to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, UnitAlias, UnitLink
from accounts.unit_names import normalise


class AliasForm(forms.ModelForm):
    class Meta:
        model = UnitAlias
        fields = ["kind", "name"]

    def __init__(self, data: Any = None, *, unit: Organisation) -> None:
        super().__init__(data, instance=UnitAlias(unit=unit), prefix="alias")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        form = normalise(name)
        if not form:
            raise forms.ValidationError(_("名称须有文字；请填写单位名称。"))
        taken = UnitAlias.objects.filter(normalised=form).select_related("unit").first()
        if taken is not None:
            raise forms.ValidationError(
                _("这个名称已登记给%s；一个名称只能指一家单位；请核对名称，或在该单位下查看。") % taken.unit
            )
        return name


class LinkForm(forms.ModelForm):
    """The parent by its exact name: lists of all units would be endless."""

    parent_name = forms.CharField(label=_("上级单位全称"), max_length=120)

    class Meta:
        model = UnitLink
        fields = ["kind"]
        help_texts = {"kind": _("分支机构与上级视为同一法人，专家一律回避；子公司、关联单位提请核实。")}

    def __init__(self, data: Any = None, *, unit: Organisation) -> None:
        super().__init__(data, instance=UnitLink(unit=unit), prefix="link")

    def clean_parent_name(self) -> str:
        name: str = self.cleaned_data["parent_name"]
        parent = Organisation.objects.filter(name=name).exclude(pk=self.instance.unit_id).first()
        if parent is None:
            raise forms.ValidationError(_("没有登记过这个名称的其他单位，请核对全称。"))
        if UnitLink.objects.filter(unit=self.instance.unit_id, parent=parent).exists():
            raise forms.ValidationError(_("与该单位的隶属关系已经登记；请勿重复登记；关系有变的，请先删除原有的。"))
        self.instance.parent = parent
        return name

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if kind == UnitLink.Kind.BRANCH and UnitLink.objects.filter(unit=self.instance.unit_id, kind=kind).exists():
            raise forms.ValidationError(_("分支机构只能属于一家单位，请选其他关系。"))
        return kind
