"""个别延期: a team asks for a later close, the queue, and one case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.case_filters import ExtensionFilter
from projects.closing import last_close_of
from projects.queries import bids_visible_to, extensions_visible_to
from projects.views.bids import bid_of
from projects.views.tables import Table
from workflows.extension import ask_extension
from workflows.refused import Refused
from workflows.timeline import knows_officers
from workflows.views import record_context


class ExtensionForm(forms.Form):
    grounds = forms.CharField(
        label=gettext_lazy("延期理由"), min_length=10, max_length=1000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("写明发生了什么、何时、有何证据（例：平台故障的截图、停电通知）。提出后可上传证明材料。"),
        error_messages={"min_length": gettext_lazy("请写明延期理由：发生了什么、何时、有何证据，不少于 10 个字。")},
    )  # fmt: skip


TABLE = Table(
    "extensions", ExtensionFilter,
    sorts={"number": "number", "unit": "bid__organisation__name", "time": "created_at", "until": "bid_until", "state": "state"},
    columns=(
        (gettext_lazy("延期编号"), "number"), (gettext_lazy("申请"), "bid__title"), (gettext_lazy("牵头单位"), "bid__organisation__name"),
        (gettext_lazy("提出时间"), "created_at"), (gettext_lazy("延至"), "bid_until"), (gettext_lazy("状态"), "state"),
    ),
)  # fmt: skip


@login_required
def index(request: HttpRequest, as_csv: bool = False) -> HttpResponseBase:
    rows = extensions_visible_to(request.user).select_related("bid__organisation", "bid__challenge")
    return TABLE.answer(request, rows, as_csv=as_csv)


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = extensions_visible_to(request.user).select_related(
        "bid__challenge__challenge_list", "bid__organisation", "bid__pi", "endorsed_by", "granted_by"
    )
    row = get_object_or_404(query, number=number)
    # Whoever decides on the extension does not thereby read a draft.
    may_open = bids_visible_to(request.user).filter(pk=row.bid_id).exists()
    context = {"may_open_bid": may_open, "knows_officers": knows_officers(row, request.user)}
    return render(request, "projects/extension_detail.html", {**record_context(row, request.user), **context})


@login_required
def new(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Ask that the close be moved for one bid."""
    user: Any = request.user
    bid = bid_of(request, uuid)
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = ask_extension(bid, by=user, grounds=form.cleaned_data["grounds"])
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("延期申请 %s 已提出。准予之前，原截止时间不变，请继续抓紧提交。") % row.number)
            return redirect(row.get_absolute_url())
    context = {"form": form, "bid": bid, "closes_at": last_close_of(bid)}
    return render(request, "projects/extension_form.html", context, status=422 if form.is_bound else 200)
