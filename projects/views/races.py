"""Races: the index, and one race drawn as lanes through its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from config.paging import page_of
from projects.disclosure import may_see_lane_result
from projects.models import LaneResult, Race, RaceLane, RaceStage
from projects.queries import lanes_visible_to, races_visible_to
from workflows.actions import actions_for
from workflows.views import record_context


@dataclass(frozen=True)
class Leg:
    """One lane in one stage, as the track draws it: won, out, running, waiting or gone."""

    stage: RaceStage
    result: LaneResult | None
    look: str


@dataclass(frozen=True)
class Track:
    lane: RaceLane
    legs: list[Leg]
    actions: list[Any]


@login_required
def index(request: HttpRequest) -> HttpResponse:
    rows = races_visible_to(request.user).select_related("challenge__challenge_list")
    rows = rows.annotate(lane_count=Count("lanes", distinct=True)).order_by("-pk")
    return render(request, "projects/races.html", {"page": page_of(rows, request)})


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Teams see their own lane; who else runs they read in the public notice (domain 2.8)."""
    query = races_visible_to(request.user).select_related("challenge__challenge_list__rule_set")
    race = get_object_or_404(query, challenge__number=number)
    stages = list(race.stages.order_by("no"))
    lanes = (
        lanes_visible_to(request.user)
        .filter(race=race)
        .select_related("project__organisation", "project__pi", "project__bid", "race__challenge")
        .order_by("no")
    )
    tracks = [_track(request.user, race, stages, lane) for lane in lanes]
    beside = record_context(race, request.user)
    context = {
        **beside,
        "record": next((a for a in beside["actions"] if a.slug == "record_result" and a.is_ready), None),
        "challenge": race.challenge,
        "stages": stages,
        "tracks": tracks,
        "hidden_lanes": race.lanes.count() - len(tracks),
        "notices": race.notices.exclude(state="DRAFT"),
    }
    return render(request, "projects/race_detail.html", context)


def _track(user: Any, race: Race, stages: list[RaceStage], lane: RaceLane) -> Track:
    found = lane.results.select_related("lane__project")
    results = {r.stage_id: r for r in found if may_see_lane_result(user, r)}
    legs, is_out = [], False
    for stage in stages:
        result = results.get(stage.pk)
        look = _look(race, stage, lane, result, is_out)
        legs.append(Leg(stage, result, look))
        is_out = is_out or look == "out"
    return Track(lane, legs, actions_for(lane, user))


def _look(race: Race, stage: RaceStage, lane: RaceLane, result: LaneResult | None, is_out: bool) -> str:
    if is_out:
        return "gone"
    if result is not None and result.advances is not None:
        is_last = lane.state == RaceLane.State.WINNER and not race.stages.filter(no__gt=stage.no).exists()
        return "first" if is_last else "won" if result.advances else "out"
    left = lane.state in (RaceLane.State.WITHDRAWN, RaceLane.State.DISQUALIFIED, RaceLane.State.ELIMINATED)
    if stage.no == race.stage_no:
        if left:
            return "out"
        return "first" if lane.state == RaceLane.State.WINNER else "now" if race.state != Race.State.SETUP else "ahead"
    return "won" if stage.no < race.stage_no else "ahead"
