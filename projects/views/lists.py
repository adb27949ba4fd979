"""Challenge lists: the public index, one list's page, and the officer's forms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import agencies_of, held_role
from config.paging import page_of, sorted_by
from projects.filters import ListFilter
from projects.forms import ChallengeListForm
from projects.models import Bid, Challenge, ChallengeList
from projects.queries import STAFF, bids_visible_to, challenges_visible_to, lists_visible_to
from projects.views.demand_merging import merging_context
from review.models import Expert
from review.queries import analysed_lists_visible_to
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import start
from workflows.list_signatures import signed
from workflows.refused import Refused
from workflows.simulation.simulate import BEFORE
from workflows.views import record_context

SORTS = {
    "year": "year", "number": "number", "agency": "agency__short_name", "mode": "rule_set__mode",
    "challenges": "challenge_count", "close": "bid_close_at", "state": "state",
}  # fmt: skip
#: What the officer may still correct in each state; the rest is fixed by approval.
EDITABLE = [
    ChallengeList.State.DRAFT, ChallengeList.State.COLLECTING, ChallengeList.State.APPRAISING,
    ChallengeList.State.DEMAND_NOTICE, ChallengeList.State.APPROVED,
]  # fmt: skip

#: The leader sets the closing instants before publishing (domain 2.1 APPROVED → PUBLISHED).
EDITORS = (Role.OFF, Role.AGY, Role.LEAD)


def index(request: HttpRequest) -> HttpResponse:
    form = ListFilter(request.GET)
    rows = form.apply(lists_visible_to(request.user)).select_related("agency", "division", "rule_set")
    rows = rows.annotate(challenge_count=Count("challenges", filter=~Q(challenges__state="DRAFT")))
    rows = sorted_by(rows, request, SORTS, "-year")
    context = {
        "form": form,
        "page": page_of(rows, request),
        "may_create": bool(agencies_of(request.user, Role.OFF, Role.AGY)),
    }
    return render(request, "projects/lists.html", context)


def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = lists_visible_to(request.user).select_related("agency__organisation", "division", "rule_set")
    row = get_object_or_404(query, number=number)
    is_staff = held_role(request.user, *STAFF, agency=row.agency_id) is not None
    is_officer = held_role(request.user, Role.OFF, Role.AGY, agency=row.agency_id) is not None
    is_editor = held_role(request.user, *EDITORS, agency=row.agency_id) is not None
    works_here = is_staff or held_role(request.user, Role.SEC, Role.SUP, agency=row.agency_id) is not None
    challenges = _challenges(request.user, row)
    context = {
        **record_context(row, request.user),
        "amendments": list(row.amendments.all()),
        "signing": _signing(row) if is_staff else [],
        "rules": row.rule_set.rules,
        "class_shares": [(Expert.SeatType(kind).label, n) for kind, n in row.rule_set.rules.class_weights.items()],
        "seats": [(Expert.SeatType(kind).label, n) for kind, n in row.rule_set.rules.panel_seats.items() if n],
        "challenges": challenges,
        "is_staff": is_staff,
        "may_edit": is_editor and row.state in EDITABLE,
        "may_simulate": is_editor and row.state in BEFORE,
        "may_analyse": works_here and analysed_lists_visible_to(request.user).filter(pk=row.pk).exists(),
        "may_add": is_officer and row.state in EDITABLE[:3],
        **(merging_context(request.user, row) if row.rule_set.rules.collects_demands and is_staff else {}),
        "bid_states": _bid_states(request.user, row) if is_staff else [],
        "is_draft": row.state not in ChallengeList.PUBLIC_STATES,
        "notices": row.award_decision.notices.exclude(state="DRAFT") if hasattr(row, "award_decision") else [],
    }
    return render(request, "projects/list_detail.html", context)


def _signing(row: ChallengeList) -> list[dict[str, Any]]:
    """The approval chain, step by step, for the text as it is now."""
    roles = row.rule_set.rules.list_signers
    have = signed(row) if roles else {}
    return [{"label": Role(role).label, "signature": have.get(role)} for role in roles]


def _challenges(user: Any, row: ChallengeList) -> QuerySet[Challenge]:
    handed_in = Q(bids__state__in=Bid.HANDED_IN)
    return (
        challenges_visible_to(user)
        .filter(challenge_list=row)
        .select_related("demander")
        .annotate(bid_count=Count("bids", filter=handed_in))
        .order_by("number")
    )


def _bid_states(user: Any, row: ChallengeList) -> list[dict[str, Any]]:
    """How many bids stand in each state, in the order of the bid's story."""
    counts = dict(
        bids_visible_to(user)
        .filter(challenge__challenge_list=row)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    return [{"state": s.value, "label": s.label, "count": counts[s]} for s in Bid.State if counts.get(s)]


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A new list under one published rule set."""
    agencies = agencies_of(request.user, Role.OFF, Role.AGY)
    if not agencies:
        raise PermissionDenied(_("只有业务处室经办人可以新建榜单，请由其办理。"))
    form = ChallengeListForm(request.POST or None, agencies=agencies)
    if request.method == "POST" and form.is_valid():
        row = form.save(commit=False)
        row.agency_id = row.division.agency_id
        try:
            start(ChallengeListFlow, row, by=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("榜单已建立。请继续新建榜题，再启动征集与论证。"))
            return redirect(row.get_absolute_url())
    status = 422 if form.is_bound else 200
    return render(request, "projects/list_form.html", {"form": form}, status=status)


@login_required
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Correct facts of a list before it is published; its state is not touched here."""
    row = get_object_or_404(lists_visible_to(request.user), number=number)
    if held_role(request.user, *EDITORS, agency=row.agency_id) is None:
        raise PermissionDenied(_("只有本部门经办人和厅局领导可以修改榜单，请由其办理。"))
    with transaction.atomic():
        # Locked: approval in the same moment must not meet half-changed facts.
        row = ChallengeList.objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.state not in EDITABLE:
            messages.error(request, _("榜单已发榜，榜题与时间不可再改；延长截止请用“延长截止”操作。"))
            return redirect(row.get_absolute_url())
        form = ChallengeListForm(request.POST or None, instance=row, agencies={row.agency_id})
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, _("已保存。"))
            return redirect(row.get_absolute_url())
    status = 422 if form.is_bound else 200
    return render(request, "projects/list_form.html", {"form": form, "row": row}, status=status)
