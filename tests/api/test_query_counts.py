"""A page costs the same number of queries whether it holds one row or fifty."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config.api_urls import router
from projects.models import Bid
from tests import delivery_factories as made
from tests import demand_factories as demands
from tests import extension_factories as longer
from tests import reconsideration_factories as again
from tests.api import worlds
from tests.api.callers import API, Program, caller
from tests.delivery_factories import on
from workflows.bid import BidFlow
from workflows.engine import start

pytestmark = pytest.mark.django_db
#: Token and user, roles, count, rows – and what a list may read beside them.
BUDGET = 6


@pytest.fixture(scope="module")
def people(module_db: None) -> dict[str, User]:
    """Readers with several rows in every list."""
    r = worlds.judged(worlds.seated(worlds.checked(worlds.submitted())))
    made.noticed_decision(r.w)
    with on(made.NOTICED, 11):
        for _ in range(3):
            worlds.object_to(r.w, made.person("异议人"))
    race = made.world(made.RACE_21)
    made.running_race(race, 2)
    closing = [made.world(), made.world()]
    for w in closing:
        made.signed_acceptance(w, made.active_project(w), day=date(2028, 6, 13))
    collecting = demands.collecting_world()
    for _ in range(3):
        demands.submitted(collecting)
    contested = made.world()
    again.contested(contested, 3)
    extended = made.world()
    longer.extended(extended, 3)
    # One officer of all of them, so that every list holds rows of several.
    for w in (race, collecting, contested, extended, *closing):
        r.w.officer.role_grants.create(role="OFF", agency=w.agency)
    worlds.let_the_planner_know()
    return {"officer": r.w.officer, "secretary": r.secretary, "race": race.officer}


def queries(client: Program, path: str) -> tuple[int, int]:
    """Queries that GET takes, and rows in its page. Asked twice: the first warms what is kept."""
    client.get(f"{API}/{path}")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.content.decode()
    return len(captured), len(answer.json()["results"])


@pytest.mark.parametrize("route", [prefix for prefix, _view, _name in router.registry])
def test_a_page_of_many_takes_as_many_queries_as_a_page_of_one(people: dict[str, User], route: str) -> None:
    client = caller(people["secretary" if route == "score-sheets" else "officer"])
    one, rows_of_one = queries(client, f"{route}/?page_size=1")
    many, rows_of_many = queries(client, f"{route}/?page_size=50")
    assert rows_of_many > 0
    assert many == one <= BUDGET, f"{route}: {one} queries for {rows_of_one} row, {many} for {rows_of_many}"


def test_fifty_bids_take_as_many_queries_as_one(module_db: None) -> None:
    w = made.world()
    challenges = list(made.published_list(w, challenges=50).challenges.all())
    with on(date(2026, 4, 1)):
        unit = made.team(w)
        for challenge in challenges:
            pi = made.person("负责人", org=unit.organisation)
            start(BidFlow, Bid(challenge=challenge, organisation=unit.organisation, pi=pi, title="申报"), by=pi)
    client = caller(unit.admin)
    one, _rows = queries(client, "bids/?page_size=1")
    fifty, rows = queries(client, "bids/?page_size=50")
    assert rows == 50
    assert fifty == one <= BUDGET
    anyone = caller()
    one, _rows = queries(anyone, "challenges/?page_size=1")
    fifty, rows = queries(anyone, "challenges/?page_size=50")
    assert rows == 50
    assert fifty == one <= BUDGET


def test_a_single_record_takes_a_fixed_number_of_queries_however_much_it_holds(people: dict[str, Any]) -> None:
    bid = Bid.objects.filter(state="RECOMMENDED").first()
    assert bid is not None
    client = caller(people["officer"])
    path = f"{API}/bids/{bid.uuid}/"
    client.get(path)
    with CaptureQueriesContext(connection) as before:
        client.get(path)
    for n in range(4):
        bid.partners.create(organisation=made.organisation("联合"), task=f"任务{n}")
    with CaptureQueriesContext(connection) as after:
        client.get(path)
    assert len(after) <= len(before) + 1  # the partners' units
