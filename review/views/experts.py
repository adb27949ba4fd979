"""The expert pool for those who keep it: the table, its export, one entry with what may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Agency, IntegrityRecord, Role
from accounts.roles import agencies_of, held_role
from config.csv_stream import csv_response
from config.paging import page_of, sorted_by
from review.affinity.disciplines import dotted, shown_discipline
from review.credit import YEARS_COUNTED
from review.models import Assignment, Expert
from review.pool.columns import FIELD
from review.pool.filters import ExpertFilter
from review.pool.forms import CreditForm, ReasonForm
from review.pool.standing import shown_standing, with_standing
from review.queries import experts_visible_to, pool_kept_by
from workflows import clock, pool
from workflows.models import AuditEntry
from workflows.refused import Refused

KEEPERS = (Role.SEC, Role.AGY)
SORTS = {
    "name": "user__name", "unit": "organisation__name", "type": "seat_type", "credit": "credit",
    "until": "valid_until", "title": "title",
}  # fmt: skip
#: Steps of `workflows.pool` that the page's forms may ask for, with the reason they give.
STEPS: dict[str, Callable[..., None]] = {"renew": pool.renew, "take_out": pool.take_out, "take_in": pool.take_in}


def may_look(user: Any) -> None:
    """Raises PermissionDenied for whoever neither keeps nor supervises a pool (domain 3.6)."""
    if not agencies_of(user, Role.SEC, Role.SUP, Role.AGY):
        raise PermissionDenied(_("专家库只对评审秘书、专业机构和监督员开放，经办人只见代号；需要办理的，请联系他们。"))


def _rows(request: HttpRequest) -> tuple[ExpertFilter, QuerySet[Expert]]:
    may_look(request.user)
    agencies = Agency.objects.filter(pk__in=agencies_of(request.user, Role.SEC, Role.SUP, Role.AGY))
    form = ExpertFilter(request.GET, agencies=agencies.select_related("organisation"))
    rows = form.apply(with_standing(pool_kept_by(request.user), clock.today()))
    rows = rows.select_related("user", "organisation", "agency").defer("achievements", "organisation__introduction")
    return form, sorted_by(rows, request, SORTS, "name")


@login_required
def index(request: HttpRequest) -> HttpResponse:
    form, rows = _rows(request)
    page = page_of(rows, request)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, *shown_standing(row.standing), fields_of(row)) for row in page],  # type: ignore[attr-defined]
        "keeps": bool(agencies_of(request.user, *KEEPERS)),
        "several": len(agencies_of(request.user, Role.SEC, Role.SUP, Role.AGY)) > 1,
    }
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "review/_expert_rows.html" if partial else "review/experts.html", context)


def fields_of(row: Expert) -> list[str]:
    return [str(dict(FIELD.choices).get(value, value)) for value in row.fields]


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The table as CSV, same filter, same rows. Identity and bank numbers are not in it: they are not even read."""
    _form, rows = _rows(request)
    head = [
        _("姓名"), _("工作单位"), _("单位性质"), _("专家类型"), _("职称"), _("职务"), _("技术领域"), _("学科代码"), _("研究方向"),
        _("学历"), _("学位"), _("所学专业"), _("所在地区"), _("在职状态"), _("手机"), _("邮箱"), _("状态"), _("信誉等级"),
        _("信誉分"), _("有效期至"),
    ]  # fmt: skip
    lines = (
        [
            row.user.name, row.organisation.name, row.organisation.get_kind_display(), row.get_seat_type_display(),
            row.title, row.position, "、".join(fields_of(row)), "、".join(map(dotted, row.discipline_codes)), "、".join(row.keywords),
            row.get_education_display(), row.get_degree_display(), row.speciality, row.region,
            row.get_employment_display(), row.user.phone, row.user.email, shown_standing(row.standing)[0], row.grade,  # type: ignore[attr-defined]
            row.credit, row.valid_until,  # type: ignore[attr-defined]
        ]
        for row in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return csv_response("experts.csv", head, lines)


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = _entry(request, pk)
    if not pool_kept_by(request.user).filter(pk=pk).exists():
        return redirect("expert_profile", row.agency.code)  # one's own
    return _page(request, row)


@login_required
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """A step on one entry, asked for by a form of its page."""
    row = _entry(request, pk)
    form = _credit_form(request, row) if step == "credit" else ReasonForm(request.POST or None)
    if request.method != "POST" or (step != "credit" and step not in STEPS):
        return redirect(row)
    if form.is_valid():
        try:
            if step == "credit":
                data = form.cleaned_data
                pool.note_credit(row, data["event"], by=request.user, note=data["reason"])  # type: ignore[arg-type]
            else:
                STEPS[step](row, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("已办理：%s") % pool.STEPS["note_credit" if step == "credit" else step])
            return redirect(row)
    return _page(request, row, {step: form}, status=422)


def _entry(request: HttpRequest, pk: int) -> Expert:
    rows = with_standing(experts_visible_to(request.user), clock.today())
    return get_object_or_404(
        rows.select_related("user", "organisation", "agency", "recommending_unit").distinct(), pk=pk
    )


def _credit_form(request: HttpRequest, row: Expert, bound: bool = True) -> CreditForm:
    is_supervisor = held_role(request.user, Role.SUP, agency=row.agency_id) is not None
    return CreditForm((request.POST or None) if bound else None, grave=is_supervisor, auto_id="credit_%s")


def _page(request: HttpRequest, row: Expert, forms: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    user, given = request.user, forms or {}
    keeps = held_role(user, *KEEPERS, agency=row.agency_id) is not None and row.user_id != user.pk
    supervises = held_role(user, Role.SUP, agency=row.agency_id) is not None
    label, tone = shown_standing(row.standing)  # type: ignore[attr-defined]
    steps = ["renew", "take_out" if row.is_active else "take_in"] if keeps else []
    context = {
        "expert": row,
        "standing": label,
        "tone": tone,
        "fields": fields_of(row),
        "disciplines": [shown_discipline(code) for code in row.discipline_codes],
        "leaves": list(row.leaves.filter(ends_on__gte=clock.today())),
        "credits": list(row.credits.select_related("round__challenge", "noted_by")[:30]),
        "years": YEARS_COUNTED,
        "bars": list(IntegrityRecord.objects.filter(user=row.user_id).order_by("-in_force_from")),
        "panels": row.assignments.filter(state__in=Assignment.SEATED).count(),
        "steps": [
            (step, pool.STEPS[step], given.get(step) or ReasonForm(auto_id=f"{step}_%s"), step in given) for step in steps
        ],
        "credit_form": (given.get("credit") or _credit_form(request, row, bound=False)) if keeps or supervises else None,
        "credit_open": "credit" in given,
        "history": _history(row),
        "form": next(iter(given.values()), None),
    }  # fmt: skip
    return render(request, "review/expert_detail.html", context, status=status)


def _history(row: Expert) -> list[tuple[AuditEntry, Any]]:
    entries = AuditEntry.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk)).order_by("-seq")
    return [(entry, pool.STEPS.get(entry.transition, entry.transition)) for entry in entries.defer("payload")[:20]]
