"""Two officers with the same posting form open: what either changed is kept, and a true conflict is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Challenge, ChallengeList
from tests import demand_factories
from tests.delivery_factories import World, world
from tests.projects.filled_forms import form_at, form_in
from tests.projects.test_staff_pages import logged_in
from tests.workflows.test_simulation import draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def challenge(w: World) -> Challenge:
    challenge = draft(w).challenges.get()
    Challenge.objects.filter(pk=challenge.pk).update(content="第一行\n第二行", demander_is_hidden=True)
    return challenge


def at(challenge: Challenge) -> str:
    return reverse("challenge_edit", args=[challenge.number])


def stored(challenge: Challenge) -> Challenge:
    return Challenge.objects.get(pk=challenge.pk)


def test_a_form_that_comes_back_untouched_changes_nothing(w: World, challenge: Challenge) -> None:
    client = logged_in(w.officer)
    before = Challenge.objects.filter(pk=challenge.pk).values().get(), list(challenge.indicators.values())
    answer = client.post(at(challenge), form_at(client, at(challenge)))
    assert answer.status_code == 302, answer.context["form"].errors | {"rows": answer.context["rows"].errors}
    assert (Challenge.objects.filter(pk=challenge.pk).values().get(), list(challenge.indicators.values())) == before


def test_only_what_its_user_changed_is_written(w: World, challenge: Challenge) -> None:
    one, two = logged_in(w.officer), logged_in(w.second_officer)
    first, second = form_at(one, at(challenge)), form_at(two, at(challenge))
    row = {"indicators-0-target": "120", "indicators-1-steps": "25/15"}
    assert one.post(at(challenge), {**first, "content": "改过的内容", "cap_yuan": "900", **row}).status_code == 302
    del second["demander_is_hidden"]
    assert two.post(at(challenge), {**second, "months": "30", "indicators-0-unit": "次"}).status_code == 302
    now = stored(challenge)
    assert (now.content, now.cap_yuan, now.months, now.demander_is_hidden) == ("改过的内容", 9_000_000, 30, False)
    first_row, second_row = challenge.indicators.order_by("no")[:2]
    assert (first_row.target, first_row.unit) == (120, "次")
    assert second_row.milestone_values == {"1": "25", "2": "15"}


def test_where_both_changed_the_same_both_texts_are_shown_and_the_next_save_decides(
    w: World, challenge: Challenge
) -> None:
    one, two = logged_in(w.officer), logged_in(w.second_officer)
    first, second = form_at(one, at(challenge)), form_at(two, at(challenge))
    assert one.post(at(challenge), {**first, "content": "甲的内容", "background": "甲的背景"}).status_code == 302
    answer = two.post(at(challenge), {**second, "content": "乙的内容"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "他人已将这一项改为“甲的内容”" in page
    assert stored(challenge).content == "甲的内容"
    again = form_in(page)
    assert (again["content"], again["background"]) == ("乙的内容", "甲的背景")
    assert two.post(at(challenge), again).status_code == 302
    assert (stored(challenge).content, stored(challenge).background) == ("乙的内容", "甲的背景")


def test_a_row_that_another_has_deleted_is_said(w: World, challenge: Challenge) -> None:
    one, two = logged_in(w.officer), logged_in(w.second_officer)
    first, second = form_at(one, at(challenge)), form_at(two, at(challenge))
    assert one.post(at(challenge), {**first, "indicators-1-DELETE": "on"}).status_code == 302
    answer = two.post(at(challenge), {**second, "months": "30"})
    assert answer.status_code == 422
    assert "有一行已被他人删除" in answer.content.decode()
    assert stored(challenge).months == 24


def test_a_list_and_a_demand_are_merged_the_same_way(w: World) -> None:
    row = draft(w)
    url = reverse("list_edit", args=[row.number])
    merged(logged_in(w.officer), url, {"contact": "0531-1111"}, {"introduction": "说明"})
    now = ChallengeList.objects.get(pk=row.pk)
    assert (now.contact, now.introduction) == ("0531-1111", "说明")
    collecting = demand_factories.collecting_world()
    demand = demand_factories.draft(collecting)
    url = reverse("demand_edit", args=[demand.number])
    merged(logged_in(collecting.dem_user), url, {"problem": "甲"}, {"goal": "乙"})
    demand.refresh_from_db()
    assert (demand.problem, demand.goal) == ("甲", "乙")


def merged(client: Client, url: str, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Two windows, opened before either is saved."""
    first, second = form_at(client, url), form_at(client, url)
    answer = client.post(url, {**first, **one})
    assert answer.status_code == 302, answer.context["form"].errors
    assert client.post(url, {**second, **two}).status_code == 302
