"""The order and the time table of a defence (domain 3.8): by lot, replayable, within working hours."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.defence import Hours, NotEnoughTime, draw_order, replay_order, timetable
from review.draw import ReplayMismatch

ZONE = ZoneInfo("Asia/Shanghai")
SEED = bytes(range(32))
DAY = date(2026, 5, 20)
HOURS = Hours(time(9), time(17, 30), (time(12), time(13, 30)))
ids = st.lists(st.text("0123456789-AB", min_size=1, max_size=6), min_size=1, max_size=12, unique=True)
minutes = st.integers(1, 60)


@given(ids, st.binary(min_size=32, max_size=32))
def test_an_order_holds_everybody_once_and_replays_whatever_order_they_came_in(rows, seed):
    record = draw_order(rows, seed, "entropy")
    assert sorted(record["order"]) == sorted(rows)
    assert draw_order(reversed(rows), seed, "entropy") == record
    assert replay_order(record, seed) == record["order"]


def test_rule_3_8_every_team_is_first_equally_often():
    """False alarm below 1 in 100,000: chi-square with 4 degrees of freedom exceeds 28.5."""
    rows = ["甲", "乙", "丙", "丁", "戊"]
    first = Counter(draw_order(rows, SEED, f"entropy {n}")["order"][0] for n in range(5000))
    assert sum((first[row] - 1000) ** 2 / 1000 for row in rows) < 28.5


@pytest.mark.parametrize("field", ["order", "ids", "entropy", "seed_commitment", "ids_digest", "algorithm"])
def test_a_record_that_was_tampered_with_does_not_replay(field):
    record = draw_order(["a", "b", "c"], SEED, "entropy")
    changed = list(reversed(record[field])) if field == "order" else "x" if field != "ids" else ["a", "b", "d"]
    with pytest.raises(ReplayMismatch):
        replay_order({**record, field: changed}, SEED)
    with pytest.raises(ReplayMismatch):
        replay_order({key: value for key, value in record.items() if key != field}, SEED)


@pytest.mark.parametrize("bad", [([], "x"), (["a", "a"], "x"), (["a"], " ")])
def test_nobody_twice_nobody_at_all_and_no_draw_without_entropy(bad):
    with pytest.raises(ValueError, match=r"order needs|entropy"):
        draw_order(bad[0], SEED, bad[1])


@given(st.integers(1, 25), minutes, minutes, st.integers(0, 20))
def test_no_two_teams_meet_and_nobody_speaks_across_lunch_or_after_hours(n, talk, questions, buffer):
    order = [str(k) for k in range(n)]
    days = [DAY + timedelta(days=k) for k in range(30)]
    slots = timetable(order, days, HOURS, talk=talk, questions=questions, buffer=buffer, zone=ZONE)
    assert [s.id for s in slots] == order
    assert [s.position for s in slots] == list(range(1, n + 1))
    for before, after in pairwise(slots):
        assert after.starts_at - before.ends_at >= timedelta(minutes=buffer)
    for slot in slots:
        assert slot.questions_at - slot.starts_at == timedelta(minutes=talk)
        assert slot.ends_at - slot.questions_at == timedelta(minutes=questions)
        assert time(9) <= slot.starts_at.time()
        assert slot.ends_at.time() <= time(17, 30)
        assert slot.ends_at.time() <= time(12) or slot.starts_at.time() >= time(13, 30)
    assert max(Counter(slot.starts_at.date() for slot in slots).values()) <= 10


def test_a_slot_that_would_run_into_lunch_begins_after_it():
    hours = Hours(time(11), time(18), (time(12), time(13)))
    slots = timetable(["a", "b"], [DAY], hours, talk=20, questions=20, buffer=5, zone=ZONE)
    assert [s.starts_at for s in slots] == [
        datetime(2026, 5, 20, 11, tzinfo=ZONE),
        datetime(2026, 5, 20, 13, tzinfo=ZONE),
    ]


def test_days_that_are_too_short_say_how_many_find_no_place():
    with pytest.raises(NotEnoughTime, match="还差 2 家") as caught:
        timetable(list("abc"), [DAY], Hours(time(9), time(10)), talk=20, questions=20, buffer=5, zone=ZONE)
    assert caught.value.left == 2
