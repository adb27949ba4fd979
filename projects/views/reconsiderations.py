"""复审: a team asks again, the queue, and one case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.case_filters import ReconsiderationFilter
from projects.models import Bid, FormalCheck
from projects.queries import bids_visible_to, formal_checks_visible_to, reconsiderations_visible_to
from projects.views.tables import Table
from workflows.actions import NextStep, next_step
from workflows.formal_check_items import LABELS
from workflows.reconsideration import ask_again
from workflows.refusals import last_day_to_file, refused_at
from workflows.refused import Refused
from workflows.views import record_context


class ReconsiderationForm(forms.Form):
    grounds = forms.CharField(
        label=gettext_lazy("复审理由"), min_length=10, max_length=3000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("对照不予受理的原因逐条写明：哪一条认定不符合事实，依据是什么。提出后可上传证明材料，由单位盖章。"),
        error_messages={"min_length": gettext_lazy("请写明复审理由：哪一条认定不符合事实，依据是什么。")},
    )  # fmt: skip


TABLE = Table(
    "reconsiderations", ReconsiderationFilter,
    sorts={"number": "number", "unit": "bid__organisation__name", "time": "sealed_at", "due": "decide_by", "state": "state"},
    columns=(
        (gettext_lazy("复审编号"), "number"), (gettext_lazy("申请"), "bid__title"), (gettext_lazy("牵头单位"), "bid__organisation__name"),
        (gettext_lazy("盖章提出"), "sealed_at"), (gettext_lazy("决定期限"), "decide_by"), (gettext_lazy("状态"), "state"),
    ),
)  # fmt: skip


def step_of_open(user: Any, bid: Bid) -> NextStep | None:
    """What the open reconsideration of a refused bid waits for: until then the refusal is not the last word."""
    rows = reconsiderations_visible_to(user).filter(bid=bid).order_by("-pk")
    return next((step for row in rows if (step := next_step(row, user))), None)


@login_required
def index(request: HttpRequest, as_csv: bool = False) -> HttpResponseBase:
    rows = reconsiderations_visible_to(request.user).select_related("bid__organisation")
    return TABLE.answer(request, rows, as_csv=as_csv)


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = reconsiderations_visible_to(request.user).select_related(
        "bid__challenge__challenge_list", "bid__organisation", "bid__pi", "reviewer"
    )
    row = get_object_or_404(query, number=number)
    return render(request, "projects/reconsideration_detail.html", record_context(row, request.user))


@login_required
def new(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Ask that a refusal be looked at again, within 15 days (domain 2.10)."""
    user: Any = request.user
    bid = get_object_or_404(bids_visible_to(user).select_related("challenge__challenge_list"), uuid=uuid)
    if bid.pi_id != user.pk:
        raise PermissionDenied(_("复审由项目负责人申请，单位盖章提出，请由其办理。"))
    form = ReconsiderationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = ask_again(bid, by=user, grounds=form.cleaned_data["grounds"])
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(
                request, _("复审申请 %s 已填写。请上传证明材料，并请单位管理员在期限内盖章提出。") % row.number
            )
            return redirect(row.get_absolute_url())
    refused = refused_at(bid)
    context = {
        "form": form,
        "bid": bid,
        "check": formal_checks_visible_to(user).filter(bid=bid, result=FormalCheck.Result.REJECT).first(),
        "names": LABELS,
        "last_day": last_day_to_file(refused) if refused else None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "projects/reconsideration_form.html", context, status=status)
