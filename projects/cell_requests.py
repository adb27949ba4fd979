"""What a form that saves itself sends, read from a request; shared by bids and score sheets (decision 0010)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from projects.draft_writing import Change, Written
from workflows.refused import Refused

#: More fields than any form has.
MOST_CHANGES = 500


@dataclass(frozen=True)
class CellsSent:
    client: UUID
    #: The newest write that the page knows of.
    since: int
    changes: list[Change]


def asked_since(request: HttpRequest) -> int:
    asked = request.GET.get("since", "0")
    return int(asked) if asked.isdecimal() and len(asked) < 18 else 0


def cells_sent(request: HttpRequest) -> CellsSent | JsonResponse:
    """The changes sent by the person who typed them, or the problem with them."""
    try:
        body = json.loads(request.body)
        who, client, since = int(body["user"]), UUID(body["client"]), int(body["since"])
        changes = [_change(given) for given in body["changes"][:MOST_CHANGES]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return problem(HTTPStatus.BAD_REQUEST, "invalid_input", _("请求格式不对，请刷新页面。"))
    if who != request.user.pk:
        return problem(
            HTTPStatus.CONFLICT, "other_user", _("现在登录的是另一个账号；已填内容保存在这台电脑上，请换回原账号。")
        )
    return CellsSent(client, since, changes)


def exchange(
    request: HttpRequest,
    state: Callable[[int, list[Written]], dict[str, Any]],
    write: Callable[[CellsSent], list[Written]],
) -> JsonResponse:
    """GET: `state` since `?since=`. POST: what was sent goes through `write`; the answer tells what became of it, too."""
    if request.method == "GET":
        return JsonResponse(state(asked_since(request), []))
    sent = cells_sent(request)
    if isinstance(sent, JsonResponse):
        return sent
    try:
        written = write(sent)
    except Refused as refusal:
        return problem(HTTPStatus.CONFLICT, refusal.code, " ".join(refusal.sentences))
    return JsonResponse(state(sent.since, written))


def signed_out() -> JsonResponse:
    """JSON also for an ended session, so that the script can keep what was typed and say so."""
    return problem(HTTPStatus.UNAUTHORIZED, "signed_out", _("登录已过期，请重新登录；已填内容保存在这台电脑上。"))


def problem(status: HTTPStatus, code: str, sentence: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": sentence}, status=status, content_type="application/problem+json")


def _change(given: dict[str, Any]) -> Change:
    path, base, text = str(given["path"]), str(given["base"]), str(given["text"])
    return Change(path, base, text, UUID(given["id"]), given.get("discarded") is True)
