"""Public notices: the index and one notice with its rows, its days and how to object."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy

from projects.case_filters import NoticeFilter
from projects.models import PublicNotice
from projects.queries import notices_visible_to, objections_visible_to
from projects.views.tables import Table
from workflows import clock
from workflows.views import record_context

TABLE = Table(
    "notices", NoticeFilter,
    sorts={"title": "title", "kind": "kind", "agency": "agency__short_name", "days": "starts_on", "state": "state"},
    columns=(
        (gettext_lazy("公示编号"), "number"), (gettext_lazy("公示"), "title"), (gettext_lazy("类别"), "kind"),
        (gettext_lazy("部门"), "agency__short_name"), (gettext_lazy("公示开始"), "starts_on"),
        (gettext_lazy("公示结束"), "ends_on"), (gettext_lazy("状态"), "state"),
    ),
    default="-days",
)  # fmt: skip


def index(request: HttpRequest, as_csv: bool = False) -> HttpResponseBase:
    return TABLE.answer(request, notices_visible_to(request.user).select_related("agency"), as_csv=as_csv)


def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = notices_visible_to(request.user).select_related(
        "agency__organisation", "decision__challenge_list", "race__challenge", "acceptance__project"
    )
    row = get_object_or_404(query, number=number)
    objections = objections_visible_to(request.user).filter(notice=row)
    context = {
        **record_context(row, request.user),
        "objections": objections,
        # By the stored day: the sweep that ends it may come late.
        "is_ongoing": row.state == PublicNotice.State.ONGOING and clock.today() <= (row.ends_on or date.min),
    }
    return render(request, "projects/notice_detail.html", context)
