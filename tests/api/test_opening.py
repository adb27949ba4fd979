"""Records that officers open over the API: lists, challenges with indicators, review rounds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.models import Division
from projects.models import Challenge, ChallengeList
from review.models import ReviewRound
from tests import delivery_factories as made
from tests.api import worlds
from tests.api.callers import API, caller, perform_over_api
from tests.delivery_factories import World, on
from workflows.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    found = made.world()
    Division.objects.create(agency=found.agency, name="高新处")
    return found


def list_body(w: World, **changes: Any) -> dict[str, Any]:
    body = {
        "agency": w.agency.code, "division": "高新处", "rule_set": w.rule_set.code, "number": f"{w.agency.code}-26-01",
        "title": "数字经济揭榜挂帅", "year": 2026, "contact": "0531-0000",
        "bid_close_at": "2026-04-21T17:00:00+08:00", "rec_close_at": "2026-04-22T15:00:00+08:00",
    }  # fmt: skip
    return {**body, **changes}


def challenge_body(w: World, number: str, **changes: Any) -> dict[str, Any]:
    indicator = {
        "no": 1,
        "name": "吞吐",
        "comparator": ">=",
        "target": "100",
        "unit": "万次/秒",
        "check_method": "测试",
    }
    body = {
        "challenge_list": number, "title": "存储引擎攻关", "field": "SOFTWARE", "demander": w.demander.uscc,
        "background": "背景", "content": "内容", "months": 24, "cap_yuan": 10_000_000, "ip_terms": "归揭榜方",
        "indicators": [indicator, {**indicator, "no": 2, "name": "延迟", "comparator": "<=", "is_must": False}],
    }  # fmt: skip
    return {**body, **changes}


def test_an_officer_prepares_and_a_leader_publishes_a_list_by_tokens_alone(w: World) -> None:
    with on(date(2026, 2, 2)):
        made_list = caller(w.officer).post(f"{API}/lists/", list_body(w))
        assert made_list.status_code == 201, made_list.content.decode()
        number = made_list.json()["number"]
        perform_over_api(w.officer, f"lists/{number}", "open_collection")
        for _ in range(2):
            answer = caller(w.officer).post(f"{API}/challenges/", challenge_body(w, number))
            assert answer.status_code == 201, answer.content.decode()
        assert answer.json()["number"] == f"{number}-02"
        assert [i["is_must"] for i in answer.json()["indicators"]] == [True, False]
        perform_over_api(w.officer, f"lists/{number}", "appraise")
        perform_over_api(w.lead, f"lists/{number}", "approve")
        perform_over_api(w.lead, f"lists/{number}", "publish")
    told = caller().get(f"{API}/lists/{number}/").json()
    assert told["state"] == "PUBLISHED"
    assert [c["number"] for c in told["challenges"]] == [f"{number}-01", f"{number}-02"]
    assert told["rule_set"]["rules"]["criteria"][0]["name"]
    assert "panel_seats" not in told["rule_set"]["rules"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"agency": "nobody"}, "agency"),
        ({"division": "别处"}, "division"),
        ({"rule_set": "unpublished"}, "rule_set"),
        ({"rec_close_at": "2026-04-20T15:00:00+08:00"}, "rec_close_at"),
        ({"year": "x"}, "year"),
        ({"title": ""}, "title"),
    ],
)
def test_a_wrong_list_is_told_by_its_field(w: World, changes: dict[str, Any], field: str) -> None:
    answer = caller(w.officer).post(f"{API}/lists/", list_body(w, **changes))
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {field}
    assert not ChallengeList.objects.exists()


def test_nobody_prepares_a_list_for_another_agency_or_without_the_role(w: World) -> None:
    for user in (w.lead, w.finance, w.rec_user, w.dem_user, made.world().officer):
        answer = caller(user).post(f"{API}/lists/", list_body(w))
        assert answer.status_code in (400, 403)
    assert caller().post(f"{API}/lists/", list_body(w)).status_code == 401
    assert not ChallengeList.objects.exists()


def test_a_number_that_is_taken_is_told_before_anything_is_made(w: World) -> None:
    assert caller(w.officer).post(f"{API}/lists/", list_body(w)).status_code == 201
    answer = caller(w.officer).post(f"{API}/lists/", list_body(w))
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"number"})


def test_a_challenge_comes_with_its_indicators_or_not_at_all(w: World) -> None:
    number = caller(w.officer).post(f"{API}/lists/", list_body(w)).json()["number"]
    first = challenge_body(w, number)["indicators"][0]
    client = caller(w.officer)
    for wrong in ([], [first, first], [{**first, "comparator": "?"}], [{**first, "target": "x"}]):
        answer = client.post(f"{API}/challenges/", challenge_body(w, number, indicators=wrong))
        assert answer.status_code == 400, answer.content.decode()
    for changes in ({"demander": "?"}, {"months": 0}, {"lanes": 9}, {"cap_yuan": -1}, {"field": "?"}):
        answer = client.post(f"{API}/challenges/", challenge_body(w, number, **changes))
        assert (answer.status_code, set(answer.json()["fields"])) == (400, set(changes))
    assert not Challenge.objects.exists()
    assert not AuditEntry.objects.filter(object_type="projects.challenge").exists()


def test_a_stranger_and_an_approved_list_take_no_challenge(w: World) -> None:
    number = caller(w.officer).post(f"{API}/lists/", list_body(w)).json()["number"]
    unseen = caller(made.world().officer).post(f"{API}/challenges/", challenge_body(w, number))
    assert (unseen.status_code, set(unseen.json()["fields"])) == (400, {"challenge_list"})
    refused = caller(w.lead).post(f"{API}/challenges/", challenge_body(w, number))
    assert refused.status_code == 403
    other = made.world()
    published = made.published_list(other).number
    late = caller(other.officer).post(f"{API}/challenges/", challenge_body(other, published))
    assert (late.status_code, late.json()["code"]) == (422, "conditions_unmet")


def test_an_officer_plans_a_round_with_a_secretary_of_the_own_agency() -> None:
    r = worlds.checked(worlds.submitted())
    challenge = r.w.challenge_list.challenges.get()
    client = caller(r.w.officer)

    def plan(secretary: str, by: Any = client) -> Any:
        return by.post(f"{API}/rounds/", {"challenge": challenge.number, "secretary": secretary})

    stranger = worlds.submitted(0).secretary
    assert set(plan(stranger.username).json()["fields"]) == {"secretary"}
    assert set(plan(r.w.lead.username).json()["fields"]) == {"secretary"}
    assert plan(r.secretary.username, caller(r.secretary)).status_code == 400
    assert not ReviewRound.objects.exists()
    answer = plan(r.secretary.username)
    assert answer.status_code == 201, answer.content.decode()
    assert (answer.json()["no"], answer.json()["state"]) == (1, "PLANNED")
    assert {c["code"] for c in answer.json()["criteria"]} >= {"GOAL", "ROUTE", "VETO"}
    row = ReviewRound.objects.get()
    assert row.secretary == r.secretary
    perform_over_api(r.w.officer, f"rounds/{row.pk}", "begin_draw", witness=r.w.supervisor.pk)
    seen = perform_over_api(r.w.supervisor, f"rounds/{row.pk}", "draw")
    assert seen["state"] == "CONFIRMED"
