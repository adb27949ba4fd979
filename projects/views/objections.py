"""Objections: filing one against a notice, the queue, and one case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.case_filters import ObjectionFilter
from projects.disclosure import (
    may_see_author_of_objection,
    may_see_defence,
    may_see_finding,
    may_see_grounds,
    may_see_verdict,
)
from projects.objection_forms import ObjectionForm
from projects.queries import notices_visible_to, objections_visible_to
from projects.views.tables import Table
from workflows.objection import bids_in, file_objection
from workflows.refused import Refused
from workflows.views import record_context

TABLE = Table(
    "objections", ObjectionFilter,
    sorts={"number": "number", "notice": "notice__number", "time": "created_at", "due": "reply_due_on", "state": "state"},
    # What the page shows and no more: neither author nor grounds.
    columns=(
        (gettext_lazy("异议编号"), "number"), (gettext_lazy("公示编号"), "notice__number"), (gettext_lazy("公示"), "notice__title"),
        (gettext_lazy("提出时间"), "created_at"), (gettext_lazy("答复期限"), "reply_due_on"), (gettext_lazy("状态"), "state"),
    ),
)  # fmt: skip


@login_required
def index(request: HttpRequest, as_csv: bool = False) -> HttpResponseBase:
    return TABLE.answer(request, objections_visible_to(request.user).select_related("notice"), as_csv=as_csv)


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = objections_visible_to(request.user).select_related("notice__agency", "bid", "investigator")
    row = get_object_or_404(query, number=number)
    context = {
        **record_context(row, request.user),
        "shows_author": may_see_author_of_objection(request.user, row),
        "shows_grounds": may_see_grounds(request.user, row),
        "shows_verdict": may_see_verdict(request.user, row),
        "shows_finding": may_see_finding(request.user, row),
        "shows_defence": may_see_defence(request.user, row),
    }
    return render(request, "projects/objection_detail.html", context)


@login_required
def new(request: HttpRequest, number: str) -> HttpResponse:
    """File an objection by real name while the notice runs (domain 2.10)."""
    notice = get_object_or_404(notices_visible_to(request.user), number=number)
    user: Any = request.user
    form = ObjectionForm(
        request.POST or None, bids=bids_in(notice), initial={"author_name": user.name, "author_contact": user.phone}
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = file_objection(notice, by=user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("异议已收到，编号 %s。办理进展会通知您；您的身份受保护。") % row.number)
            return redirect(row.get_absolute_url())
    status = 422 if form.is_bound else 200
    return render(request, "projects/objection_form.html", {"form": form, "notice": notice}, status=status)
