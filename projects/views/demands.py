"""Technical demands: the table of everybody who may see some, one demand's page, the demander's form, the export."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Avg, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from accounts.roles import agencies_of, held_role, organisations_of
from config.csv_stream import csv_response
from config.paging import page_of, sorted_by
from config.stations import stations
from config.templatetags.jiebang import instant, shown_target, wan
from projects.demand_editing import may_edit, may_score
from projects.demand_forms import DemandForm, demand_indicator_forms
from projects.filters import DemandFilter
from projects.models import Challenge, ChallengeList, Demand
from projects.numbering import next_demand_number
from projects.queries import STAFF, challenges_visible_to, demands_visible_to, lists_calling_for_demands
from review.models import DemandScore
from review.models.demand_score import DIMENSIONS
from workflows import clock
from workflows.demand import DemandFlow
from workflows.engine import start
from workflows.locked import locked
from workflows.refused import Refused
from workflows.views import record_context

SORTS = {
    "number": "number",
    "list": "challenge_list__number",
    "unit": "demander__name",
    "money": "expected_yuan",
    "time": "submitted_at",
    "score": "mean_score",
}
#: The story's stations, drawn above a demand.
STATIONS = (
    (gettext_lazy("填写"), ["DRAFT", "REC_RETURNED"]),
    (gettext_lazy("推荐"), ["SUBMITTED"]),
    (gettext_lazy("待论证"), ["REC_ENDORSED"]),
    (gettext_lazy("论证"), ["APPRAISED_PASS", "APPRAISED_FAIL"]),
    (gettext_lazy("并入榜题"), ["MERGED"]),
)


def _rows(request: HttpRequest, form: DemandFilter) -> QuerySet[Demand]:
    rows = form.apply(demands_visible_to(request.user)).select_related("challenge_list", "demander", "merged_into")
    return sorted_by(rows, request, SORTS, "-number")


@login_required
def index(request: HttpRequest) -> HttpResponse:
    form = DemandFilter(request.GET, user=request.user)
    rows = _rows(request, form).defer("problem", "goal", "bidder_conditions", "ip_terms", "opinion", "endorsement")
    context = {
        "form": form,
        "page": page_of(rows, request),
        "is_staff": bool(agencies_of(request.user, *STAFF, Role.SUP)),
        "calls": _calls(request.user),
    }
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "projects/_demand_rows.html" if partial else "projects/demands.html", context)


def _calls(user: Any) -> list[ChallengeList]:
    """Running calls, for those who may answer them."""
    if not organisations_of(user, Role.DEM):
        return []
    rows = lists_calling_for_demands().filter(demand_close_at__gt=clock.now())
    return list(rows.select_related("agency").order_by("demand_close_at"))


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The table as CSV, same filter, same rows."""
    rows = _rows(request, DemandFilter(request.GET, user=request.user)).select_related("recommender")
    head = [
        _("需求编号"), _("需求名称"), _("榜单编号"), _("技术领域"), _("需求单位"), _("推荐单位"), _("期望榜金（万元）"),
        _("自有投入（万元）"), _("实施期限（月）"), _("状态"), _("提交时间"), _("论证平均分"), _("并入榜题"), _("考核指标"),
    ]  # fmt: skip
    lines = (
        [
            row.number, row.title, row.challenge_list.number, row.get_field_display(), row.demander.name,
            row.recommender.name if row.recommender else "", wan(row.expected_yuan), wan(row.own_yuan), row.months,
            row.get_state_display(), instant(row.submitted_at), row.mean_score if row.mean_score is not None else "",
            row.merged_into.number if row.merged_into else "",
            "；".join(f"{i.name} {shown_target(i)}" for i in row.indicators.all()),
        ]
        for row in rows.prefetch_related("indicators").iterator(chunk_size=500)
    )  # fmt: skip
    return csv_response("demands.csv", head, lines)


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = demands_visible_to(request.user).select_related(
        "challenge_list__rule_set", "challenge_list__agency", "demander", "recommender"
    )
    row = get_object_or_404(query, number=number)
    agency = row.challenge_list.agency_id
    is_inside = held_role(request.user, *STAFF, Role.SUP, agency=agency) is not None
    scores = list(row.scores.select_related("expert__user", "expert__organisation")) if is_inside else []
    context = {
        **record_context(row, request.user),
        "indicators": list(row.indicators.all()),
        "may_edit": may_edit(request.user, row),
        "may_score": may_score(request.user, row),
        "scores": scores,
        # Outside the agency the panel's view of each dimension, never who held it.
        "means": _means(row) if row.result else [],
        "challenge": _challenge(request.user, row),
        "stations": stations(STATIONS, row.state, ended=["MERGED"]),
        "is_demander": row.demander_id in organisations_of(request.user, Role.DEM),
        "pass_score": row.challenge_list.rule_set.rules.appraisal_pass_score,
    }
    return render(request, "projects/demand_detail.html", context)


def _challenge(user: Any, row: Demand) -> Challenge | None:
    if row.merged_into_id is None:
        return None
    return challenges_visible_to(user).filter(pk=row.merged_into_id).first()


def _means(row: Demand) -> list[tuple[Any, Any]]:
    found = row.scores.aggregate(**{name: Avg(name) for name in DIMENSIONS})
    return [(label_for_field(name, DemandScore), found[name]) for name in DIMENSIONS]


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A new demand for a list that calls for some."""
    if not organisations_of(request.user, Role.DEM):
        raise PermissionDenied(_("只有需求单位可以提出技术需求；请先由单位在“需求方”名下登记。"))
    return _form(request, Demand(contact_name=request.user.name, contact_phone=request.user.phone))  # type: ignore[union-attr]


@login_required
def edit(request: HttpRequest, number: str) -> HttpResponse:
    row = get_object_or_404(demands_visible_to(request.user).select_related("demander"), number=number)
    if not may_edit(request.user, row):
        raise PermissionDenied(_("需求提交后不可修改；如需修改，请推荐单位退回。"))
    with transaction.atomic():
        # Locked before it is compared: what a colleague has saved meanwhile is merged, not overwritten.
        return _form(request, locked(row) if request.method == "POST" else row)


def _form(request: HttpRequest, row: Demand) -> HttpResponse:
    """One page, one save: the demand and its indicator rows, or neither. What is saved is still a draft."""
    data = request.POST or None
    is_new = row.pk is None
    initial = {"challenge_list": lists_calling_for_demands().filter(number=request.GET.get("list", "")).first()}
    form = DemandForm(data, instance=row, user=request.user, initial=initial if is_new else None)
    rows = demand_indicator_forms(data, row)
    if data is not None and form.is_valid() and rows.is_valid():
        try:
            with transaction.atomic():
                _save(request, form, rows)
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("已保存为草稿。草稿不算提交：请核对后点“提交需求”。"))
            return redirect(form.instance.get_absolute_url())
    context = {"form": form, "rows": rows, "row": None if is_new else row}
    return render(request, "projects/demand_form.html", context, status=200 if data is None else 422)


def _save(request: HttpRequest, form: Any, rows: Any) -> None:
    demand = form.instance
    if demand.pk is None:
        demand.number = next_demand_number(demand.challenge_list)
        start(DemandFlow, form.save(commit=False), by=request.user)  # type: ignore[arg-type]
    elif demand.state not in Demand.EDITABLE:
        raise Refused("wrong_state", [_("需求已提交，不可修改；如需修改，请推荐单位退回。")])
    else:
        form.save()
    rows.instance = demand
    rows.save()
