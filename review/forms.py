"""Forms of the review pages. Scores pass through the flow's own inputs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User


class QuestionForm(forms.Form):
    text = forms.CharField(
        label=_("问题"), min_length=5, max_length=500, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("只问申报内容；不要写明自己的单位、经历或代号，以免暴露身份。"),
    )  # fmt: skip


class DefenceForm(forms.Form):
    """Where and when; minutes and persons come from the rules."""

    first_day = forms.DateField(
        label=_("首日"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("首家答辩不早于预览期满；一日最多 10 家，排不下的顺延到下一工作日。"),
    )  # fmt: skip
    begins = forms.TimeField(label=_("每日开始"), initial="09:00", widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(label=_("每日结束"), initial="17:30", widget=forms.TimeInput(attrs={"type": "time"}))
    lunch_from = forms.TimeField(
        label=_("午休开始"), initial="12:00", required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    lunch_until = forms.TimeField(
        label=_("午休结束"), initial="13:30", required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    room = forms.CharField(label=_("会议室"), max_length=80)
    link = forms.URLField(label=_("视频会议链接"), required=False, assume_scheme="https")
    recorder = forms.CharField(label=_("记录人"), max_length=40)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        begins, ends = given.get("begins"), given.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", _("每日结束须晚于开始；请改正时间。"))
        lunch = given.get("lunch_from"), given.get("lunch_until")
        if (lunch[0] is None) != (lunch[1] is None):
            self.add_error("lunch_until", _("午休的开始和结束要么都填，要么都不填；请补填或清空。"))
        elif begins and ends and lunch[0] and lunch[1] and not begins <= lunch[0] < lunch[1] <= ends:
            self.add_error("lunch_until", _("午休须在每日开始与结束之间，且结束晚于开始；请改正时间。"))
        return given


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
