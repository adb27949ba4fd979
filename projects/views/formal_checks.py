"""The formal check of one bid."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from projects.models import FormalCheck
from projects.queries import bids_checked_by, duplicate_checks_visible_to, formal_checks_visible_to
from projects.views.duplicates import matches_shown_to
from workflows.formal_check_items import LABELS
from workflows.formal_check_notes import shown_note
from workflows.views import record_context


def _duplicates(user: Any, check: FormalCheck) -> dict[str, Any]:
    """What the comparison with other bids has found, for those who check."""
    found = duplicate_checks_visible_to(user).filter(bid=check.bid_id).select_related("bid").first()
    matches = matches_shown_to(user, found)[:3] if found is not None and found.compared_at else []
    return {"comparison": found, "matches": matches, "compares": bids_checked_by(user).filter(pk=check.bid_id).exists()}


@login_required
def detail(request: HttpRequest, uuid: Any) -> HttpResponse:
    query = formal_checks_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__rule_set", "bid__organisation", "bid__pi", "checked_by", "confirmed_by"
    )
    check = get_object_or_404(query, bid__uuid=uuid)
    context = {
        **record_context(check, request.user),
        "bid": check.bid,
        "items": [(item, shown_note(item.note)) for item in check.items.all()],
        "names": LABELS,
        **_duplicates(request.user, check),
    }
    return render(request, "projects/formal_check.html", context)
