"""The Atom feed of what was announced: everything, or one field."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed, get_tag_uri
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from projects.announcements import announcements
from projects.models import Challenge
from workflows.official import OFFICIAL_LANGUAGE

#: XML 1.0 has no way to say these, not even escaped.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    """In Chinese whatever the reader speaks: an entry is read once and kept. 304 when nothing changed."""
    field = request.GET.get("field", "")
    if field and field not in Challenge.Field.values:
        raise Http404(_("没有这个技术领域，请从“开放数据”页列出的领域中选择。"))
    with translation.override(OFFICIAL_LANGUAGE):
        text = _atom(field).writeString("utf-8")
    answer = HttpResponse(text, content_type="application/atom+xml; charset=utf-8")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _atom(field: str) -> Atom1Feed:
    site, path = settings.PUBLIC_URL, reverse("feed")
    address = f"{site}{path}?{urlencode({'field': field})}" if field else f"{site}{path}"
    title = _("揭榜：榜单、延期与公示")
    if field:
        title = f"{title}（{Challenge.Field(field).label}）"
    atom = Atom1Feed(
        title,
        f"{site}/",
        _("榜单发布、截止延长、公示开始时更新"),
        language="zh-CN",
        feed_url=address,
        feed_guid=address,
    )
    for one in announcements(field):
        url = f"{site}{one.path}"
        atom.add_item(
            _spoken(one.title), url, format_html("<p>{}</p>", _spoken(one.text)),
            unique_id=get_tag_uri(f"{url}#{one.key}", one.at), pubdate=one.at, updateddate=one.at,
            author_name=_spoken(one.agency), categories=[one.category],
        )  # fmt: skip
    return atom


def _spoken(text: str) -> str:
    return _UNSPEAKABLE.sub("", text)
