"""What the pages of a refused bid say: every ground with its name, who moves next, and no officer's name outside."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from projects.models import Bid, Reconsideration
from tests.delivery_factories import REC_CLOSE, World, on, published_list, submitted_bid, world
from tests.reconsideration_factories import LAST_DAY, REFUSED, TOO_LATE, contested
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def page(user: User, name: str, bid: Bid) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(name, args=[bid.uuid]))
    assert answer.status_code == 200
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", answer.content.decode()))


def test_what_a_person_found_stands_in_the_table_beside_what_the_program_found(w: World) -> None:
    """F08 passed the program and was found by the officer; F11 no program can judge."""
    bid = contested(w)[0].bid
    said = page(w.officer, "formal_check", bid)
    assert "F08需求单位牵头揭自己的榜存在人工" in said
    assert "F11含涉密内容未发现人工" in said
    assert "F05逾期提交未发现自动" in said
    assert "原因F08需求单位牵头揭自己的榜" in said


def test_before_anybody_has_judged_the_grounds_of_judgement_are_open(w: World) -> None:
    bid = submitted_bid(w, published_list(w).challenges.get())
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)
    with on(REFUSED):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    assert "F09与已立项项目重复待判断人工" in page(w.officer, "formal_check", bid)


def test_outside_the_agency_no_officer_is_named(w: World) -> None:
    bid = contested(w)[0].bid
    assert w.second_officer.name in page(w.officer, "formal_check", bid)
    said = page(bid.pi, "formal_check", bid)
    assert w.officer.name not in said
    assert w.second_officer.name not in said


@pytest.mark.parametrize("name", ["bid", "formal_check"])
def test_a_contested_refusal_is_not_settled_but_waits_for_the_one_who_decides(w: World, name: str) -> None:
    row: Reconsideration = contested(w)[0]
    with on(LAST_DAY, 12):
        said = page(row.bid.pi, name, row.bid)
    assert "已办结" not in said
    assert "指定未办理过形式审查的复审人" in said


def test_the_reasons_that_are_contested_are_named_above_the_form(w: World) -> None:
    bid = contested(w)[0].bid
    with on(TOO_LATE):
        assert "不予受理的原因F08需求单位牵头揭自己的榜" in page(bid.pi, "reconsideration_new", bid)


def test_where_nothing_was_refused_there_is_no_form_that_could_only_fail(w: World) -> None:
    bid = submitted_bid(w, published_list(w).challenges.get())
    said = page(bid.pi, "reconsideration_new", bid)
    assert "没有被不予受理" in said
    assert "送单位盖章" not in said
