"""Public notices: the index and one notice with its rows, its days and how to object."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from config.paging import page_of
from projects.models import PublicNotice
from projects.queries import notices_visible_to, objections_visible_to
from workflows import clock
from workflows.views import record_context


def index(request: HttpRequest) -> HttpResponse:
    rows = notices_visible_to(request.user).select_related("agency").order_by("-starts_on", "-pk")
    kind = request.GET.get("kind", "")
    if kind in PublicNotice.Kind.values:
        rows = rows.filter(kind=kind)
    context = {"page": page_of(rows, request), "kinds": PublicNotice.Kind.choices, "kind": kind}
    return render(request, "projects/notices.html", context)


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
