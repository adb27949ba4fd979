"""The form of a bid as data: what its script sends field by field while somebody types, and asks for again.

Answers are JSON, also for an ended session (401), so that the script can keep what was typed and say so.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from projects.bid_editing import editable_sections, may_write_in
from projects.draft_cells import AVOIDANCE_PREFIX
from projects.draft_writing import Change, Written, write_cells
from projects.models import Bid
from projects.queries import avoidances_visible_to
from projects.views.bids import bid_of
from workflows.refused import Refused

#: More fields than any form has.
MOST_CHANGES = 500


@never_cache
@require_http_methods(["GET", "POST"])
def cells(request: HttpRequest, uuid: Any) -> JsonResponse:
    """GET: cells written since `?since=`. POST: `{"user", "client", "since", "changes": […]}`, and the same answer."""
    if not request.user.is_authenticated:
        return _problem(HTTPStatus.UNAUTHORIZED, "signed_out", _("登录已过期，请重新登录；已填内容保存在这台电脑上。"))
    bid = bid_of(request, uuid)
    if request.method == "GET":
        asked = request.GET.get("since", "0")
        return JsonResponse(_state(request, bid, int(asked) if asked.isdecimal() and len(asked) < 18 else 0, []))
    try:
        body = json.loads(request.body)
        who, client, since = int(body["user"]), UUID(body["client"]), int(body["since"])
        changes = [_change(given) for given in body["changes"][:MOST_CHANGES]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return _problem(HTTPStatus.BAD_REQUEST, "invalid_input", _("请求格式不对，请刷新页面。"))
    if who != request.user.pk:
        return _problem(
            HTTPStatus.CONFLICT, "other_user", _("现在登录的是另一个账号；已填内容保存在这台电脑上，请换回原账号。")
        )
    try:
        written = write_cells(bid, changes, by=request.user, client=client)
    except Refused as refusal:
        return _problem(HTTPStatus.CONFLICT, refusal.code, " ".join(refusal.sentences))
    return JsonResponse(_state(request, bid, since, written))


def _change(given: dict[str, Any]) -> Change:
    path, base, text = str(given["path"]), str(given["base"]), str(given["text"])
    return Change(path, base, text, UUID(given["id"]), given.get("discarded") is True)


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


def _problem(status: HTTPStatus, code: str, sentence: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": sentence}, status=status, content_type="application/problem+json")
