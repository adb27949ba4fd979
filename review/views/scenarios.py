"""推演存档: keep a scenario with the round or the list, and hand one out as JSON."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from attachments import store
from review.calibration.scenario import Scenario
from review.calibration.trials import what_if
from review.models import ReviewRound
from review.queries import scenarios_visible_to
from review.scenario_forms import KeepForm, WhatIfForm
from review.views.analysis import page
from review.views.analysis_matter import Matter, list_matter, round_matter
from workflows.saved_scenarios import keep_scenario, result_digest
from workflows.score_books import NothingToTry


@login_required
@require_POST
def keep_of_round(request: HttpRequest, pk: int) -> HttpResponse:
    return _keep(request, round_matter(request.user, pk))


@login_required
@require_POST
def keep_of_list(request: HttpRequest, number: str) -> HttpResponse:
    return _keep(request, list_matter(request.user, number))


def _keep(request: HttpRequest, matter: Matter) -> HttpResponse:
    keep = KeepForm(request.POST)
    try:
        records = matter.records()
    except NothingToTry as nothing:
        messages.error(request, str(nothing))
        return redirect(matter.address)
    form = WhatIfForm(request.POST, start=records.published, book=records.book)
    if not keep.is_valid() or not form.is_valid():
        return page(request, matter, keep, status=422)
    scenario = form.scenario(keep.cleaned_data["name"])
    kept = keep_scenario(matter.row, records, scenario, by=request.user, note=keep.cleaned_data["note"])  # type: ignore[arg-type]
    messages.success(request, _("已存档：%s。存档不改变任何分数和结论，内容不能再修改。") % kept)
    return redirect(f"{kept.get_absolute_url()}#what-if")


@login_required
@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """`scenario.json`: the rules that were tried, and the figures computed anew beside the digest that was kept."""
    found = get_object_or_404(scenarios_visible_to(request.user), pk=pk)
    target = found.round or found.challenge_list
    matter = (
        round_matter(request.user, target.pk)
        if isinstance(target, ReviewRound)
        else list_matter(request.user, target.number)  # type: ignore[union-attr]
    )
    try:
        records = matter.records()
    except NothingToTry as nothing:  # the round was broken off after this was kept
        raise Http404(str(nothing)) from nothing
    result = what_if(records.book, records.published, Scenario.from_json(found.scenario))
    document = {
        "about": str(target),
        "name": str(found),
        "note": found.note,
        "at": found.at.isoformat(timespec="seconds"),
        "kept": {"scenario": found.digest, "book": found.book_digest, "result": found.result_digest},
        "result_digest": result_digest(result),
        "result": result.to_json(),
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": store.content_disposition(f"推演 {found.pk}.json")}
    return HttpResponse(text, content_type="application/json", headers=headers)
