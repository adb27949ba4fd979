"""Public notices: the index and one notice with its rows, its days and how to object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from config.paging import page_of
from projects.models import PublicNotice
from projects.queries import notices_visible_to, objections_visible_to
from workflows.notice import COLUMNS
from workflows.views import record_context

@dataclass(frozen=True)
class Column:
    name: str
    label: Any

    @property
    def is_money(self) -> bool:
        return self.name == "yuan"


#: Headings of what a notice may show, in the order of `workflows.notice.COLUMNS`.
HEADINGS = {
    "number": _("编号"),
    "title": _("项目名称"),
    "unit": _("牵头单位"),
    "pi": _("项目负责人"),
    "yuan": _("拟支持经费（万元）"),
    "period": _("实施周期"),
    "outcome": _("结论"),
}


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
    columns = [Column(name, HEADINGS[name]) for name in COLUMNS if any(name in line for line in row.rows)]
    context = {
        **record_context(row, request.user),
        "columns": columns,
        "rows": [[(column, line.get(column.name)) for column in columns] for line in row.rows],
        "objections": objections,
        "is_ongoing": row.state == PublicNotice.State.ONGOING,
    }
    return render(request, "projects/notice_detail.html", context)
