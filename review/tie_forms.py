"""One relation of an expert, as he or the secretary writes it down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from review.models import Expert, ExpertTie

Kind = ExpertTie.Kind


class TieForm(forms.ModelForm):
    """A unit that is registered under the very name that was written becomes that unit."""

    class Meta:
        model = ExpertTie
        fields = ["kind", "person_name", "unit_name", "since", "until", "note"]
        widgets = {
            "since": forms.DateInput(attrs={"type": "date"}),
            "until": forms.DateInput(attrs={"type": "date"}),
        }
        help_texts = {
            "kind": _("近亲属指配偶、直系血亲、三代以内旁系血亲和近姻亲。"),
            "person_name": _("对方是个人时填写；任职、董监事、控股只填单位。"),
            "unit_name": _("写全称；对方是个人的，写其工作单位。"),
            "until": _("仍在持续或不详的留空。"),
            "note": _("例：博士导师；2024 年合作发表论文两篇。"),
        }

    def __init__(self, data: Any = None, *, expert: Expert) -> None:
        super().__init__(data, instance=ExpertTie(expert=expert))
        self.fields["unit_name"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, person = data.get("kind"), data.get("person_name", "").strip()
        if kind in ExpertTie.OF_UNITS and person:
            self.add_error("person_name", _("这类关系是与单位的关系，请清空姓名，只写单位。"))
        if kind in ExpertTie.OF_PEOPLE and not person:
            self.add_error("person_name", _("请填写对方姓名。"))
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("结束日不能早于开始日，请更正。"))
        return data

    def tie(self) -> ExpertTie:
        """Call when valid."""
        row: ExpertTie = self.instance
        if not row.person_name:
            unit = Organisation.objects.filter(name=row.unit_name).first()
            row.organisation, row.unit_name = (unit, "") if unit else (None, row.unit_name)
        return row
