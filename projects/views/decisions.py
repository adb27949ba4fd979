"""Award decisions: the index and one list's decision with its rows."""

from __future__ import annotations

from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from config.paging import page_of
from projects.models import DecisionRow
from projects.queries import decisions_visible_to
from workflows.panel_opinion import dissents_in
from workflows.views import record_context


@login_required
def index(request: HttpRequest) -> HttpResponse:
    awards = Q(rows__outcome=DecisionRow.Outcome.AWARD)
    rows = (
        decisions_visible_to(request.user)
        .select_related("challenge_list__agency")
        .annotate(award_count=Count("rows", filter=awards), money=Sum("rows__award_yuan"))
        .order_by("-pk")
    )
    return render(request, "projects/decisions.html", {"page": page_of(rows, request)})


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    query = decisions_visible_to(request.user).select_related("challenge_list__rule_set", "challenge_list__agency")
    decision = get_object_or_404(query, challenge_list__number=number)
    rows = list(
        decision.rows.select_related("bid__challenge", "bid__organisation", "bid__pi").order_by(
            "bid__challenge__number", "rank"
        )
    )
    groups = [(c, list(found)) for c, found in groupby(rows, key=lambda row: row.bid.challenge)]
    awarded = [row for row in rows if row.outcome == DecisionRow.Outcome.AWARD]
    beside = record_context(decision, request.user)
    context = {
        **beside,
        "change": next((a for a in beside["actions"] if a.slug == "change_row" and a.is_ready), None),
        "challenge_list": decision.challenge_list,
        "groups": groups,
        "award_count": len(awarded),
        "money": sum(row.award_yuan for row in awarded),
        "dissents": dissents_in(decision.challenge_list),
        "notices": decision.notices.all(),
    }
    return render(request, "projects/decision_detail.html", context)
