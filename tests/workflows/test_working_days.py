"""Vectors of domain 2.16, properties against a day-by-day count, and notices given as data."""

import json
import time
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import working_days
from workflows.lunar_festivals import LAST_YEAR, lunar_days_off
from workflows.working_days import (
    add_working_days,
    is_provisional,
    is_working_day,
    load_calendar,
    register_calendar_file,
    source_of,
    working_days_between,
)

#: Days off and make-up days of the State Council notices, as printed in domain 2.16.
NOTICES = {
    2023: (
        "01-01..01-02 01-21..01-27 04-05 04-29..05-03 06-22..06-24 09-29..10-06",
        "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    ),
    2024: (
        "01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10 09-15..09-17 10-01..10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}
FIRST_WITHOUT_NOTICE = max(d.year for d in chinese_calendar.holidays) + 1
STATUTORY_2027 = ["2027-01-01", "2027-05-01", "2027-10-01..2027-10-07"]

days = st.dates(date(2021, 1, 1), date(2031, 12, 31))
counts = st.integers(1, 400)


def d(text: str) -> date:
    return date.fromisoformat(text)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=i) for i in range((date(year + 1, 1, 1) - first).days)]


def expand(year: int, text: str) -> set[date]:
    found = set()
    for run in text.split():
        first, _, last = run.partition("..")
        begin, end = d(f"{year}-{first}"), d(f"{year}-{last or first}")
        found |= {begin + timedelta(days=i) for i in range((end - begin).days + 1)}
    return found


@pytest.fixture(autouse=True)
def _calendars_are_put_back(monkeypatch):
    monkeypatch.setattr(working_days, "_calendars", working_days._calendars)


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_a_year_is_as_the_notice_says(year):
    off, make_up = (expand(year, text) for text in NOTICES[year])
    for day in days_of(year):
        assert is_working_day(day) == (day in make_up or (day.weekday() < 5 and day not in off)), day


@pytest.mark.parametrize(("year", "expected"), [(2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year, expected):
    assert working_days_between(date(year, 1, 1), date(year, 12, 31)) == expected


def test_the_rongcheng_publicity_range_has_five_working_days():
    first, last = d("2023-04-27"), d("2023-05-06")
    assert working_days_between(first, last) == 5
    worked = [x for x in (first + timedelta(days=i) for i in range(10)) if is_working_day(x)]
    assert worked == [d("2023-04-27"), d("2023-04-28"), d("2023-05-04"), d("2023-05-05"), d("2023-05-06")]


@pytest.mark.parametrize(
    ("start", "fifth_counted", "fifth_excluded", "tenth_counted"),
    [
        ("2025-01-24", "2025-02-06", "2025-02-07", "2025-02-12"),
        ("2026-04-30", "2026-05-09", "2026-05-11", "2026-05-15"),
        ("2026-11-23", "2026-11-27", "2026-11-30", "2026-12-04"),
    ],
)
def test_the_fifth_and_tenth_working_day(start, fifth_counted, fifth_excluded, tenth_counted):
    assert add_working_days(d(start), 5, count_start=True) == d(fifth_counted)
    assert add_working_days(d(start), 5, count_start=False) == d(fifth_excluded)
    assert add_working_days(d(start), 10, count_start=True) == d(tenth_counted)


def test_the_publicity_of_the_worked_timeline_ends_on_its_fifth_day():
    assert add_working_days(d("2026-06-01"), 5, count_start=True) == d("2026-06-05")


def test_from_a_day_off_both_ways_of_counting_begin_with_the_next_working_day():
    holiday = d("2026-10-01")
    for count_start in (True, False):
        assert add_working_days(holiday, 1, count_start=count_start) == d("2026-10-08")
        assert add_working_days(holiday, 3, count_start=count_start) == d("2026-10-10")  # a make-up Saturday
        assert add_working_days(holiday, -1, count_start=count_start) == d("2026-09-30")


def test_zero_moves_a_last_day_that_is_a_day_off_to_the_next_working_day():
    assert add_working_days(d("2026-02-15"), 0, count_start=False) == d("2026-02-24")
    assert add_working_days(d("2026-02-24"), 0, count_start=False) == d("2026-02-24")
    assert add_working_days(d("2025-12-31"), 0, count_start=True) == d("2025-12-31")


def test_a_negative_number_counts_backwards():
    assert add_working_days(d("2026-05-09"), -5, count_start=True) == d("2026-04-30")
    assert add_working_days(d("2026-05-11"), -5, count_start=False) == d("2026-04-30")


def test_a_range_that_ends_before_it_begins_is_empty():
    assert working_days_between(d("2026-05-09"), d("2026-05-08")) == 0
    assert working_days_between(d("2027-01-04"), d("2026-01-04")) == 0


@given(days, counts, st.booleans())
def test_adding_is_the_inverse_of_counting(start, n, count_start):
    end = add_working_days(start, n, count_start=count_start)
    assert is_working_day(end)
    begin = start if count_start else start + timedelta(days=1)
    assert working_days_between(begin, end) == n


@given(days, counts, st.booleans())
def test_going_back_returns_to_where_it_began(start, n, count_start):
    start = add_working_days(start, 0, count_start=True)
    end = add_working_days(start, n, count_start=count_start)
    assert add_working_days(end, -n, count_start=count_start) == start


@given(days, days, st.integers(-300, 300), st.integers(-300, 300), st.booleans())
def test_a_later_start_or_a_larger_number_never_ends_earlier(one, other, n, m, count_start):
    (one, other), (n, m) = sorted((one, other)), sorted((n, m))
    end = add_working_days(one, n, count_start=count_start)
    assert end <= add_working_days(other, n, count_start=count_start)
    if n != 0 and m != 0:  # zero is the rounding rule, not a step between -1 and 1
        assert end <= add_working_days(one, m, count_start=count_start)


@given(days, st.integers(0, 1500))
def test_counting_agrees_with_looking_at_every_day(first, length):
    span = [first + timedelta(days=i) for i in range(length + 1)]
    assert working_days_between(first, span[-1]) == sum(map(is_working_day, span))


def test_ten_thousand_additions_take_less_than_a_fifth_of_a_second():
    add_working_days(d("2026-01-01"), 250, count_start=True)
    began = time.perf_counter()
    for i in range(10_000):
        add_working_days(d("2026-03-02"), i % 200, count_start=False)
    assert time.perf_counter() - began < 0.2


def test_years_with_a_notice_are_final_and_name_their_source():
    assert not any(is_provisional(year) for year in (2023, 2024, 2025, 2026))
    assert source_of(2026).startswith("chinesecalendar")


def test_a_year_without_a_notice_is_provisional_and_has_no_source():
    assert is_provisional(FIRST_WITHOUT_NOTICE)
    assert source_of(FIRST_WITHOUT_NOTICE) == ""


def test_a_year_past_the_festival_table_keeps_its_lunar_festivals_as_ordinary_days():
    year = LAST_YEAR + 1
    assert all(is_working_day(day) == (day.weekday() < 5) for day in days_of(year) if day.month in (2, 6, 9))
    assert not is_working_day(date(year, 10, 2))


def test_the_statutory_days_of_2028_are_off_while_it_is_provisional():
    if not is_provisional(2028):
        pytest.skip("a notice for 2028 is known")
    off = "01-01 01-25..01-28 04-04 05-01..05-02 05-28 10-01..10-03"  # 中秋 is 10-03 that year
    expected = expand(2028, off)
    assert len(expected) == 12
    assert [day for day in days_of(2028) if day.weekday() < 5 and not is_working_day(day)] == sorted(
        day for day in expected if day.weekday() < 5
    )


@pytest.mark.parametrize("year", range(2027, LAST_YEAR + 1))
def test_the_festival_table_keeps_the_distances_of_lunar_months(year):
    spring, *_, dragon_boat, mid_autumn = sorted(lunar_days_off(year))
    new_year = spring + timedelta(days=1)
    assert date(year, 1, 21) <= new_year <= date(year, 2, 21)
    # Four lunar months and four days to 端午, three and ten days on to 中秋; a leap month adds one.
    assert round((dragon_boat - new_year - timedelta(days=4)).days / 29.53) in (4, 5)
    assert round((mid_autumn - dragon_boat - timedelta(days=10)).days / 29.53) in (3, 4)
    assert date(year, 9, 7) <= mid_autumn <= date(year, 10, 8)


def test_a_notice_given_as_data_replaces_the_provisional_year():
    off = expand(2027, "01-01 02-05..02-11 05-01..05-05 10-01..10-07")
    load_calendar(2027, off, [d("2027-02-13")], source="国办发明电〔2026〕0号")
    assert not is_provisional(2027)
    assert source_of(2027) == "国办发明电〔2026〕0号"
    assert is_working_day(d("2027-02-13"))
    assert not is_working_day(d("2027-05-04"))
    assert is_working_day(d("2027-04-05"))  # 清明: the notice decides, no longer the solar term


def test_a_notice_may_reach_into_the_december_before():
    assert is_working_day(d("2026-12-31"))
    off = expand(2027, "01-01 05-01 10-01..10-03") | {d("2026-12-31")}
    load_calendar(2027, off, [d("2026-12-27")], source="notice")
    assert not is_working_day(d("2026-12-31"))
    assert is_working_day(d("2026-12-27"))
    assert working_days_between(d("2026-01-01"), d("2026-12-31")) == 248


@pytest.mark.parametrize(
    ("off", "make_up", "source", "fault"),
    [
        (["2027-01-01"], [], "notice", "statutory day missing.*2027-05-01, 2027-10-01"),
        ([*STATUTORY_2027, "2028-01-01"], [], "notice", "neither in the year.*2028-01-01"),
        ([*STATUTORY_2027, "2026-11-30"], [], "notice", "neither in the year.*2026-11-30"),
        (STATUTORY_2027, ["2027-03-01"], "notice", "Saturday or Sunday: 2027-03-01"),
        (STATUTORY_2027, ["2027-03-05"], "notice", "Saturday or Sunday: 2027-03-05"),
        (STATUTORY_2027, ["2027-05-01"], "notice", "both day off and make-up day: 2027-05-01"),
        (STATUTORY_2027, [], " ", "source is empty"),
        (["2027-13-01"], [], "notice", "month"),
        (["2027-10-07..2027-10-01"], [], "notice", "goes forward"),
    ],
)
def test_a_faulty_notice_is_refused_and_changes_nothing(tmp_path, off, make_up, source, fault):
    before = [day for day in days_of(2027) if is_working_day(day)]
    path = tmp_path / "2027.json"
    path.write_text(json.dumps({"year": 2027, "days_off": off, "make_up_days": make_up, "source": source}))
    with pytest.raises(ValueError, match=f"2027.json.*{fault}"):
        register_calendar_file(path)
    assert is_provisional(2027)
    assert [day for day in days_of(2027) if is_working_day(day)] == before


def test_a_calendar_file_carries_several_years_and_runs_of_days(tmp_path):
    rows = [
        {"year": 2027, "days_off": STATUTORY_2027, "make_up_days": ["2027-10-09"], "source": "甲"},
        {
            "year": 2028,
            "days_off": [s.replace("2027", "2028") for s in STATUTORY_2027],
            "make_up_days": [],
            "source": "乙",
        },
    ]
    path = tmp_path / "notices.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    assert register_calendar_file(path) == [2027, 2028]
    assert not is_working_day(d("2027-10-07"))
    assert is_working_day(d("2027-10-09"))
    assert source_of(2028) == "乙"


@pytest.mark.parametrize(
    "text", ["[1]", "{}", '{"year": "2027", "days_off": [], "make_up_days": [], "source": "x"}', "{"]
)
def test_a_calendar_file_of_another_shape_is_refused_by_name(tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"odd\.json"):
        register_calendar_file(path)


@pytest.mark.parametrize(
    "call",
    [
        is_working_day,
        lambda x: working_days_between(x, x),
        lambda x: add_working_days(x, 1, count_start=True),
    ],
)
def test_an_instant_is_refused_because_its_day_depends_on_the_zone(call):
    with pytest.raises(TypeError, match="plain date"):
        call(datetime(2026, 5, 1, 17, tzinfo=UTC))


def test_a_fraction_of_a_day_is_refused():
    with pytest.raises(TypeError, match="whole number"):
        add_working_days(d("2026-05-01"), 1.5, count_start=True)  # type: ignore[arg-type]


def test_the_end_of_the_calendar_is_an_error_not_a_wrong_day():
    with pytest.raises(OverflowError):
        add_working_days(date(9999, 12, 31), 5, count_start=False)
    with pytest.raises(OverflowError):
        add_working_days(date(1, 1, 2), -5, count_start=False)
