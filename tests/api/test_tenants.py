"""Two agencies: no list and no record of the API ever shows one what only the other may see.

The matrix is made from the router, so that a route added later is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from config.api_urls import router
from projects.models import Challenge, ChallengeList, PublicNotice
from tests import delivery_factories as made
from tests import demand_factories as demands
from tests import extension_factories as longer
from tests import reconsideration_factories as again
from tests.api import worlds
from tests.api.callers import API, Program, caller
from tests.api.keys import KEYS, key_of, keys_in
from workflows.permissions import agency_of

# Thousands of requests along lines that other tests measure already.
pytestmark = pytest.mark.django_db
ROUTES = [(prefix, view) for prefix, view, _name in router.registry]


@dataclass
class Tenant:
    agencies: set[int]
    people: dict[str, User]


def tenant() -> Tenant:
    """A delivered challenge, a race, drafts of every kind, and one person for each role."""
    r = worlds.judged(worlds.seated(worlds.checked(worlds.submitted())))
    worlds.delivered(r)
    other = worlds.submitted(0)
    worlds.draft_bid(other.w, other.w.challenge_list.challenges.get())
    worlds.drafts(other.w)
    contested = made.world()
    again.contested(contested)
    extended = made.world()
    longer.extended(extended)
    race = made.world(made.RACE_21)
    measured = {1: (40, 20), 2: (35, 25)}
    made.check_stage(race, made.running_race(race, 2), measured, {1: "90", 2: "80"}, day=date(2027, 7, 1))
    collecting = demands.collecting_world()
    demands.draft(collecting)
    demands.appraised(collecting, demands.endorsed(collecting))
    w = r.w
    people = {
        "OFF": w.officer, "LEAD": w.lead, "FIN": w.finance, "SUP": w.supervisor, "SEC": r.secretary,
        "EXP": r.round.assignments.order_by("pk")[1].expert.user, "CHR": r.round.chair.expert.user,  # type: ignore[union-attr]
        "REC": w.rec_user, "DEM": w.dem_user, "ORG": w.teams[0].admin, "PI": w.teams[0].pi,
        "preparing officer": other.w.officer, "lane": race.teams[0].pi, "collecting officer": collecting.officer, "demander": collecting.dem_user,
        "recommender": collecting.rec_user, "race officer": race.officer, "contested officer": contested.officer,
        "extending officer": extended.officer, "late": extended.teams[0].pi,
        "refused": contested.teams[0].pi,
        **{role: made.person(role, role) for role in (Role.SYS, Role.SAF, Role.AUD)},
    }  # fmt: skip
    return Tenant(
        {w.agency.pk, other.w.agency.pk, race.agency.pk, collecting.agency.pk, contested.agency.pk, extended.agency.pk},
        people,
    )


@pytest.fixture(scope="module")
def tenants(module_db: None) -> tuple[Tenant, Tenant]:
    found = tenant(), tenant()
    worlds.let_the_planner_know()
    return found


def is_public(record: Any) -> bool:
    """By the record's own state, not by the queries under test."""
    match record:
        case ChallengeList():
            return record.state in ChallengeList.PUBLIC_STATES
        case Challenge():
            return is_public(record.challenge_list) and record.state != Challenge.State.DRAFT
        case PublicNotice():
            return record.state in PublicNotice.PUBLIC_STATES
    return False


def private_records(view: Any, of: Tenant) -> list[Any]:
    rows = view.flow.model._default_manager.all()
    return [row for row in rows if agency_of(row) in of.agencies and not is_public(row)]


def everything_listed(client: Program, route: str) -> list[Any]:
    rows, page = [], f"{API}/{route}/?page_size=200"
    while page:
        answer = client.get(page)
        assert answer.status_code == 200, (route, answer.content.decode())
        rows += answer.json()["results"]
        page = answer.json()["next"]
    return rows


def some_of_each_kind(rows: list[Any]) -> list[Any]:
    return list({row.state: row for row in rows}.values())[:3]


def callers_of(of: Tenant) -> dict[str, Program]:
    return {"anonymous": caller(), **{name: caller(user) for name, user in of.people.items()}}


def test_every_route_is_in_the_matrix() -> None:
    assert {prefix for prefix, _view in ROUTES} == set(KEYS)


def test_the_matrix_is_not_empty(tenants: tuple[Tenant, Tenant]) -> None:
    own, foreign = tenants
    for _route, view in ROUTES:
        assert private_records(view, own)
        assert private_records(view, foreign)


@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _view in ROUTES])
def test_no_list_holds_a_private_record_of_the_other_agency(
    tenants: tuple[Tenant, Tenant], route: str, view: Any
) -> None:
    own, foreign = tenants
    hidden = {key_of(route, row) for row in private_records(view, foreign)}
    seen_own = set()
    for name, client in callers_of(own).items():
        shown = keys_in(route, everything_listed(client, route))
        assert not shown & hidden, f"{name} reads {shown & hidden} in {route}"
        seen_own |= shown
    assert seen_own & {key_of(route, row) for row in private_records(view, own)}, "nobody sees anything"


@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _view in ROUTES])
def test_no_private_record_of_the_other_agency_is_read_followed_or_moved(
    tenants: tuple[Tenant, Tenant], route: str, view: Any
) -> None:
    own, foreign = tenants
    for record in some_of_each_kind(private_records(view, foreign)):
        path = f"{API}/{route}/{key_of(route, record)}/"
        version = record.version
        for name, client in callers_of(own).items():
            for tail in ("", "transitions/", "timeline/"):
                answer = client.get(path + tail)
                assert answer.status_code == 404, f"{name} reads {path}{tail}"
            # One is enough: that the record is not there is found before the transition is looked at.
            for transition in [t.slug for t in view.flow.transitions_from(record.state)][:1]:
                answer = client.post(f"{path}transitions/{transition}/", {})
                expected = 401 if name == "anonymous" else 404
                assert answer.status_code == expected, f"{name} performs {path} {transition}"
        record.refresh_from_db()
        assert record.version == version


@pytest.mark.parametrize(("route", "view"), ROUTES, ids=[route for route, _view in ROUTES])
def test_own_records_are_read_and_followed_by_somebody(tenants: tuple[Tenant, Tenant], route: str, view: Any) -> None:
    """So that the tests above do not pass because nothing works."""
    own, _foreign = tenants
    clients = callers_of(own)
    for record in some_of_each_kind(private_records(view, own)):
        path = f"{API}/{route}/{key_of(route, record)}/"
        readers = [client for client in clients.values() if client.get(path).status_code == 200]
        for client in readers:
            assert client.get(f"{path}transitions/").status_code == 200
            assert client.get(f"{path}timeline/").status_code == 200


def test_an_anonymous_caller_reads_public_lists_challenges_and_notices_only(
    tenants: tuple[Tenant, Tenant],
) -> None:
    client = caller()
    for route, view in ROUTES:
        public = {key_of(route, row) for row in view.flow.model._default_manager.all() if is_public(row)}
        shown = keys_in(route, everything_listed(client, route))
        assert shown == public, route
        assert bool(shown) == (route in ("lists", "challenges", "notices"))


def test_a_query_string_never_widens_what_is_seen(tenants: tuple[Tenant, Tenant]) -> None:
    own, foreign = tenants
    client = caller(own.people["OFF"])
    numbers = ChallengeList.objects.filter(agency__in=foreign.agencies, state="DRAFT").values_list("number", flat=True)
    for number in numbers:
        for query in (f"text={number}", "state=DRAFT", "text=尚未发布"):
            shown = client.get(f"{API}/lists/?{query}&page_size=200").json()["results"]
            assert number not in keys_in("lists", shown)
    assert client.get(f"{API}/lists/?agency__code=x").status_code == 400


def test_a_token_reaches_as_far_as_the_roles_in_force_and_no_further(tenants: tuple[Tenant, Tenant]) -> None:
    own, _foreign = tenants
    officer = own.people["preparing officer"]
    hidden = ChallengeList.objects.get(agency__in=own.agencies, state="DRAFT")
    path = f"{API}/lists/{hidden.number}/"
    assert caller(officer).get(path).status_code == 200
    officer.role_grants.update(is_active=False)
    assert caller(officer).get(path).status_code == 404
    assert caller(officer).post(f"{path}transitions/open_collection/", {}).status_code == 404


def test_a_session_needs_the_csrf_token_where_a_token_does_not(tenants: tuple[Tenant, Tenant]) -> None:
    own, _foreign = tenants
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(own.people["LEAD"])
    answer = browser.post(f"{API}/objections/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert browser.get(f"{API}/me/").status_code == 200
