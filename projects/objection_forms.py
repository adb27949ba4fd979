"""The objection's form: real name, contact, grounds (domain 2.10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.models import Bid


class BidByTitle(forms.ModelChoiceField):
    """Named by what the notice itself shows: number and title."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} {obj.title}"


class ObjectionForm(forms.Form):
    author_name = forms.CharField(
        label=_("异议人（单位）"),
        max_length=60,
        help_text=_("须实名；匿名异议不予受理。身份信息只有核实与调查人员可见。"),
    )
    author_contact = forms.CharField(
        label=_("联系方式"), max_length=120, help_text=_("手机或邮箱，用于核实身份和答复。")
    )
    bid = BidByTitle(label=_("所涉申报"), queryset=Bid.objects.none(), required=False, empty_label=_("整份公示"))
    grounds = forms.CharField(
        label=_("异议事项与理由"), min_length=10, max_length=3000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("写明对哪一行、哪一事实有异议，依据和证据是什么。对专家学术判断的不同看法不属于异议范围。"),
        error_messages={"min_length": _("请写明异议事项、事实和依据，不少于 10 个字。")},
    )  # fmt: skip

    def __init__(self, *args: Any, bids: QuerySet[Bid], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bid"].queryset = bids  # type: ignore[attr-defined]
