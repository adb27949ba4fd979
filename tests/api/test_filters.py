"""Filters and order by allow-list: what is not offered is an error, not silence."""

from __future__ import annotations

from typing import Any

import pytest

from config.api_urls import router
from projects.models import ChallengeList
from tests import delivery_factories as made
from tests.api.callers import API, caller

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def numbers(module_db: None) -> list[str]:
    w = made.world()
    challenge_list = made.published_list(w, challenges=3)
    challenges = list(challenge_list.challenges.order_by("number"))
    for cap, challenge in zip((3_000_000, 1_000_000, 2_000_000), challenges, strict=True):
        type(challenge).objects.filter(pk=challenge.pk).update(cap_yuan=cap)
    type(challenges[0]).objects.filter(pk=challenges[1].pk).update(field="AI", title="大模型推理加速")
    return [challenge.number for challenge in challenges]


def shown(query: str) -> list[str]:
    answer = caller().get(f"{API}/challenges/?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return [row["number"] for row in answer.json()["results"]]


def test_rows_are_filtered_by_state_list_year_field_and_text(numbers: list[str]) -> None:
    number = ChallengeList.objects.get().number
    assert shown(f"list={number}") == numbers
    assert shown("state=OPEN") == numbers
    assert shown("state=CLOSED") == []
    assert shown("state=OPEN,CLOSED&field=AI") == [numbers[1]]
    assert shown("field=AI,CHIP") == [numbers[1]]
    assert shown("year=2026") == numbers
    assert shown("year=2025") == []
    assert shown("text=大模型") == [numbers[1]]
    assert shown("text=100%25") == []


def test_rows_are_ordered_by_what_is_offered_and_pages_do_not_overlap(numbers: list[str]) -> None:
    first, second, third = numbers
    assert shown("ordering=cap_yuan") == [second, third, first]
    assert shown("ordering=-cap_yuan") == [first, third, second]
    pages = [shown(f"ordering=bid_close_at&page_size=1&page={page}") for page in (1, 2, 3)]
    assert sorted(number for page in pages for number in page) == numbers


@pytest.mark.parametrize(
    "query",
    [
        "stat=OPEN", "state=NOWHERE", "state=OPEN,", "year=MMXXVI", "year=99999999999999", "ordering=title",
        "ordering=demander", "ordering=cap_yuan,?", "text=%00", "challenge_list__agency=1", "id=1",
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused(numbers: list[str], query: str) -> None:
    answer = caller().get(f"{API}/challenges/?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["fields"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999999"])
def test_a_page_that_does_not_exist_is_not_found(numbers: list[str], page: str) -> None:
    answer = caller().get(f"{API}/challenges/?page={page}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_page_holds_two_hundred_rows_at_most(numbers: list[str]) -> None:
    told: Any = caller().get(f"{API}/challenges/?page_size=100000").json()
    assert told["count"] == 3
    assert router.registry
    view = next(view for prefix, view, _name in router.registry if prefix == "challenges")
    assert view.pagination_class.max_page_size == 200


@pytest.mark.parametrize(("route", "view"), [(prefix, view) for prefix, view, _name in router.registry])
def test_a_route_tells_its_methods_and_no_more(numbers: list[str], route: str, view: Any) -> None:
    told = caller(made.world().officer).options(f"{API}/{route}/").json()
    assert set(told) <= {"name", "description", "renders", "parses", "actions"}
    assert caller().put(f"{API}/{route}/", {}).status_code == 401
    assert caller(made.world().officer).put(f"{API}/{route}/", {}).json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(("route", "view"), [(prefix, view) for prefix, view, _name in router.registry])
def test_every_filter_and_order_that_is_offered_works(numbers: list[str], route: str, view: Any) -> None:
    for name, wanted in view.filters.items():
        value = {"integer": "1", "string": "x"}[wanted.schema()["type"]]
        value = wanted.choices.values[0] if hasattr(wanted, "choices") else value
        assert caller().get(f"{API}/{route}/?{name}={value}").status_code == 200, name
    for name in view.orderings:
        for sign in ("", "-"):
            assert caller().get(f"{API}/{route}/?ordering={sign}{name}").status_code == 200, name
    for name in view.default_ordering:
        assert name.removeprefix("-") in view.orderings, "the default must be offered, too"
