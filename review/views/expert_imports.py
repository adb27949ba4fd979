"""Importing experts: the files to begin from, the upload, and the page on which every row's fate is read."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agency
from accounts.roles import agencies_of
from config.paging import SIZE, page_of
from review.models import ExpertImport
from review.pool.fates import Kind
from review.pool.forms import ImportForm
from review.pool.preview import read_import
from review.pool.reading import TableRefused
from review.pool.sample import sample
from review.pool.template import template
from review.queries import imports_visible_to
from review.views.experts import KEEPERS, may_look
from workflows.expert_import import upload
from workflows.refused import Refused
from workflows.views import record_context

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {
    Kind.NEW: (gettext_lazy("新增"), "good"),
    Kind.CHANGED: (gettext_lazy("更新"), "run"),
    Kind.SAME: (gettext_lazy("不变"), "plain"),
    Kind.REFUSED: (gettext_lazy("拒绝"), "bad"),
}


def _agencies(user: Any) -> QuerySet[Agency]:
    return Agency.objects.filter(pk__in=agencies_of(user, *KEEPERS)).select_related("organisation").order_by("pk")


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Upload a table; what was uploaded before."""
    may_look(request.user)
    agencies = _agencies(request.user)
    form = ImportForm(request.POST or None, request.FILES or None, agencies=agencies) if agencies else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied(_("导入由评审秘书或专业机构办理，请将文件交给他们。"))
        if form.is_valid() and (made := _upload(request, form)) is not None:
            return redirect(made)
    imports = imports_visible_to(request.user).select_related("uploaded_by", "agency").defer("rows", "preview")
    context = {"form": form, "page": page_of(imports.order_by("-pk"), request, 10)}
    return render(request, "review/expert_imports.html", context, status=422 if form and form.errors else 200)


def _upload(request: HttpRequest, form: ImportForm) -> ExpertImport | None:
    given = form.cleaned_data["file"]
    try:
        return upload(read_import(given.name, given.read()), form.cleaned_data["agency"], by=request.user)  # type: ignore[arg-type]
    except TableRefused as refusal:
        form.add_error("file", str(refusal))
    except Refused as refusal:
        form.add_error(None, refusal.sentences)
    return None


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Every row, fifty at a time; the refused ones first to be read. Nothing is written by looking."""
    rows = imports_visible_to(request.user).select_related("agency__organisation", "uploaded_by").defer("rows")
    row = get_object_or_404(rows, pk=pk)
    counts = {Kind.NEW: row.new_count, Kind.CHANGED: row.changed_count, Kind.SAME: row.same_count,
              Kind.REFUSED: row.refused_count}  # fmt: skip
    asked = request.GET.get("fate", "")
    shown = [fate for fate in row.preview if fate["kind"] == asked] if asked in KINDS else row.preview
    context = {
        **record_context(row, request.user),
        "tabs": [(kind.value, label, counts[kind]) for kind, (label, _tone) in KINDS.items()],
        "total": sum(counts.values()),
        "asked": asked,
        "page": (page := Paginator(shown, SIZE).get_page(request.GET.get("page"))),
        "fates": [(fate, *KINDS[Kind(fate["kind"])]) for fate in page],
    }
    return render(request, "review/expert_import_detail.html", context)


@login_required
def template_file(request: HttpRequest) -> HttpResponse:
    may_look(request.user)
    return _file("expert-template.xlsx", template())


@login_required
def sample_file(request: HttpRequest) -> HttpResponse:
    """Rows of every fate, made of one's own pool, to try the import with."""
    agency = _agencies(request.user).first()
    if agency is None:
        raise PermissionDenied(_("导入由评审秘书或专业机构办理，请将文件交给他们。"))
    return _file("expert-sample.xlsx", sample(agency))


def _file(name: str, content: bytes) -> HttpResponse:
    return HttpResponse(content, XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})
