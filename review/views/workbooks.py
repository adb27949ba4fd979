"""Scoring offline: the workbook of a seat, what an uploaded one would change, and saving it as drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from review.models import Assignment
from review.queries import PLEDGED, READABLE, assignments_visible_to
from review.workbook_file import MOST_BYTES, Filled, NotAWorkbook
from workflows.refused import Refused
from workflows.sheet_workbook import LABELS, fates, opened, save_as_drafts, workbook_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOADED = "score-sheets-uploaded"


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the page, or with `?download` the file. POST: a file to look at, or what was looked at to be saved."""
    seat = _seat(request, pk)
    if request.method == "GET":
        return _file(request, seat) if "download" in request.GET else _show(request, seat)
    try:
        if "cells" in request.POST:
            return _save(request, seat)
        cells = opened(_bytes(request), seat, request.user)  # type: ignore[arg-type]
    except NotAWorkbook as refusal:
        return _show(request, seat, fault=str(refusal))
    except Refused as refusal:
        return _show(request, seat, fault=" ".join(refusal.sentences))
    return _show(request, seat, cells=cells)


def _seat(request: HttpRequest, pk: int) -> Assignment:
    """Own seat, pledged, in a round whose bids may be read."""
    query = assignments_visible_to(request.user).select_related("round__challenge", "expert__user")
    own = query.filter(expert__user=request.user, state__in=PLEDGED, round__state__in=READABLE)  # type: ignore[misc]
    return get_object_or_404(own.distinct(), pk=pk)


def _file(request: HttpRequest, seat: Assignment) -> HttpResponse:
    answer = HttpResponse(workbook_of(seat, request.user), content_type=XLSX)  # type: ignore[arg-type]
    answer["Content-Disposition"] = f'attachment; filename="{seat.round.challenge.number}-{seat.alias}.xlsx"'
    return answer


def _bytes(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is None:
        raise NotAWorkbook(_("请选择填好的 .xlsx 文件。"))
    if (file.size or 0) > MOST_BYTES:
        raise NotAWorkbook(_("文件超过 2 MB，不是从本页下载的评分表。"))
    return bytes(file.read())


def _save(request: HttpRequest, seat: Assignment) -> HttpResponse:
    try:
        held = signing.loads(request.POST["cells"], salt=UPLOADED, max_age=3600)
    except signing.BadSignature as error:
        raise NotAWorkbook(_("预览已过期，请重新上传文件。")) from error
    if held["seat"] != seat.pk:
        raise NotAWorkbook(_("预览已过期，请重新上传文件。"))
    cells = [(Filled(*cell), base) for cell, base in held["cells"]]
    number = save_as_drafts(cells, seat, request.user)  # type: ignore[arg-type]
    messages.success(request, _("已存为草稿：%s 格。请逐份核对后提交。") % number)
    return redirect(seat.get_absolute_url())


def _show(
    request: HttpRequest, seat: Assignment, *, cells: list[tuple[Filled, str]] | None = None, fault: str = ""
) -> HttpResponse:
    found = fates(cells, seat, request.user) if cells is not None else []  # type: ignore[arg-type]
    counts = {kind: sum(fate.kind == kind for fate in found) for kind in LABELS}
    context: dict[str, Any] = {
        "seat": seat,
        "challenge": seat.round.challenge,
        "is_preview": cells is not None,
        "fates": [fate for fate in found if fate.kind != "unchanged"],
        "counts": [(_(LABELS[kind]), n) for kind, n in counts.items()],
        "writes": counts["new"] + counts["changed"] + counts["merged"],
        "fault": fault,
    }
    if cells is not None:
        packed = [[[c.uuid, c.path, c.text, c.fault], base] for c, base in cells]
        context["cells"] = signing.dumps({"seat": seat.pk, "cells": packed}, salt=UPLOADED, compress=True)
    return render(request, "review/workbook.html", context, status=422 if fault else 200)
