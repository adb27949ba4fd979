"""A call is changed while it runs: for everybody, in public, and never against those who write at it (domain 2.1)."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from projects.models import Amendment, Bid
from tests import delivery_factories as made
from tests.delivery_factories import BID_CLOSE, World, on
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform, start
from workflows.models import OutboxMessage
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
EARLY, LATE = date(2026, 3, 10), date(2026, 4, 15)
TEXT = "指标二的测试方法更正为第三方检测。"


@pytest.fixture
def w() -> World:
    w = made.world()
    challenge = made.published_list(w).challenges.get()
    t = made.team(w)
    with on(EARLY):
        bid = Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="草稿")
        start(BidFlow, bid, by=t.pi)
        colleague = made.person("同事", org=t.organisation)
        perform(BidFlow, bid, "invite_editor", by=t.pi, person=colleague.pk)
    return w


def clarify(w: World, day: date, **given) -> Amendment:
    inputs = {"text": TEXT, "is_material": False, "bid_close_at": "", "rec_close_at": "", **given}
    with on(day):
        perform(ChallengeListFlow, w.challenge_list, "clarify", by=w.lead, **inputs)
    return w.challenge_list.amendments.first()


def at(day: date, hour: int = 17) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def test_rule_2_1_a_clarification_is_public_and_told_to_every_drafter(w):
    found = clarify(w, LATE)
    assert (found.kind, found.no, found.new_close_at) == ("CORRECTION", 1, None)
    message = OutboxMessage.objects.get(code="N01", recipient=w.teams[0].pi, subject__startswith="更正公告")
    assert TEXT in message.body
    bid = Bid.objects.get()
    told = OutboxMessage.objects.filter(code="N01", subject__startswith="更正公告").values_list("recipient", flat=True)
    at_work = {bid.pi, w.teams[0].admin, w.rec_user, *(row.user for row in bid.editors.all())}
    assert len(at_work) == 4
    assert set(told) == {person.pk for person in at_work}
    for url in (w.challenge_list.get_absolute_url(), w.challenge.get_absolute_url()):
        assert TEXT in Client().get(url).content.decode()


def test_rule_2_1_a_material_change_with_less_than_15_days_left_needs_an_extension(w):
    with pytest.raises(Refused, match="留足 15 天") as refused:
        clarify(w, LATE, is_material=True)
    assert set(refused.value.fields) == {"bid_close_at"}
    assert not Amendment.objects.exists()
    found = clarify(w, LATE, is_material=True, bid_close_at=at(LATE + timedelta(days=16)))
    row = w.challenge_list
    assert row.bid_close_at == row.rec_close_at == found.new_close_at == at(LATE + timedelta(days=16))
    assert found.old_close_at == at(BID_CLOSE)


def test_a_material_change_with_time_enough_needs_none(w):
    assert clarify(w, EARLY, is_material=True).is_material


def test_an_extension_is_published_too(w):
    later = at(BID_CLOSE + timedelta(days=5))
    with on(LATE):
        perform(ChallengeListFlow, w.challenge_list, "extend", by=w.lead, reason="因系统检修两天，顺延揭榜截止。", bid_close_at=later,
                rec_close_at=later)  # fmt: skip
    assert [(a.kind, a.text) for a in w.challenge_list.amendments.all()] == [
        ("EXTENSION", "因系统检修两天，顺延揭榜截止。")
    ]


@pytest.mark.parametrize("days", [-1, 400])
def test_rule_2_1_a_close_never_moves_earlier_nor_by_more_than_a_year(w, days):
    with pytest.raises(Refused):
        clarify(w, LATE, bid_close_at=at(BID_CLOSE + timedelta(days=days)))
    assert w.challenge_list.bid_close_at == at(BID_CLOSE)


def test_only_the_leader_and_only_before_the_close(w):
    with on(LATE), pytest.raises(Refused):
        perform(ChallengeListFlow, w.challenge_list, "clarify", by=w.officer, text=TEXT, is_material=False,
                bid_close_at="", rec_close_at="")  # fmt: skip
    with pytest.raises(Refused, match="已经截止"):
        clarify(w, BID_CLOSE + timedelta(days=1))


@pytest.mark.parametrize("sql", ["UPDATE projects_amendment SET text = 'x'", "DELETE FROM projects_amendment"])
def test_what_was_published_is_never_changed(w, sql):
    clarify(w, LATE)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
