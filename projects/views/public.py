"""The front page: what this is, what is open now, what is on public notice."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from projects.models import Certificate, Challenge, ChallengeList, Project, PublicNotice
from projects.queries import challenges_visible_to, lists_visible_to, notices_visible_to
from workflows import clock


def home(request: HttpRequest) -> HttpResponse:
    """Seven queries, whatever the size of the house."""
    challenges = (
        challenges_visible_to(None)
        .filter(state=Challenge.State.OPEN, challenge_list__bid_close_at__gt=clock.now())
        .select_related("challenge_list__agency", "challenge_list__rule_set", "demander")
        .order_by("challenge_list__bid_close_at", "number")
    )
    notices = notices_visible_to(None).select_related("agency").order_by("-starts_on", "-pk")
    projects = Project.objects.aggregate(count=Count("pk"), money=Sum("award_yuan"))
    figures = {
        "open": challenges.count(),
        "lists": ChallengeList.objects.filter(state__in=ChallengeList.PUBLIC_STATES).count(),
        "projects": projects["count"],
        "money": projects["money"] or 0,
        "accepted": Certificate.objects.filter(
            kind=Certificate.Kind.ACCEPTANCE, state=Certificate.State.ISSUED
        ).count(),
    }
    context = {
        "challenges": challenges[:6],
        "notices": notices.filter(state=PublicNotice.State.ONGOING)[:4] or notices[:4],
        "lists": lists_visible_to(None).select_related("agency", "rule_set").order_by("-published_at", "-pk")[:4],
        "figures": figures,
    }
    return render(request, "projects/home.html", context)
