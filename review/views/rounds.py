"""Review rounds: the index, one round with its panel, progress and scores, and the draws behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Role
from accounts.roles import held_role
from config.paging import page_of
from review.models import Assignment, DrawRecord, ReviewRound
from review.queries import assignments_visible_to, name_of_expert, rounds_visible_to
from review.views.scores import score_table
from workflows.actions import actions_for
from workflows.views import record_context


@login_required
def index(request: HttpRequest) -> HttpResponse:
    seated = Q(assignments__state__in=Assignment.SEATED)
    rows = rounds_visible_to(request.user).select_related("challenge__challenge_list").annotate(
        seats=Count("assignments", filter=seated, distinct=True),
        handed_in=Count("assignments", filter=Q(assignments__state__in=["SUBMITTED", "LOCKED"]), distinct=True),
    )  # fmt: skip
    return render(request, "review/rounds.html", {"page": page_of(rows.order_by("-pk"), request)})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = rounds_visible_to(request.user).select_related("challenge__challenge_list__rule_set", "secretary")
    row = get_object_or_404(query.distinct(), pk=pk)
    context = {
        **record_context(row, request.user),
        "challenge": row.challenge,
        "seats": _panel(request.user, row),
        "scores": score_table(row, request.user),
        "draws": row.draws.select_related("witness").order_by("-pk") if _may_see_draws(request.user, row) else [],
    }
    return render(request, "review/round_detail.html", context)


def _may_see_draws(user: Any, row: ReviewRound) -> bool:
    agency = row.challenge.challenge_list.agency_id
    return held_role(user, Role.SUP, Role.OFF, Role.AGY, Role.SEC, Role.LEAD, agency=agency) is not None


def _panel(user: Any, row: ReviewRound) -> list[dict[str, Any]]:
    """Seats by alias; a name only where `name_of_expert` gives one."""
    seats = (
        assignments_visible_to(user)
        .filter(round=row)
        .select_related("expert__user", "expert__organisation", "round__challenge__challenge_list")
        .annotate(done=Count("sheets", filter=Q(sheets__state__in=["SUBMITTED", "LOCKED"])), total=Count("sheets"))
        .order_by("alias")
    )
    return [
        {"seat": seat, "name": name_of_expert(seat, user), "actions": actions_for(seat, user)}  # type: ignore[arg-type]
        for seat in seats
    ]


@login_required
def draws(request: HttpRequest) -> HttpResponse:
    """Draw records of the rounds one may see: for the supervisor who witnessed them."""
    rows = DrawRecord.objects.filter(round__in=rounds_visible_to(request.user)).select_related(
        "round__challenge", "witness"
    )
    return render(request, "review/draws.html", {"page": page_of(rows.order_by("-pk"), request)})


@login_required
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(DrawRecord.objects.select_related("round__challenge__challenge_list", "witness"), pk=pk)
    if not rounds_visible_to(request.user).filter(pk=row.round_id).exists() or not _may_see_draws(request.user, row.round):
        raise Http404
    shows_seed = row.round.state in (ReviewRound.State.CLOSED, ReviewRound.State.ABORTED)
    return render(request, "review/draw_detail.html", {"draw": row, "round": row.round, "shows_seed": shows_seed})
