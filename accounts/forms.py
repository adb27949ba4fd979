"""Forms about people."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User


class SignInForm(AuthenticationForm):
    username = UsernameField(
        label=_("账号"), widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    error_messages = {
        "invalid_login": _("账号或密码不对。请检查大小写和输入法后重试；忘记密码请联系本单位管理员重置。"),
        "inactive": _("该账号已停用，请联系本单位管理员。"),
    }


class PersonForm(forms.ModelForm):
    """What a person tells about himself once, for every form that asks."""

    class Meta:
        model = User
        fields = ["phone", "email", "job_title", "speciality", "biography"]
        widgets = {"biography": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "phone": _("截止前后有问题时联系您；不公开。"),
            "job_title": _("可不填：揭榜不设职称、学历、年龄门槛。"),
            "biography": _("不超过 1000 字。新建揭榜申请时带入“团队与条件”，在申请里仍可修改。"),
        }


class UnitForm(forms.ModelForm):
    """What a unit tells about itself once. Name and code are fixed: they identify it."""

    class Meta:
        model = Organisation
        fields = ["legal_person", "region", "address", "contact_name", "contact_phone", "introduction"]
        widgets = {"introduction": forms.Textarea(attrs={"rows": 6})}
        help_texts = {
            "introduction": _("不超过 1000 字：主营业务、研发人员、平台条件。新建揭榜申请时带入“团队与条件”。"),
            "contact_phone": _("单位负责科研项目的电话；只有受理部门能看到。"),
        }
