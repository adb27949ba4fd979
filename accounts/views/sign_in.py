"""Login with a local account."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.views import LoginView

from accounts.forms import SignInForm


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo=_demo_accounts(), **kwargs)


def _demo_accounts() -> dict[str, Any]:
    """Accounts to try, on a machine that says it serves the demo; nothing anywhere else."""
    if os.environ.get("JIEBANG_DEMO") != "1":
        return {}
    # Only here: a real installation never loads the demo's code.
    from workflows.management.commands.demo import ACCOUNTS, PASSWORD

    return {"accounts": ACCOUNTS, "password": PASSWORD}
