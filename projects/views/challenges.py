"""Challenges: search, one challenge's page, and the officer's form with its indicators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import agencies_of, held_role
from config.paging import page_of, sorted_by
from projects.disclosure import may_see_demander
from projects.filters import ChallengeFilter
from projects.forms import ChallengeForm, indicator_forms
from projects.models import Challenge, ChallengeList
from projects.queries import STAFF, bids_visible_to, challenges_visible_to, lists_visible_to, races_visible_to
from projects.search import title_first
from workflows import clock
from workflows.challenge import ChallengeFlow
from workflows.engine import start
from workflows.locked import locked
from workflows.refused import Refused
from workflows.views import record_context

SORTS = {"close": "challenge_list__bid_close_at", "money": "cap_yuan", "number": "number"}


def index(request: HttpRequest) -> HttpResponse:
    """Search; htmx asks for the rows alone."""
    form = ChallengeFilter(request.GET)
    words = form.words
    rows = form.apply(challenges_visible_to(request.user))
    rows = rows.select_related("challenge_list__agency", "challenge_list__rule_set", "demander")
    if words:
        rows = rows.prefetch_related("indicators")
    if words and not form.value("sort"):
        rows = title_first(rows, words)
    else:
        rows = sorted_by(rows, request, SORTS, "-close")
    field = form.value("field")
    area = Challenge.Field(field) if field else None
    context = {"form": form, "page": page_of(rows, request), "words": words, "area": area}
    partial = (
        request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"
    )
    template = "projects/_challenge_rows.html" if partial else "projects/challenges.html"
    response = render(request, template, context)
    # The same address answers with a page or with its rows: caches must keep them apart.
    response.headers["Vary"] = "HX-Request, Cookie, Accept-Language"
    return response


def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = challenges_visible_to(request.user).select_related(
        "challenge_list__agency__organisation", "challenge_list__rule_set", "demander"
    )
    row = get_object_or_404(query, number=number)
    agency = row.challenge_list.agency_id
    is_staff = held_role(request.user, *STAFF, Role.SEC, agency=agency) is not None
    indicators = list(row.indicators.all())
    rounds = list(row.rounds.all()) if is_staff else []
    close = row.challenge_list.bid_close_at
    context = {
        **record_context(row, request.user),
        "challenge_list": row.challenge_list,
        "amendments": list(row.challenge_list.amendments.all()),
        "reposted_from": challenges_visible_to(request.user).filter(reposted_as=row).first(),
        "reposted_as": challenges_visible_to(request.user).filter(reposted_from=row).first(),
        "rules": row.challenge_list.rule_set.rules,
        "indicators": indicators,
        "milestone_nos": sorted({no for i in indicators for no in i.milestone_values}, key=int),
        "shows_demander": may_see_demander(request.user, row),
        "is_staff": is_staff,
        # By the stored instant: bidders close before the list does, which waits for recommenders.
        "is_open": row.state == Challenge.State.OPEN and close is not None and clock.now() < close,
        "may_edit": _may_edit(request.user, row),
        "bids": _bids(request.user, row),
        "rounds": rounds,
        "may_plan_round": row.state == Challenge.State.UNDER_REVIEW
        and held_role(request.user, Role.OFF, Role.AGY, agency=agency) is not None
        and all(r.state == "ABORTED" for r in rounds),
        "race": races_visible_to(request.user).filter(challenge=row).first(),
    }
    return render(request, "projects/challenge_detail.html", context)


def _bids(user: Any, row: Challenge) -> Any:
    return bids_visible_to(user).filter(challenge=row).select_related("organisation", "pi").order_by("-score", "pk")


def _may_edit(user: Any, row: Challenge) -> bool:
    officer = held_role(user, Role.OFF, Role.AGY, agency=row.challenge_list.agency_id)
    return officer is not None and row.state == Challenge.State.DRAFT


@login_required
def new(request: HttpRequest, number: str) -> HttpResponse:
    parent = get_object_or_404(lists_visible_to(request.user), number=number)
    if parent.agency_id not in agencies_of(request.user, Role.OFF, Role.AGY):
        raise PermissionDenied(_("只有本处室经办人可以新建榜题，请由其办理。"))
    return _form(request, parent, Challenge(challenge_list=parent, number=_next_number(parent)))


@login_required
def edit(request: HttpRequest, number: str) -> HttpResponse:
    row = get_object_or_404(challenges_visible_to(request.user).select_related("challenge_list"), number=number)
    if not _may_edit(request.user, row):
        raise PermissionDenied(_("榜题入榜后不可修改；如需调整，请在发榜后发布更正公告。"))
    with transaction.atomic():
        # Locked before it is compared: what another has saved meanwhile is merged, not overwritten.
        fresh = locked(row) if request.method == "POST" else row
        return _form(request, row.challenge_list, fresh)


def _next_number(parent: ChallengeList) -> str:
    return f"{parent.number}-{parent.challenges.count() + 1:02d}"


def _form(request: HttpRequest, parent: ChallengeList, row: Challenge) -> HttpResponse:
    """One page, one save: the challenge and its indicator rows, or neither."""
    data = request.POST or None
    form, rows = ChallengeForm(data, instance=row), indicator_forms(data, row)
    if data is not None and form.is_valid() and rows.is_valid():
        try:
            with transaction.atomic():
                _save(request, form, rows)
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("榜题已保存。"))
            return redirect(row.get_absolute_url())
    context = {"form": form, "rows": rows, "parent": parent, "row": row if row.pk else None}
    return render(request, "projects/challenge_form.html", context, status=200 if data is None else 422)


def _save(request: HttpRequest, form: Any, rows: Any) -> None:
    if form.instance.pk is None:
        start(ChallengeFlow, form.save(commit=False), by=request.user)  # type: ignore[arg-type]
    elif form.instance.state != Challenge.State.DRAFT:
        raise Refused("wrong_state", [_("榜题已入榜，不可修改；如需调整，请在发榜后发布更正公告。")])
    else:
        form.save()
    rows.instance = form.instance
    rows.save()
