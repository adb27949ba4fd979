"""Files over HTTP: promise, complete, fetch, take out. Bytes go between browser and store."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from attachments import store
from attachments.models import Attachment
from attachments.queries import WRITERS, may_read, may_write
from attachments.refused import FileRefused
from attachments.upload import begin_upload, complete_upload, not_writable, remove_file, store_must_answer


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Body: JSON {holder: "projects.bid", id, slot, name, size, sha256}. Answers where to PUT the bytes."""
    try:
        promise = _promise(request)
        ticket = begin_upload(
            request.user, _holder(promise), str(promise.get("slot", "")), str(promise.get("name", "")),
            _whole_number(promise.get("size")), str(promise.get("sha256", "")),
        )  # fmt: skip
    except FileRefused as refusal:
        return problem(refusal)
    file = ticket.attachment
    return JsonResponse(
        {
            "uuid": str(file.uuid),
            "upload_url": ticket.upload_url,
            "seconds": ticket.seconds,
            "complete_url": reverse("attachment_complete", args=[file.uuid]),
        },
        status=201,
    )


@require_POST
def complete(request: HttpRequest, uuid: str) -> HttpResponse:
    """Called when the browser has put the bytes; only now does the file count."""
    try:
        file = complete_upload(request.user, _writable(request, uuid))
    except FileRefused as refusal:
        return problem(refusal)
    fields = ("file_name", "size", "sha256")
    return JsonResponse({"uuid": str(file.uuid), **{name: getattr(file, name) for name in fields}})


@require_http_methods(["GET", "HEAD", "DELETE"])
def attachment(request: HttpRequest, uuid: str) -> HttpResponse:
    """GET: on to the bytes, for whoever sees the holder. DELETE: take it out."""
    if request.method == "DELETE":
        return _remove(request, uuid)
    file = get_object_or_404(Attachment.objects.select_related("holder_type"), uuid=uuid, status="STORED")
    if not may_read(request.user, file):
        # Not 403: a stranger must not learn that the file exists.
        raise Http404
    try:
        address = _address(file)
    except FileRefused as refusal:
        return HttpResponse(refusal.sentence, status=refusal.status, content_type="text/plain; charset=utf-8")
    return HttpResponseRedirect(address, headers={"Cache-Control": "private, no-store"})


@store_must_answer
def _address(file: Attachment) -> str:
    return store.download_address(file.object_key, file.file_name, file.content_type)


def _remove(request: HttpRequest, uuid: str) -> HttpResponse:
    try:
        remove_file(request.user, _writable(request, uuid))
    except FileRefused as refusal:
        return problem(refusal)
    return HttpResponse(status=204)


def problem(refusal: FileRefused) -> JsonResponse:
    """The same problem document as the API's (RFC 9457)."""
    body = {
        "type": f"urn:jiebang:problem:{refusal.code}",
        "code": refusal.code,
        "status": refusal.status,
        "detail": refusal.sentence,
        "sentences": [refusal.sentence],
    }
    return JsonResponse(body, status=refusal.status, content_type="application/problem+json")


def _promise(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        raise FileRefused("not_authenticated", _("登录已过期，请在新窗口重新登录后点“重试”。"), 401)
    try:
        promise = json.loads(request.body)
    except ValueError:
        promise = None
    if not isinstance(promise, dict):
        raise FileRefused("parse_error", _("请求无法解析，请刷新页面后重试。"))
    return promise


def _whole_number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _holder(promise: dict[str, Any]) -> Model:
    """The record that is to hold the file; a record that one may not write to does not exist here."""
    try:
        model = apps.get_model(str(promise.get("holder", "")))
    except (LookupError, ValueError):
        model = None
    if model not in WRITERS:
        raise FileRefused("invalid_input", _("这里不能上传材料；请在申请、需求、里程碑或验收等页面的“材料”处上传。"))
    holder = model._default_manager.filter(pk=_whole_number(promise.get("id"))).first()
    if holder is None:
        raise not_writable()  # as for a record of somebody else: numbers must not be told apart
    return holder


def _writable(request: HttpRequest, uuid: str) -> Attachment:
    file = get_object_or_404(Attachment.objects.select_related("holder_type"), uuid=uuid)
    if may_read(request.user, file) or may_write(request.user, file.holder):  # type: ignore[arg-type]
        return file
    raise Http404
