"""What every API answer has in common: numbered pages, and problem+json errors (RFC 9457).

A problem's `type` and `code` are stable and meant for programs, its `detail` and `sentences` for
the person who can act. `fields` maps an input to what is wrong with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from attachments.refused import FileRefused
from workflows.refused import Refused
from workflows.wording import of_field, told

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
STATUS_OF_REFUSAL = {
    "not_permitted": 403,
    "not_found": 404,
    "wrong_state": 409,
    "stale": 409,
    "invalid_input": 400,
    "conditions_unmet": 422,
    "invalid_key": 400,
    "key_reused": 422,
}
#: DRF's own codes that mean the same as one of ours.
SAME_AS = {"invalid": "invalid_input", "permission_denied": "not_permitted"}
TITLES = {
    "not_permitted": gettext_lazy("没有权限"),
    "not_found": gettext_lazy("不存在或不可见"),
    "wrong_state": gettext_lazy("当前状态不允许此操作"),
    "stale": gettext_lazy("记录已被他人更新"),
    "invalid_input": gettext_lazy("填报内容有误"),
    "conditions_unmet": gettext_lazy("条件尚未满足"),
    "invalid_key": gettext_lazy("请求编号有误"),
    "key_reused": gettext_lazy("请求编号已用于另一项操作"),
    "conflict": gettext_lazy("与已有记录冲突"),
    "not_authenticated": gettext_lazy("请先登录"),
    "authentication_failed": gettext_lazy("身份验证失败"),
    "parse_error": gettext_lazy("请求无法解析"),
    "method_not_allowed": gettext_lazy("不支持此请求方法"),
    "not_acceptable": gettext_lazy("不能按所要求的格式答复"),
    "unsupported_media_type": gettext_lazy("不支持此请求格式"),
    "too_large": gettext_lazy("文件过大"),
    "mismatch": gettext_lazy("文件与所报不符"),
    "wrong_kind": gettext_lazy("文件格式不受理"),
    "not_uploaded": gettext_lazy("文件尚未上传"),
    "store_unavailable": gettext_lazy("文件存储暂时不可用"),
    "throttled": gettext_lazy("请求过于频繁"),
    "try_later": gettext_lazy("服务暂时不可用"),
    "server_error": gettext_lazy("服务器内部错误"),
}


class NumberedPages(PageNumberPagination):
    """Pages by number; the reader may ask for up to 200 rows at once."""

    page_size_query_param = "page_size"
    max_page_size = 200


def problem_json(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every failure becomes one problem document."""
    set_rollback()
    if isinstance(error, Refused):
        return _problem(STATUS_OF_REFUSAL[error.code], error.code, error.sentences, error.fields)
    if isinstance(error, FileRefused):
        return _problem(error.status, error.code, [error.sentence])
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    if isinstance(error, IntegrityError):
        # Two requests at once: the database let the first one through.
        logger.warning("conflict in %s: %s", _path_of(context), error)
        return _problem(409, "conflict", [_("与已有记录冲突，请刷新后再试；本次操作没有生效。")])
    if isinstance(error, DataError):
        logger.warning("value out of range in %s: %s", _path_of(context), error)
        return _problem(400, "invalid_input", [_("数值超出范围。")])
    logger.error("unexpected error in %s", _path_of(context), exc_info=error)
    return _problem(500, "server_error", [_("服务器内部错误，已记录；本次操作没有生效。")])


def _from_drf(error: exceptions.APIException) -> Response:
    fields: dict[str, list[str]] = {}
    if isinstance(error, exceptions.ValidationError):
        code = "invalid_input"
        fields = dict(_flatten(error.detail))
        sentences = [told(found) if name == "" else of_field(name, found) for name, found in fields.items()]
        sentences = sentences or [str(error.default_detail)]
        fields.pop("", None)
    else:
        code = str(error.get_codes())
        sentences = [str(error.detail)]
    headers = {}
    if challenge := getattr(error, "auth_header", None):  # set by DRF's view
        headers["WWW-Authenticate"] = challenge
    if seconds := getattr(error, "wait", None):
        headers["Retry-After"] = f"{seconds:.0f}"
    return _problem(error.status_code, SAME_AS.get(code, code), sentences, fields, headers)


def _flatten(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Nested errors as `responses.0.promised` → sentences; errors of the whole under ''."""
    if isinstance(detail, dict):
        for name, found in detail.items():
            inner = "" if name == "non_field_errors" else str(name)
            yield from _flatten(found, ".".join(filter(None, [path, inner])))
    elif isinstance(detail, list):
        plain = [str(found) for found in detail if isinstance(found, str)]
        if plain:
            yield path, plain
        for place, found in enumerate(detail):
            if not isinstance(found, str):
                yield from _flatten(found, ".".join(filter(None, [path, str(place)])))
    else:
        yield path, [str(detail)]


def _path_of(context: dict[str, Any]) -> str:
    request = context.get("request")
    return request.path if request is not None else "?"


def _problem(
    status: int,
    code: str,
    sentences: list[str],
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = {
        "type": f"urn:jiebang:problem:{code}",
        "code": code,
        "title": str(TITLES.get(code, code)),
        "status": status,
        "detail": told(sentences),
        "sentences": sentences,
        "fields": fields or {},
    }
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


class NoSuchAddress(APIView):
    """Any address under the API that is none."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("没有这个接口地址，请对照接口文档核对。"))
