"""The formal check of one bid."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from projects.queries import formal_checks_visible_to
from workflows.formal_check_items import LABELS
from workflows.views import record_context


@login_required
def detail(request: HttpRequest, uuid: Any) -> HttpResponse:
    query = formal_checks_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__rule_set", "bid__organisation", "bid__pi", "checked_by", "confirmed_by"
    )
    check = get_object_or_404(query, bid__uuid=uuid)
    context = {**record_context(check, request.user), "bid": check.bid, "items": check.items.all(), "names": LABELS}
    return render(request, "projects/formal_check.html", context)
