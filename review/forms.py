"""Forms of the review pages. Scores pass through the flow's own inputs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User


class RoundForm(forms.Form):
    secretary = forms.ModelChoiceField(
        label=_("评审秘书"), queryset=User.objects.none(), help_text=_("组织评审，不参与打分。"),
        error_messages={"required": _("请选择评审秘书；没有可选人员时，请先授予评审秘书角色。")},
    )  # fmt: skip

    def __init__(self, *args: Any, agency: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(
            role_grants__role=Role.SEC, role_grants__agency=agency, role_grants__is_active=True, is_active=True
        )
        self.fields["secretary"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]
