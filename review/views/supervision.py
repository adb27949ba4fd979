"""The supervisor's view of a round: draws, replacements, readings, flags and every entry; nothing to press."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.roles import held_role
from config.paging import page_of
from review.models import ReviewRound, ScoreSheet
from review.queries import draws_visible_to, rounds_visible_to
from review.views.scores import score_table
from workflows.panel_opinion import marks_on, words_on
from workflows.round_history import history_of, line_of

GONE = ["DECLINED", "RECUSED", "TIMEOUT", "REPLACED", "VOIDED"]


def may_supervise(user: Any, row: ReviewRound) -> bool:
    """Joins `challenge__challenge_list`."""
    return held_role(user, Role.SUP, agency=row.challenge.challenge_list.agency_id) is not None


@login_required
@require_safe
def supervision(request: HttpRequest, pk: int) -> HttpResponse:
    query = rounds_visible_to(request.user).select_related("challenge__challenge_list__rule_set", "secretary")
    row = get_object_or_404(query.distinct(), pk=pk)
    if not may_supervise(request.user, row):
        raise Http404
    seats = row.assignments.select_related("expert__user", "expert__organisation").order_by("alias")
    sheets = ScoreSheet.objects.filter(assignment__round=row).select_related("assignment__expert__user", "bid")
    read = {"first_opened": Min("openings__at"), "last_opened": Max("openings__at"), "readings": Count("openings")}
    page = page_of(history_of(row), request)
    context = {
        "round": row,
        "draws": draws_visible_to(request.user).filter(round=row).select_related("witness").order_by("pk"),
        "gone": seats.filter(state__in=GONE),
        "sheets": sheets.annotate(**read).order_by("assignment__alias", "bid"),
        "scores": score_table(row, request.user),
        "words": words_on(row),
        "seen_by": marks_on(row),
        "page": page,
        "history": [line_of(entry) for entry in page],
    }
    return render(request, "review/supervision.html", context)
