"""Forms of the expert pool: the expert's own record, his leaves, his numbers; a credit note; a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.id_number import bank_account_fault, id_number_fault, plain_number
from accounts.models import Agency
from projects.models import Challenge
from review.credit import GRAVE
from review.models import Expert, ExpertCredit, ExpertIdentity, ExpertLeave
from review.pool.columns import BY_HEADING, SEPARATORS, CellFault
from review.pool.reading import MOST_BYTES
from review.pool.units import unit_key, units_of


class WordsField(forms.CharField):
    """Several words in one line, read as the column of the same fact in an imported table is read."""

    def __init__(self, heading: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.heading = heading

    def prepare_value(self, value: Any) -> Any:
        return BY_HEADING[self.heading].show(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return BY_HEADING[self.heading].read(text) if SEPARATORS.sub("", text).strip() else []
        except CellFault as fault:
            raise forms.ValidationError(f"{fault.why}。{fault.cure}。") from fault

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class ExpertForm(forms.ModelForm):
    """What an expert tells about himself. The class of seat is the agency's to say."""

    unit = forms.CharField(
        label=_("工作单位"), max_length=120, help_text=_("按登记名称填写。换了单位请及时更新：回避按现单位判断。")
    )
    fields_ = forms.MultipleChoiceField(label=_("技术领域"), required=False, choices=Challenge.Field.choices)
    keywords = WordsField(
        "研究方向", label=_("研究方向"), max_length=900, help_text=_("用顿号分开，至多 20 个词；据此匹配申请。")
    )  # fmt: skip
    discipline_codes = WordsField(
        "学科代码", label=_("学科代码"), max_length=60,
        help_text=_("GB/T 13745，例：520.20；至多 5 个，用顿号分开。"),
    )  # fmt: skip
    languages = WordsField("外语", label=_("外语"), max_length=120, help_text=_("至多 5 种，用顿号分开。"))
    field_order = (
        "unit", "title", "position", "employment", "region", "gender", "birth_month", "education", "degree",
        "graduated_from", "speciality", "fields_", "keywords", "discipline_codes", "languages", "achievements", "honours",
        "max_panels_per_year", "max_bids_per_round",
    )  # fmt: skip

    class Meta:
        model = Expert
        fields = [
            "title", "position", "gender", "birth_month", "education", "degree", "graduated_from", "speciality",
            "keywords", "discipline_codes", "languages", "achievements", "honours", "region", "employment",
            "max_panels_per_year", "max_bids_per_round",
        ]  # fmt: skip
        widgets = {
            "achievements": forms.Textarea(attrs={"rows": 6}),
            "birth_month": forms.TextInput(attrs={"placeholder": "1975-08", "inputmode": "numeric"}),
        }
        help_texts = {
            "achievements": _("项目、论文、专利、标准、获奖等，不超过 3000 字；用于判断与申请的相关程度。"),
            "max_panels_per_year": _("一年内至多参加几轮评审；0 表示暂不参加。"),
            "max_bids_per_round": _("一轮中至多评几份申请；超出的轮次不会抽到您。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].initial = self.instance.organisation.name
        self.fields["fields_"].initial = self.instance.fields
        self.fields["max_panels_per_year"].max_value = 60  # type: ignore[attr-defined]
        if self.instance.seat_type != Expert.SeatType.TECHNICAL:
            del self.fields["fields_"]
        self.order_fields(self.field_order)

    def clean_unit(self) -> str:
        name = str(self.cleaned_data["unit"])
        unit = units_of([name], []).by_name.get(unit_key(name))
        if unit is None:
            raise forms.ValidationError(gettext("没有登记“%s”。请核对名称；确为新单位的，请告知评审秘书登记。") % name)
        self.instance.organisation = unit
        return name

    def clean_fields_(self) -> list[str]:
        chosen = list(self.cleaned_data["fields_"])
        if not chosen:
            raise forms.ValidationError(gettext("技术专家至少选一个领域，抽取时按领域选人；请勾选领域。"))
        self.instance.fields = chosen
        return chosen


class LeaveForm(forms.ModelForm):
    """Overlaps and the order of days are the database's to refuse; `full_clean` tells them first."""

    class Meta:
        model = ExpertLeave
        fields = ["starts_on", "ends_on", "reason"]
        widgets = {"starts_on": forms.DateInput(), "ends_on": forms.DateInput()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("starts_on"), data.get("ends_on")
        if not first or not last:
            return data
        if last < first:
            self.add_error("ends_on", gettext("结束日不得早于开始日；请改正日期。"))
        others = ExpertLeave.objects.filter(expert=self.instance.expert, starts_on__lte=last, ends_on__gte=first)
        if (other := others.first()) is not None:
            self.add_error("starts_on", gettext("与已有的时段 %s 重叠；请删去旧的或错开。") % other)
        return data


class IdentityForm(forms.ModelForm):
    """Numbers are asked for anew each time; what is stored never comes back into a form."""

    number = forms.CharField(label=_("证件号"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    account = forms.CharField(label=_("银行卡号"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    consent = forms.BooleanField(
        label=_("我单独同意为发放评审费处理我的证件号和银行卡号"),
        help_text=_("加密保存；只有您本人和发放评审费时的财务人员能看到全号，每次查看都有记录。可随时删除。"),
    )

    class Meta:
        model = ExpertIdentity
        fields = ["kind", "bank"]

    field_order = ("kind", "number", "bank", "account", "consent")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        number, account = plain_number(data.get("number", "")), plain_number(data.get("account", ""))
        if number and data.get("kind") == ExpertIdentity.Kind.ID_CARD and (fault := id_number_fault(number)):
            self.add_error("number", fault)
        if account and (fault := bank_account_fault(account)):
            self.add_error("account", fault)
        return {**data, "number": number, "account": account}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("理由"), min_length=10, max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"min_length": _("理由不少于 10 个字，请写明依据和事实。")},
    )  # fmt: skip


class CreditForm(forms.Form):
    event = forms.ChoiceField(label=_("事项"), choices=[])
    reason = forms.CharField(
        label=_("说明"), min_length=10, max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("何时何事、依据什么；记下后不能修改。"),
        error_messages={"min_length": _("理由不少于 10 个字，请写明依据和事实。")},
    )  # fmt: skip

    def __init__(self, *args: Any, grave: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = [(value, label) for value, label in ExpertCredit.Event.choices if grave or value not in GRAVE]
        self.fields["event"].choices = events  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    agency = forms.ModelChoiceField(label=_("专家库"), queryset=Agency.objects.none(), empty_label=None)
    file = forms.FileField(label=_("专家表"), help_text=_("XLSX 或 CSV（UTF-8、GBK 均可），不超过 5 MB、5,000 行。"))

    def __init__(self, *args: Any, agencies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.csv"
        if len(found := list(agencies[:2])) == 1:
            self.fields["agency"].initial, self.fields["agency"].widget = found[0].pk, forms.HiddenInput()

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(gettext("文件超过 5 MB；请删去图片和无关工作表，或分成几份。"))
        return given
