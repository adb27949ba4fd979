"""Login with a local account."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from accounts.forms import SignInForm


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shows_demo = settings.DEBUG or os.environ.get("JIEBANG_DEMO") == "1"
        return super().get_context_data(shows_demo=shows_demo, **kwargs)
