"""Awarded projects: the index, one project's page, its milestones and its acceptance."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Role
from accounts.roles import agencies_of
from config.paging import page_of
from projects.disclosure import may_see_acceptance_result
from projects.models import Acceptance, Project
from projects.queries import (
    STAFF,
    acceptances_visible_to,
    bids_visible_to,
    certificates_visible_to,
    milestones_visible_to,
    projects_visible_to,
    tranches_visible_to,
)
from workflows.actions import actions_for
from workflows.views import record_context


@login_required
def index(request: HttpRequest) -> HttpResponse:
    rows = projects_visible_to(request.user).select_related("organisation", "pi", "bid__challenge", "agency").distinct()
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(number__icontains=text) | Q(organisation__name__icontains=text))
    if state in Project.State.values:
        rows = rows.filter(state=state)
    context = {
        "page": page_of(rows.order_by("-pk"), request),
        "states": Project.State.choices,
        "state": state,
        "q": text,
    }
    return render(request, "projects/projects.html", context)


def _project(request: HttpRequest, number: str) -> Project:
    query = projects_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__rule_set", "organisation", "pi", "agency__organisation", "lane__race"
    )
    found: Project = get_object_or_404(query.distinct(), number=number)
    return found


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    project = _project(request, number)
    task_book = project.task_books.first()
    tranches = list(tranches_visible_to(request.user).filter(project=project).select_related("milestone", "project"))
    context = {
        **record_context(project, request.user),
        "challenge": project.bid.challenge,
        "task_book": task_book,
        "signatures": _signatures(task_book),
        "milestones": milestones_visible_to(request.user).filter(project=project).order_by("no"),
        "tranches": [(row, actions_for(row, request.user)) for row in tranches],  # type: ignore[arg-type]
        "paid": sum(row.amount_yuan for row in tranches if row.state == "PAID"),
        "certificates": [
            (row, actions_for(row, request.user))  # type: ignore[arg-type]
            for row in certificates_visible_to(request.user).filter(project=project).select_related("project")
        ],
        "bid": bids_visible_to(request.user).filter(pk=project.bid_id).first(),
        "acceptance": Acceptance.objects.filter(project=project).first(),
        "race": getattr(project, "lane", None) and project.lane.race,
    }
    return render(request, "projects/project_detail.html", context)


def _signatures(task_book: Any) -> list[tuple[str, Any]]:
    """Who has signed the task book, in the order of signing."""
    if task_book is None:
        return []
    names = ("signed_by_pi_at", "signed_by_unit_at", "signed_by_recommender_at", "signed_by_agency_at")
    return [(str(task_book._meta.get_field(name).verbose_name), getattr(task_book, name)) for name in names]


@login_required
def milestone(request: HttpRequest, number: str, no: int) -> HttpResponse:
    query = milestones_visible_to(request.user).select_related(
        "project__bid__challenge__challenge_list__rule_set", "project__organisation", "project__pi"
    )
    row = get_object_or_404(query.distinct(), project__number=number, no=no)
    context = {
        **record_context(row, request.user),
        "project": row.project,
        "indicators": row.indicators.select_related("indicator"),
        "tranches": row.tranches.all(),
    }
    return render(request, "projects/milestone_detail.html", context)


@login_required
def acceptances(request: HttpRequest) -> HttpResponse:
    rows = acceptances_visible_to(request.user).select_related("project__organisation", "project__pi").distinct()
    context = {
        "page": page_of(rows.order_by("due_on", "pk"), request),
        "shows_result": bool(agencies_of(request.user, *STAFF, Role.SUP)),
    }
    return render(request, "projects/acceptances.html", context)


@login_required
def acceptance(request: HttpRequest, number: str) -> HttpResponse:
    query = acceptances_visible_to(request.user).select_related(
        "project__bid__challenge__challenge_list__rule_set", "project__organisation", "project__pi"
    )
    row = get_object_or_404(query.distinct(), project__number=number)
    task_book = row.project.task_books.first()
    context = {
        **record_context(row, request.user),
        "project": row.project,
        "indicators": [(i, row.measured.get(str(i["no"]))) for i in (task_book.indicators if task_book else [])],
        "shows_result": may_see_acceptance_result(request.user, row),
        "certificates": certificates_visible_to(request.user).filter(project=row.project).select_related("project"),
    }
    return render(request, "projects/acceptance_detail.html", context)
