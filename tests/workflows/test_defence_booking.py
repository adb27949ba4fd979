"""A room holds one defence at a time, and an expert sits in one (domain 3.8)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError

from projects.models import ChallengeList
from review.models import DefenceSession, DefenceSlot, Expert, ReviewRound
from tests import defence_factories as d
from tests import review_factories as f
from tests.conflict_factories import unguarded
from tests.defence_factories import HELD, PLANNED
from tests.delivery_factories import commit_sql, on
from tests.review_factories import Review
from workflows.assignment import AssignmentFlow
from workflows.clock import SHANGHAI
from workflows.defence import DefenceSessionFlow
from workflows.defence_booking import booked_elsewhere, nobody_is_booked_twice, slots_in_order
from workflows.engine import perform, start
from workflows.refused import Refused
from workflows.state import SYSTEM, Actor

NOON = datetime(2026, 5, 13, 12, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def bases(module_db: None) -> tuple[Review, Review]:
    def reading() -> Review:
        return f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(3, rules=d.RULES))))))

    return reading(), reading()


@pytest.fixture
def first(bases: tuple[Review, Review], db: None) -> Review:
    return bases[0]


@pytest.fixture
def second(bases: tuple[Review, Review], db: None) -> Review:
    """Of another agency; nobody sits on both panels."""
    return bases[1]


def next_door(first: Review, second: Review) -> ReviewRound:
    """The second panel's round, from now on of the first agency."""
    row = second.round
    with unguarded():
        ChallengeList.objects.filter(pk=row.challenge.challenge_list_id).update(agency=first.w.agency)
    return ReviewRound.objects.get(pk=row.pk)


def session_of(row: ReviewRound, **values: Any) -> DefenceSession:
    hours = {
        "first_day": HELD,
        "begins": time(9),
        "ends": time(17, 30),
        "lunch_from": time(12),
        "lunch_until": time(13, 30),
    }
    return DefenceSession(
        round=row, recorder="记录员", talk_minutes=10, question_minutes=20, buffer_minutes=5, persons=3,
        **{"room": "三楼会议室", **hours, **values},
    )  # fmt: skip


def plan(row: DefenceSession, by: Actor) -> DefenceSession:
    with on(PLANNED):
        return start(DefenceSessionFlow, row, by=by)


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def share_an_expert(first: Review, second: Review) -> None:
    """One account sits on both panels."""
    with unguarded():
        seat = second.seats()[0]
        Expert.objects.filter(pk=seat.expert_id).update(user=first.seats()[0].expert.user)


def fits(row: DefenceSession) -> bool:
    return bool(nobody_is_booked_twice(DefenceSessionFlow(row)))


@pytest.mark.parametrize("room", ["三楼会议室", " 三楼 会议室"])
def test_rule_3_8_a_room_is_not_booked_twice_at_a_time_and_the_clash_is_named(first, second, room):
    row = d.planned(first)
    neighbour = next_door(first, second)
    found = refused(lambda: plan(session_of(neighbour, room=room), SYSTEM))
    assert found.sentences == [f"会议室“{room}”2026-05-20 09:00–09:30 已安排“{row}”，请另选会议室或日期。"]
    assert fits(session_of(neighbour, room="四楼会议室"))
    assert fits(session_of(neighbour, first_day=date(2026, 5, 21)))
    assert fits(session_of(neighbour, begins=time(13, 30), lunch_from=None, lunch_until=None))


def test_another_agencys_room_of_the_same_name_is_another_room(first, second):
    d.announced(first)
    assert fits(session_of(second.round))


def test_rule_3_8_an_expert_sits_in_one_defence_at_a_time_even_for_two_agencies(first, second):
    d.announced(first)
    share_an_expert(first, second)
    found = refused(lambda: plan(session_of(second.round, room="别处"), second.secretary))
    alias = second.seats()[0].alias
    assert found.sentences == [f"{alias} 在 2026-05-20 09:00–09:30 还要参加“其他机构的一场答辩”，请另选日期或时段。"]
    plan(session_of(second.round, room="别处", first_day=date(2026, 5, 22)), second.secretary)


def test_a_cancelled_defence_holds_neither_room_nor_expert(first, second):
    row = d.announced(first)
    share_an_expert(first, second)
    with on(PLANNED, 12):
        perform(DefenceSessionFlow, row, "cancel", by=first.secretary, reason="评审日期调整，答辩另行安排")
    plan(session_of(second.round), second.secretary)


def test_the_slots_are_looked_at_again_when_the_order_is_drawn(first, second):
    row = plan(session_of(second.round, room="别处"), second.secretary)
    with on(PLANNED, 11):
        perform(DefenceSessionFlow, row, "commit_order", by=second.secretary)
    d.announced(first)
    share_an_expert(first, second)
    with on(PLANNED, 13):
        found = refused(lambda: perform(DefenceSessionFlow, row, "draw_order", by=second.w.supervisor))
    assert "还要参加" in found.sentences[0]


def test_who_is_booked_elsewhere_is_not_called_as_a_standby(first, second):
    d.announced(first)
    d.announced(second)
    standby = next(
        e for e in Expert.objects.filter(agency=second.w.agency, seat_type="TECHNICAL")
        if not second.round.assignments.filter(expert=e).exists()
    )  # fmt: skip
    with unguarded():
        Expert.objects.filter(pk=standby.pk).update(user=first.seats()[0].expert.user)
    assert booked_elsewhere(second.round) == {standby.pk}
    seat = second.technical
    with on(PLANNED, 14):
        perform(AssignmentFlow, seat, "recuse", by=seat.expert.user, decline_reason="亲属参与申报")
    assert standby.pk not in second.round.assignments.values_list("expert_id", flat=True)
    commit_sql("SELECT 1")


def test_what_does_not_fit_into_the_first_day_is_heard_on_the_next_working_day_and_never_twice_at_a_time(second):
    slots = slots_in_order(session_of(second.round, first_day=date(2026, 5, 22)), [str(n) for n in range(23)])
    days = [slot.starts_at.astimezone(SHANGHAI).date() for slot in slots]
    assert (days.count(date(2026, 5, 22)), days.count(date(2026, 5, 25)), days.count(date(2026, 5, 26))) == (10, 10, 3)
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(slots))


def test_two_teams_do_not_speak_at_a_time_even_by_sql(first):
    row = d.announced(first)
    with unguarded():
        DefenceSlot.objects.filter(session=row, bid=first.bids[0]).delete()
    taken = DefenceSlot.objects.filter(session=row).order_by("position")[0].starts_at
    sql, values = slot_sql(row, first.bids[0], taken + timedelta(minutes=5))
    with pytest.raises(IntegrityError, match="speak at a time"):
        commit_sql(sql, *values)


# --- the database -----------------------------------------------------------------------------------


def slot_sql(row: DefenceSession, bid: Any, starts: datetime) -> tuple[str, tuple[Any, ...]]:
    sql = (
        "INSERT INTO review_defenceslot (created_at, version, session_id, bid_id, position, starts_at, questions_at, ends_at,"
        " team, substitute, note, state) VALUES (now(), 0, %s, %s, 99, %s, %s, %s, '', '', '', 'SCHEDULED')"
    )
    return sql, (row.pk, bid.pk, starts, starts + timedelta(minutes=10), starts + timedelta(minutes=30))


def test_no_slot_of_a_person_who_sits_elsewhere_is_written_even_by_sql(first, second):
    d.announced(first)
    share_an_expert(first, second)
    with unguarded():
        row = session_of(second.round, room="别处", created_at=NOON)
        row.save()
    at_nine = datetime.combine(HELD, time(9, 10), SHANGHAI)
    sql, values = slot_sql(row, second.bids[0], at_nine)
    with pytest.raises(IntegrityError, match="booked twice: user"):
        commit_sql(sql, *values)
    sql, values = slot_sql(row, second.bids[0], at_nine.replace(hour=16))
    with pytest.raises(IntegrityError, match="unaudited"):  # of the guards only the audit's speaks
        commit_sql(sql, *values)


def test_no_slot_in_a_taken_room_is_written_even_by_sql(first, second):
    d.announced(first)
    neighbour = next_door(first, second)
    with unguarded():
        row = session_of(neighbour, room="三楼 会议室", created_at=NOON)
        row.save()
    sql, values = slot_sql(row, neighbour.challenge.bids.first(), datetime.combine(HELD, time(9, 10), SHANGHAI))
    with pytest.raises(IntegrityError, match="booked twice: room"):
        commit_sql(sql, *values)


def test_a_seat_in_a_defence_is_not_given_to_somebody_who_sits_in_another(first, second):
    d.announced(first)
    d.announced(second)
    stranger = f.expert(second.w)
    with unguarded():
        Expert.objects.filter(pk=stranger.pk).update(user=first.seats()[0].expert.user)
    with pytest.raises(IntegrityError, match="booked twice: user"):
        commit_sql(
            "INSERT INTO review_assignment (created_at, version, round_id, expert_id, seat_type, alias, decline_reason, state)"
            " VALUES (now(), 0, %s, %s, 'TECHNICAL', 'E98', '', 'INVITED')",
            second.round.pk, stranger.pk,
        )  # fmt: skip


def test_a_drawn_session_keeps_its_room_and_its_slots(first):
    row = d.announced(first)
    for sql in (
        "UPDATE review_defencesession SET room = '别处' WHERE id = %s",
        "UPDATE review_defenceslot SET starts_at = starts_at + interval '1 hour' WHERE session_id = %s",
    ):
        with pytest.raises(IntegrityError, match="never changes"):
            commit_sql(sql, row.pk)
