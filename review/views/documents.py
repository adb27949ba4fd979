"""A bid's files as an expert reads them: page by page, marked, as pictures (domain 3.6)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from attachments.models import Attachment
from attachments.queries import stored_files
from attachments.store import STORE_ERRORS, read_all
from review.models import ScoreSheet
from review.page_pictures import WIDTHS, Unreadable, render
from review.queries import bids_for_review
from review.views.sheet_cells import own_sheet
from workflows import clock
from workflows.sheet_drafts import note_document_opened

#: What can be shown; anything else is only to be fetched.
SHOWN_TYPES = ("application/pdf", "image/png", "image/jpeg")


def shown_files(sheet: ScoreSheet) -> list[Attachment]:
    """The main document first."""
    files = stored_files(sheet.bid).filter(content_type__in=SHOWN_TYPES).order_by("created_at")
    return sorted(files, key=lambda file: file.slot != Attachment.Slot.PROPOSAL)


def mark_of(sheet: ScoreSheet, request: HttpRequest) -> str:
    """Alias, time and the end of the address: who read it can be told, but not by the applicant."""
    address = request.META.get("REMOTE_ADDR", "")
    tail = ".".join(address.split(".")[-2:]) if "." in address else address[-4:]
    return f"{sheet.assignment.alias}  {clock.now().astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}  {tail}"


@login_required
@never_cache
def document(request: HttpRequest, pk: int, uuid: Any, file: Any) -> HttpResponse:
    """How many pages there are."""
    _sheet, found = _readable(request, pk, uuid, file)
    return JsonResponse({"pages": int(_answer(found, "count"))})


@login_required
@never_cache
def page(request: HttpRequest, pk: int, uuid: Any, file: Any, number: int) -> HttpResponse:
    """One page as a PNG; `?wide=1` for a closer look. The first look at the main document is on record."""
    sheet, found = _readable(request, pk, uuid, file)
    width = WIDTHS[1] if request.GET.get("wide") == "1" else WIDTHS[0]
    picture = _answer(found, "picture", page=number, width=width, mark=mark_of(sheet, request))
    if found.slot == Attachment.Slot.PROPOSAL:
        note_document_opened(sheet, clock.now())
    return HttpResponse(picture, content_type="image/png")


@login_required
@never_cache
def page_text(request: HttpRequest, pk: int, uuid: Any, file: Any, number: int) -> HttpResponse:
    """The words of one page, for those who do not see the picture."""
    sheet, found = _readable(request, pk, uuid, file)
    words = _answer(found, "text", page=number)
    if found.slot == Attachment.Slot.PROPOSAL:
        note_document_opened(sheet, clock.now())
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


def _readable(request: HttpRequest, pk: int, uuid: Any, file: Any) -> tuple[ScoreSheet, Attachment]:
    """Own sheet, while the round lets its expert read; files of that bid only."""
    sheet = own_sheet(request, pk, uuid)
    if not bids_for_review(request.user).filter(pk=sheet.bid_id).exists():
        raise Http404
    return sheet, get_object_or_404(stored_files(sheet.bid).filter(content_type__in=SHOWN_TYPES), uuid=file)


def _answer(file: Attachment, what: str, **asked: Any) -> bytes:
    try:
        return render(read_all(file.object_key), what, **asked)
    except Unreadable as error:
        raise Http404(_("这一页无法显示，请刷新页面；仍不能显示的，请联系评审秘书。")) from error
    except STORE_ERRORS as error:
        raise Http404(_("文件存储没有应答，请稍后再试。")) from error
