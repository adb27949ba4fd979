"""The workbench: what waits for me, my deadlines, what I was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import agencies_of, organisations_of
from projects.closing import last_close_of
from projects.models import Bid, ChallengeList, Demand, Milestone, Project, PublicNotice
from projects.views.waiting import waiting_for
from review.models import Assignment
from workflows import clock
from workflows.models import Notification


@dataclass(frozen=True)
class Deadline:
    at: datetime
    what: str
    title: str
    url: str


def _end_of(day: Any) -> datetime:
    return datetime.combine(day, time(23, 59, 59), clock.SHANGHAI)


def deadlines_of(user: User) -> list[Deadline]:
    """The next ten instants that bind this person. At most six queries."""
    now, found = clock.now(), []
    extended = Q(extensions__state="GRANTED", extensions__bid_until__gt=now)
    drafts = Bid.objects.filter(Q(challenge__challenge_list__bid_close_at__gt=now) | extended, pi=user, state="DRAFT")
    for bid in drafts.select_related("challenge__challenge_list").distinct():
        close = last_close_of(bid)
        found.append(Deadline(close, _("揭榜截止"), bid.title, bid.get_absolute_url()))  # type: ignore[arg-type]
    milestones = Milestone.objects.filter(
        project__pi=user,
        state__in=["PLANNED", "DUE_SOON", "OVERDUE"],
        project__state="ACTIVE",
        due_on__gte=clock.today(),
    )
    for row in milestones.select_related("project").order_by("due_on")[:5]:
        found.append(Deadline(_end_of(row.due_on), _("里程碑到期"), str(row), row.get_absolute_url()))
    for project in Project.objects.filter(pi=user, state="PENDING_CONTRACT"):
        found.append(
            Deadline(_end_of(project.contract_due_on), _("签约期限"), project.title, project.get_absolute_url())
        )
    tasks = Assignment.objects.filter(
        expert__user=user, state__in=["ACCEPTED", "PLEDGED"], round__scoring_until__gt=now
    )
    for task in tasks.select_related("round__challenge"):
        found.append(Deadline(task.round.scoring_until, _("评分截止"), str(task.round), task.get_absolute_url()))  # type: ignore[arg-type]
    if units := organisations_of(user, Role.DEM):
        open_drafts = Demand.objects.filter(
            demander__in=units, state__in=Demand.EDITABLE, challenge_list__state="COLLECTING",
            challenge_list__demand_close_at__gt=now,
        ).select_related("challenge_list")  # fmt: skip
        for demand in open_drafts:
            close = demand.challenge_list.demand_close_at
            found.append(Deadline(close, _("需求征集截止"), demand.title, demand.get_absolute_url()))  # type: ignore[arg-type]
    found += _staff_deadlines(user, now)
    return sorted(found, key=lambda deadline: deadline.at)[:10]


def _staff_deadlines(user: User, now: datetime) -> list[Deadline]:
    agencies = agencies_of(user, Role.OFF, Role.AGY, Role.LEAD)
    found = []
    lists = ChallengeList.objects.filter(state="PUBLISHED", rec_close_at__gt=now)
    if agencies:
        for row in lists.filter(agency__in=agencies):
            found.append(Deadline(row.bid_close_at, _("揭榜截止"), row.title, row.get_absolute_url()))  # type: ignore[arg-type]
        for notice in PublicNotice.objects.filter(agency__in=agencies, state="ONGOING", ends_on__gte=clock.today()):
            found.append(Deadline(_end_of(notice.ends_on), _("公示结束"), notice.title, notice.get_absolute_url()))
    elif organisations_of(user, Role.REC):
        for row in lists:
            found.append(Deadline(row.rec_close_at, _("推荐截止"), row.title, row.get_absolute_url()))  # type: ignore[arg-type]
    return found


@login_required
def workbench(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    notifications = Notification.objects.filter(user=user, read_at=None).select_related("message")[:6]
    context = {
        "waiting": waiting_for(user),
        "deadlines": deadlines_of(user),
        "notifications": notifications,
        "is_bidder": bool(organisations_of(user, Role.PI, Role.ORG)),
    }
    return render(request, "projects/workbench.html", context)
