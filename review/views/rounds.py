"""Review rounds: the index, one round with its panel, progress and scores, and a new one."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.roles import held_role
from config.paging import page_of
from config.stations import stations
from projects.queries import bids_visible_to, challenges_visible_to
from review.defence_queries import sessions_visible_to
from review.forms import RoundForm
from review.matrix import JUDGED, sees_counts, sees_names
from review.models import Assignment, Expert, ReviewRound, ScoreSheet
from review.queries import assignments_visible_to, draws_visible_to, name_of_expert, rounds_visible_to
from review.views.defences import may_plan_defence
from review.views.scores import score_table
from review.views.supervision import may_supervise
from workflows.actions import actions_for
from workflows.engine import start
from workflows.panel_opinion import marks_on, words_on
from workflows.refused import Refused
from workflows.review_permissions import is_chair, is_secretary
from workflows.review_round import ReviewRoundFlow
from workflows.views import record_context

#: The round's way, drawn above it.
STATIONS = (
    (_("已计划"), ["PLANNED"]),
    (_("抽取专家"), ["DRAWING"]),
    (_("名单确认"), ["CONFIRMED"]),
    (_("预览"), ["PREVIEW"]),
    (_("评分"), ["SCORING"]),
    (_("汇总"), ["COLLATING"]),
    (_("已结束"), ["CLOSED"]),
)


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
    query = rounds_visible_to(request.user).select_related(
        "challenge__challenge_list__rule_set", "secretary", "chair__expert"
    )
    row = get_object_or_404(query.distinct(), pk=pk)
    rules = row.challenge.challenge_list.rule_set.rules
    context = {
        **record_context(row, request.user),
        "challenge": row.challenge,
        "chair": row.chair if row.chair and row.chair.state in Assignment.SEATED else None,
        "stations": stations(STATIONS, row.state),
        "bid_count": row.challenge.bids.filter(state__in=JUDGED).count(),
        "seat_types": dict(Expert.SeatType.choices),
        "seats": _panel(request.user, row),
        "scores": score_table(row, request.user),
        "may_return": row.state == ReviewRound.State.SCORING and row.secretary_id == request.user.pk,
        "may_ask": row.state == ReviewRound.State.COLLATING and _runs_panel(request.user, row),
        "words": words_on(row),
        "seen_by": marks_on(row),
        "has_defence": rules.defence,
        "defences": sessions_visible_to(request.user).filter(round=row),
        "may_plan_defence": may_plan_defence(request.user, row),
        "supervises": may_supervise(request.user, row),
        "reads_bids": bids_visible_to(request.user).filter(challenge=row.challenge_id).exists(),
        "sees_match": rules.is_matched and sees_names(request.user, row) and row.matches.exists(),
        "sees_conflicts": sees_counts(request.user, row),
        "draws": draws_visible_to(request.user).filter(round=row).select_related("witness").order_by("-pk"),
    }
    return render(request, "review/round_detail.html", context)


def _runs_panel(user: Any, row: ReviewRound) -> bool:
    """Chair or secretary: may ask an expert about a flagged sheet."""
    flow = ReviewRoundFlow(row, by=user)
    return bool(is_chair(flow, user) or is_secretary(flow, user))


def _panel(user: Any, row: ReviewRound) -> list[tuple[Assignment, str, list[Any]]]:
    """Seats by alias; a name only where `name_of_expert` gives one."""
    seats = (
        assignments_visible_to(user)
        .filter(round=row)
        .select_related("expert__user", "expert__organisation", "round__challenge__challenge_list")
        .annotate(
            done=Count("sheets", filter=Q(sheets__state__in=ScoreSheet.COUNTED)),
            total=Count("sheets", filter=~Q(sheets__state=ScoreSheet.State.VOID)),
        )
        .order_by("alias")
    )
    return [
        (seat, name_of_expert(seat, user), actions_for(seat, user))  # type: ignore[arg-type]
        for seat in seats
    ]


@login_required
def new(request: HttpRequest, number: str) -> HttpResponse:
    """Plan a round over a challenge's accepted bids; who may, the flow says."""
    query = challenges_visible_to(request.user).select_related("challenge_list__rule_set", "challenge_list__agency")
    challenge = get_object_or_404(query, number=number)
    agency = challenge.challenge_list.agency_id
    if held_role(request.user, Role.OFF, Role.AGY, agency=agency) is None:
        raise PermissionDenied(_("只有本处室经办人可以新建评审轮次，请由其办理。"))
    form = RoundForm(request.POST or None, agency=agency)
    if request.method == "POST" and form.is_valid():
        row = ReviewRound(
            challenge=challenge,
            no=challenge.rounds.count() + 1,
            criteria=challenge.challenge_list.rule_set.rules.to_data()["criteria"],
            secretary=form.cleaned_data["secretary"],
        )
        try:
            start(ReviewRoundFlow, row, by=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            return redirect(row.get_absolute_url())
    context = {"form": form, "challenge": challenge, "accepted": challenge.bids.filter(state="ACCEPTED").count()}
    return render(request, "review/round_form.html", context, status=422 if form.is_bound else 200)
