"""The system administrator's view of what could not be delivered. Envelopes only: what they say is not his to read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.roles import held_role
from config.paging import page_of
from workflows.models import OutboxMessage
from workflows.outbox import MAX_ATTEMPTS, dead_letters, send_again


def _require_administrator(user: Any) -> None:
    if held_role(user, Role.SYS) is None:
        raise PermissionDenied(_("投递失败的消息只对系统管理员开放，请由其办理。"))


@login_required
def outbox(request: HttpRequest) -> HttpResponse:
    _require_administrator(request.user)
    rows = dead_letters().select_related("recipient").defer("subject", "body", "arguments")
    waiting = OutboxMessage.objects.filter(delivered_at=None, dead_at=None)
    context = {
        "page": page_of(rows, request),
        "most": MAX_ATTEMPTS,
        "waiting": waiting.count(),
        "failing": waiting.filter(attempts__gt=0).count(),
    }
    return render(request, "projects/outbox.html", context)


@login_required
@require_POST
def outbox_again(request: HttpRequest) -> HttpResponse:
    """Send one dead letter again, or all of them."""
    _require_administrator(request.user)
    chosen = dead_letters()
    if (pk := request.POST.get("message", "")).isdecimal():
        chosen = chosen.filter(pk=int(pk[:18]))
    messages.success(request, _("已重新排队 %s 条。") % send_again(chosen))
    return redirect("outbox")
