"""The objection's form: real name, contact, grounds (domain 2.10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Objection, PublicNotice


class ObjectionForm(forms.ModelForm):
    class Meta:
        model = Objection
        fields = ["author_name", "author_contact", "grounds"]
        widgets = {"grounds": forms.Textarea(attrs={"rows": 8})}
        help_texts = {
            "author_name": _("须实名；匿名异议不予受理。身份信息只有核实与调查人员可见。"),
            "author_contact": _("手机或邮箱，用于核实身份和答复。"),
            "grounds": _("写明对哪一行、哪一事实有异议，依据和证据是什么。对专家学术判断的不同看法不属于异议范围。"),
        }

    def __init__(self, *args: Any, notice: PublicNotice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notice = notice

    def clean_grounds(self) -> str:
        text: str = self.cleaned_data["grounds"].strip()
        if len(text) < 20:
            raise forms.ValidationError(_("请写明具体事实和依据，不少于 20 个字。"))
        return text
