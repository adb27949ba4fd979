"""Deadlocks are tried again, and a new record is judged by its parents as they stand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import OperationalError, connection, transaction

from projects.models import Bid, Challenge, ChallengeList
from tests import delivery_factories as f
from workflows.at_once import RETRIES, try_again
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.locked import locked
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.state import SYSTEM


@pytest.fixture
def w(transactional_db: None) -> f.World:
    return f.world()


def in_thread(errors: list[BaseException], work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def entries(record: ChallengeList) -> list[str]:
    found = AuditEntry.objects.filter(object_type="projects.challengelist", object_id=str(record.pk)).order_by("seq")
    return list(found.values_list("transition", flat=True))


def test_of_two_that_lock_in_opposite_order_both_succeed(w: f.World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The body that locks one more list, a notice sent with it, stands for any cascade."""
    one, two = f.published_list(w), f.published_list(w)
    other_of = {one.pk: two, two.pk: one}
    both_hold_theirs = threading.Barrier(2)
    attempts: list[int] = []

    def suspend(self: ChallengeListFlow) -> None:
        attempts.append(self.object.pk)
        self.notify("N01", [w.officer], "已暂停")
        if len(attempts) <= 2:
            both_hold_theirs.wait(10)
        locked(other_of[self.object.pk])

    monkeypatch.setattr(ChallengeListFlow.__dict__["suspend"], "_func", suspend)
    messages = OutboxMessage.objects.count()
    errors: list[BaseException] = []
    threads = [
        in_thread(errors, lambda row=row: perform(ChallengeListFlow, row, "suspend", by=w.lead, reason=f.REASON))
        for row in (one, two)
    ]
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(attempts) == 3, "one of the two was broken off and came again"
    for row in (one, two):
        row.refresh_from_db()
        assert row.state == ChallengeList.State.SUSPENDED
        assert entries(row).count("suspend") == 1
    assert OutboxMessage.objects.count() == messages + 2


def break_off(sqlstate: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'broken off' USING ERRCODE = '{sqlstate}'; END $$")


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_it_gives_up_after_three_retries(transactional_db: None, sqlstate: str) -> None:
    tries: list[int] = []

    def attempt() -> None:
        tries.append(1)
        with transaction.atomic():
            break_off(sqlstate)

    with pytest.raises(OperationalError, match="broken off"):
        try_again(attempt)
    assert len(tries) == 1 + RETRIES


def test_another_fault_and_an_inner_call_are_not_tried_again(transactional_db: None) -> None:
    tries: list[int] = []

    def attempt(sqlstate: str) -> None:
        tries.append(1)
        break_off(sqlstate)

    with pytest.raises(OperationalError):
        try_again(lambda: attempt("57014"))
    with pytest.raises(OperationalError), transaction.atomic():
        try_again(lambda: attempt("40P01"))
    assert len(tries) == 2


def test_a_record_whose_start_was_broken_off_is_started_anew(w: f.World, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = f.published_list(w)
    draft = ChallengeList(
        agency=w.agency, division=listed.division, rule_set=w.rule_set, number="SD-2026-X", title="榜", year=2026
    )
    tries: list[int] = []

    def once_broken_off(flow: ChallengeListFlow) -> bool:
        tries.append(1)
        if len(tries) == 1:
            break_off("40001")
        return True

    monkeypatch.setattr(ChallengeListFlow, "start_conditions", (once_broken_off,))
    start(ChallengeListFlow, draft, by=w.officer)
    assert len(tries) == 2
    assert entries(draft) == ["create"]


# --- parents ---------------------------------------------------------------------------------------


def test_a_bid_is_not_opened_on_a_challenge_that_closed_meanwhile(w: f.World) -> None:
    listed = f.published_list(w)
    seen = listed.challenges.select_related("challenge_list").get()
    team = f.team(w)
    with f.on(f.BID_CLOSE):
        perform(ChallengeListFlow, listed, "suspend", by=w.lead, reason=f.REASON)
        perform(ChallengeListFlow, listed, "cancel", by=w.lead, reason=f.REASON)
        assert seen.state == Challenge.State.OPEN  # what the page had read
        with pytest.raises(Refused, match="不在揭榜期内"):
            start(BidFlow, Bid(challenge=seen, organisation=team.organisation, pi=team.pi, title="题"), by=team.pi)
    assert not Bid.objects.exists()


def test_a_challenge_does_not_enter_a_list_that_was_approved_meanwhile(w: f.World) -> None:
    listed = f.published_list(w)
    seen = ChallengeList.objects.get(pk=listed.pk)
    seen.__dict__["state"] = ChallengeList.State.DRAFT  # read before it was approved
    challenge = Challenge(
        challenge_list=seen, number="SD-X", title="题", field="AI", demander=w.demander, background="背景",
        content="内容", months=12, cap_yuan=1,
    )  # fmt: skip
    with pytest.raises(Refused, match="榜单已批准"):
        start(ChallengeFlow, challenge, by=w.officer)


def test_a_start_waits_for_the_close_that_is_under_way(w: f.World) -> None:
    """The close has locked and not yet committed; the bid of that instant must not slip in behind it."""
    listed = f.published_list(w)
    seen = listed.challenges.select_related("challenge_list").get()
    team = f.team(w)
    errors: list[BaseException] = []

    def open_bid() -> None:
        with f.on(date(2026, 4, 20)):
            start(BidFlow, Bid(challenge=seen, organisation=team.organisation, pi=team.pi, title="题"), by=team.pi)

    with f.on(f.REC_CLOSE, 16), transaction.atomic():
        perform(ChallengeListFlow, listed, "close", by=SYSTEM)
        thread = in_thread(errors, open_bid)
        thread.join(1)
        assert thread.is_alive(), "it waits"
    thread.join(10)
    assert [type(error) for error in errors] == [Refused]
    assert "不在揭榜期内" in str(errors[0])
    assert not Bid.objects.exists()


def test_starts_do_not_wait_for_each_other(w: f.World) -> None:
    challenge = f.published_list(w).challenges.get()
    first, second = f.team(w), f.team(w)
    errors: list[BaseException] = []

    def open_bid(team: f.Team) -> None:
        with f.on(date(2026, 4, 10)):
            start(BidFlow, Bid(challenge=challenge, organisation=team.organisation, pi=team.pi, title="题"), by=team.pi)

    seen = Challenge.objects.get(pk=challenge.pk)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM projects_challenge WHERE id = %s FOR SHARE", [seen.pk])
        thread = in_thread(errors, lambda: open_bid(first))
        thread.join(10)
        assert not thread.is_alive()
    open_bid(second)
    assert errors == []
    assert Bid.objects.count() == 2
