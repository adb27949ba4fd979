"""站内信: what a person was told."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from config.paging import page_of
from workflows import clock
from workflows.models import Notification


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    rows = Notification.objects.filter(user=request.user).select_related("message")  # type: ignore[misc]
    page = page_of(rows, request)
    return render(request, "accounts/notifications.html", {"page": page})


@login_required
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    Notification.objects.filter(user=request.user, read_at=None).update(read_at=clock.now())  # type: ignore[misc]
    return redirect("notifications")


@login_required
def open_notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one read and go to what it is about."""
    found: Any = Notification.objects.filter(user=request.user, pk=pk).select_related("message").first()  # type: ignore[misc]
    if found is None:
        return redirect("notifications")
    if found.read_at is None:
        Notification.objects.filter(pk=pk).update(read_at=clock.now())
    # Written by our own flows, never by a visitor; still only a path of this site is followed.
    url = found.message.url
    return redirect(url if url.startswith("/") and not url.startswith("//") else "notifications")
