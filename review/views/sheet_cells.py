"""A score sheet as data: fields as they are typed, seconds of use (decisions 0010 and 0023)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.cell_requests import exchange, signed_out
from projects.draft_writing import Written
from review.models import ScoreSheet
from review.queries import bids_for_review, sheets_visible_to
from workflows import clock
from workflows.sheet_drafts import is_open, note_beat
from workflows.sheet_writing import write_sheet_cells


def own_sheet(request: HttpRequest, pk: int, uuid: Any) -> ScoreSheet:
    """The person's own sheet, or 404."""
    query = sheets_visible_to(request.user).select_related(
        "assignment__round__challenge__challenge_list__agency", "assignment__round__chair__expert",
        "assignment__expert__user", "bid__organisation", "bid__pi", "bid__challenge",
    )  # fmt: skip
    own = query.filter(assignment__expert__user=request.user).distinct()  # type: ignore[misc]
    found: ScoreSheet = get_object_or_404(own, assignment=pk, bid__uuid=uuid)
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def cells(request: HttpRequest, pk: int, uuid: Any) -> JsonResponse:
    """As `projects.views.bid_cells.cells`."""
    if not request.user.is_authenticated:
        return signed_out()
    sheet = own_sheet(request, pk, uuid)
    user = request.user
    return exchange(
        request,
        lambda since, written: _state(request, sheet, since, written),
        lambda sent: write_sheet_cells(sheet, sent.changes, by=user, client=sent.client),
    )


def _state(request: HttpRequest, sheet: ScoreSheet, since: int, written: list[Written]) -> dict[str, Any]:
    newer = list(sheet.cells.filter(seq__gt=since).order_by("seq"))
    return {
        "seq": newer[-1].seq if newer else since,
        "cells": [
            {"path": cell.path, "text": cell.text, "fault": cell.fault, "by": _("另一个窗口"), "is_mine": False}
            for cell in newer
        ],
        "written": [asdict(one) for one in written],
        "is_editable": is_open(sheet),
        "csrf": get_token(request),
    }


@login_required
@require_POST
def beat(request: HttpRequest, pk: int, uuid: Any) -> HttpResponse:
    """The page has been in use for `seconds` more; counted while the expert may read (flag D5)."""
    sheet = own_sheet(request, pk, uuid)
    given = request.POST.get("seconds", "")
    if given.isdecimal() and len(given) < 4 and bids_for_review(request.user).filter(pk=sheet.bid_id).exists():
        note_beat(sheet, int(given), clock.now())
    return HttpResponse(status=204)
