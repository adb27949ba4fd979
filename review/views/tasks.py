"""An expert's tasks: what he was asked to judge, the invitation, the pledge, the reading list."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from config.paging import page_of
from review.defence_queries import sessions_visible_to
from review.models import Assignment, Expert, ScoreSheet
from review.queries import READABLE, assignments_visible_to, bids_for_review, sheets_visible_to
from review.reading_order import in_reading_order
from workflows.panel_opinion import words_on
from workflows.views import record_context


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """My seats, those that wait for me first."""
    done = Count("sheets", filter=Q(sheets__state__in=ScoreSheet.COUNTED))
    rows = (
        assignments_visible_to(request.user)  # type: ignore[misc]
        .filter(expert__user=request.user)
        .select_related("round__challenge__challenge_list__agency")
        .annotate(total=Count("sheets", filter=~Q(sheets__state=ScoreSheet.State.VOID)), done=done)
        .order_by("-pk")
    )
    return render(request, "review/tasks.html", {"page": page_of(rows, request)})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Before the pledge: what it is about. After it: the bids to read and score."""
    query = assignments_visible_to(request.user).select_related(
        "round__challenge__challenge_list__rule_set", "round__challenge__challenge_list__agency", "expert__user"
    )
    seat = get_object_or_404(query.distinct(), pk=pk, expert__user=request.user)
    rows = sheets_visible_to(request.user).filter(assignment=seat).select_related("bid__organisation")
    sheets = in_reading_order(rows, seat.pk, lambda row: row.bid.uuid)
    may_read = seat.state in (Assignment.State.PLEDGED, Assignment.State.SUBMITTED, Assignment.State.LOCKED)
    context = {
        **record_context(seat, request.user),
        "round": seat.round,
        "challenge": seat.round.challenge,
        "seat_type": dict(Expert.SeatType.choices).get(seat.seat_type, seat.seat_type),
        "sheets": sheets if may_read else [],
        "readable": set(bids_for_review(request.user).values_list("pk", flat=True)),
        "is_readable": seat.round.state in READABLE,
        "is_pledged": may_read,
        "defence": sessions_visible_to(request.user).filter(round=seat.round).exclude(state="CANCELLED").first(),
        "word": next((word for word in words_on(seat.round) if word.alias == seat.alias), None),
    }
    return render(request, "review/task_detail.html", context)
