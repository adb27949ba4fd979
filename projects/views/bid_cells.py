"""The form of a bid as data: what its script sends field by field while somebody types, and asks for again.

Answers are JSON, also for an ended session (401), so that the script can keep what was typed and say so.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from projects.bid_editing import editable_sections, may_write_in
from projects.cell_requests import exchange, signed_out
from projects.draft_cells import AVOIDANCE_PREFIX
from projects.draft_writing import Written, write_cells
from projects.models import Bid
from projects.queries import avoidances_visible_to
from projects.views.bids import bid_of


@never_cache
@require_http_methods(["GET", "POST"])
def cells(request: HttpRequest, uuid: Any) -> JsonResponse:
    """GET: cells written since `?since=`. POST: `{"user", "client", "since", "changes": […]}`, and the same answer."""
    if not request.user.is_authenticated:
        return signed_out()
    bid = bid_of(request, uuid)
    user = request.user
    return exchange(
        request,
        lambda since, written: _state(request, bid, since, written),
        lambda sent: write_cells(bid, sent.changes, by=user, client=sent.client),
    )


def _state(request: HttpRequest, bid: Bid, since: int, written: list[Written]) -> dict[str, Any]:
    cells = bid.cells.filter(seq__gt=since)
    if not avoidances_visible_to(request.user).filter(bid=bid).exists() and not may_write_in(request.user, bid):
        # Who may read the bid does not thereby know whom its team fears (domain 3.5 C10).
        cells = cells.exclude(path__startswith=AVOIDANCE_PREFIX)
    newer = list(cells.select_related("edited_by").order_by("seq"))
    return {
        "seq": newer[-1].seq if newer else since,
        "cells": [
            {"path": cell.path, "text": cell.text, "fault": cell.fault, "by": cell.edited_by.name,
             "is_mine": cell.edited_by_id == request.user.pk} for cell in newer
        ],
        "written": [asdict(one) for one in written],
        "is_editable": bool(editable_sections(request.user, bid)),
        # Signing in anew changes it; the page may be older than that.
        "csrf": get_token(request),
    }  # fmt: skip
