"""Forms about people."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    username = UsernameField(
        label=_("账号"), widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    error_messages = {
        "invalid_login": _("账号或密码不对。请检查大小写和输入法后重试；忘记密码请联系本单位管理员重置。"),
        "inactive": _("该账号已停用，请联系本单位管理员。"),
    }
