"""Working days (工作日) of mainland China (domain 2.16). No Django import.

A day works when it is Monday to Friday and not a day off, or when it is a weekend day that the
State Council's yearly notice declares a make-up working day (调休上班).

Years with a notice come from the package `chinesecalendar`; a later notice is given as data with
`load_calendar` or `register_calendar_file`, which hold for the running process and are therefore
called at start-up. Every other year is provisional: weekends and the 13 statutory days are off
(清明 by the package's solar terms, 春节/端午/中秋 by `workflows.lunar_festivals` up to its last year),
but bridge days, make-up days and days in lieu of a statutory day on a weekend are not known yet.

Days are plain dates in Asia/Shanghai. A datetime is refused, because its date depends on the zone.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]

from workflows.lunar_festivals import lunar_days_off

_DECEMBER = 12
_FRIDAY = 4
#: 元旦, 劳动节, 国庆: the statutory days whose date never moves (全国年节及纪念日放假办法 2 条, from 2025).
_FIXED_DAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))


@dataclass(frozen=True)
class YearCalendar:
    """One year's notice. It may reach into the December before, as the one for 2023 did."""

    year: int
    days_off: frozenset[date]
    make_up_days: frozenset[date]
    source: str


class _Calendars:
    """The notices in force and, per year, its working days as sorted ordinals. Never changed: replaced."""

    def __init__(self, notices: dict[int, YearCalendar]) -> None:
        self.notices = notices
        self._ordinals: dict[int, list[int]] = {}

    def working_ordinals(self, year: int) -> list[int]:
        days = self._ordinals.get(year)
        if days is None:
            days = self._ordinals[year] = self._build(year)
        return days

    def _build(self, year: int) -> list[int]:
        off, make_up = set[date](), set[date]()
        # The next year's notice comes last and wins: it is the newer word on late December.
        for notice in (self.notices.get(year) or _provisional(year), self.notices.get(year + 1)):
            if notice is not None:
                off = (off - notice.make_up_days) | notice.days_off
                make_up = (make_up - notice.days_off) | notice.make_up_days
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        days = (date.fromordinal(n) for n in range(first, last + 1))
        return [d.toordinal() for d in days if d in make_up or (d.weekday() <= _FRIDAY and d not in off)]


def _provisional(year: int) -> YearCalendar:
    days = {date(year, month, day) for month, day in _FIXED_DAYS}
    if 1900 <= year <= 2100:  # the range of the package's solar terms
        terms = chinese_calendar.get_solar_terms(date(year, 4, 1), date(year, 4, 10))
        days.update(day for day, name in terms if name == "清明")
    return YearCalendar(year, frozenset(days) | lunar_days_off(year), frozenset(), "")


def _from_package() -> dict[int, YearCalendar]:
    source = f"chinesecalendar {chinese_calendar.__version__}"
    years = {d.year for d in chinese_calendar.holidays if d.month < _DECEMBER}
    return {
        year: YearCalendar(
            year,
            frozenset(d for d in chinese_calendar.holidays if d.year == year),
            frozenset(d for d in chinese_calendar.workdays if d.year == year),
            source,
        )
        for year in years
    }


_calendars = _Calendars(_from_package())
_loading = Lock()


def is_provisional(year: int) -> bool:
    """True when no State Council notice is known for `year`, so that its working days may still change.

    Late December also depends on the next year's notice: 2022-12-31 was moved by the one for 2023.
    """
    return year not in _calendars.notices


def source_of(year: int) -> str:
    """Where the calendar of `year` comes from, for display; empty for a provisional year."""
    notice = _calendars.notices.get(year)
    return notice.source if notice else ""


def is_working_day(d: date) -> bool:
    """Whether `d` is a working day. Raises TypeError for anything but a plain date (domain 2.16)."""
    days = _calendars.working_ordinals(_plain(d).year)
    ordinal = d.toordinal()
    at = bisect_left(days, ordinal)
    return at < len(days) and days[at] == ordinal


def add_working_days(start: date, n: int, *, count_start: bool) -> date:
    """The `n`-th working day from `start` (domain 2.16); `n` in working days.

    `count_start=True` counts `start` itself as the first when it works (公示, both ends counted);
    `count_start=False` begins with the day after (statutory "within N days"). When `start` does
    not work, both begin with the next working day.
    `n < 0` counts backwards by the same rules. `n == 0` gives the first working day on or after
    `start`, whatever `count_start`: the rule for a last day that falls on a day off.
    Raises TypeError for a datetime or a non-integer, OverflowError past year 9999 or before year 1.
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"n must be a whole number of working days, not {n!r}")
    calendars, year, ordinal = _calendars, _plain(start).year, start.toordinal()
    days = calendars.working_ordinals(year)
    if n >= 0:
        skip_start = n > 0 and not count_start
        at = (bisect_right if skip_start else bisect_left)(days, ordinal) + max(n - 1, 0)
        while at >= len(days):
            at -= len(days)
            year = _within_calendar(year + 1)
            days = calendars.working_ordinals(year)
    else:
        at = (bisect_right if count_start else bisect_left)(days, ordinal) + n
        while at < 0:
            year = _within_calendar(year - 1)
            days = calendars.working_ordinals(year)
            at += len(days)
    return date.fromordinal(days[at])


def working_days_between(first: date, last: date) -> int:
    """Working days from `first` to `last`, both ends counted; 0 when last < first (domain 2.16)."""
    begin, end = _plain(first).toordinal(), _plain(last).toordinal()
    if end < begin:
        return 0
    calendars = _calendars
    total = sum(len(calendars.working_ordinals(year)) for year in range(first.year, last.year))
    total += bisect_right(calendars.working_ordinals(last.year), end)
    return total - bisect_left(calendars.working_ordinals(first.year), begin)


def load_calendar(year: int, days_off: Iterable[date], make_up_days: Iterable[date], *, source: str) -> None:
    """Put one year's notice into force for this process, in place of what was known of that year.

    `days_off` are all days off of the notice (weekend days among them do no harm), `make_up_days`
    the Saturdays and Sundays that work; both inside `year` or the December before it.
    `source` names the notice for display. Raises ValueError that says what contradicts the notice's
    form, TypeError for datetimes; then nothing has changed.
    """
    global _calendars
    off, make_up = frozenset(map(_plain, days_off)), frozenset(map(_plain, make_up_days))
    calendar = YearCalendar(year, off, make_up, source.strip())
    _check(calendar)
    with _loading:
        _calendars = _Calendars({**_calendars.notices, year: calendar})


def register_calendar_file(path: str | Path) -> list[int]:
    """Load the notices of a JSON file; returns their years. For years after the package's last.

    The file holds one object, or a list of them, with `year`, `days_off`, `make_up_days`, `source`;
    a day is "2027-01-01", a run of days "2027-10-01..2027-10-07". All notices are checked before the
    first comes into force. Raises OSError when unreadable, ValueError that names file and fault.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        calendars = [_read_notice(row) for row in (data if isinstance(data, list) else [data])]
        for calendar in calendars:
            _check(calendar)
    except (ValueError, TypeError) as fault:
        raise ValueError(f"{path}: {fault}") from fault
    for c in calendars:
        load_calendar(c.year, c.days_off, c.make_up_days, source=c.source)
    return [c.year for c in calendars]


def _read_notice(row: Any) -> YearCalendar:
    fields = {"year", "days_off", "make_up_days", "source"}
    if not isinstance(row, dict) or set(row) != fields:
        raise ValueError(f"a notice needs exactly the fields {', '.join(sorted(fields))}")
    if isinstance(row["year"], bool) or not isinstance(row["year"], int):
        raise ValueError(f"year must be a whole number, not {row['year']!r}")
    off, make_up = (frozenset(d for t in row[k] for d in _days(t)) for k in ("days_off", "make_up_days"))
    return YearCalendar(row["year"], off, make_up, str(row["source"]).strip())


def _days(text: str) -> list[date]:
    first, _, last = text.partition("..")
    begin = date.fromisoformat(first)
    end = date.fromisoformat(last) if last else begin
    if not 0 <= (end - begin).days <= 31:
        raise ValueError(f"{text}: a run of days goes forward and lasts at most a month")
    return [begin + timedelta(days=i) for i in range((end - begin).days + 1)]


def _check(calendar: YearCalendar) -> None:
    """Raise ValueError when a notice cannot be right: a slip here would move real deadlines."""
    year = calendar.year
    first, last = date(year - 1, _DECEMBER, 1), date(year, _DECEMBER, 31)
    strays = [d for d in calendar.days_off | calendar.make_up_days if not first <= d <= last]
    weekdays = [d for d in calendar.make_up_days if d.weekday() <= _FRIDAY]
    # 05-02 became statutory in 2025 only, so a notice of an older year may lack it.
    missing = {date(year, m, n) for m, n in _FIXED_DAYS if (m, n) != (5, 2)} - calendar.days_off
    faults: dict[str, Iterable[date]] = {
        "neither in the year nor in the December before": strays,
        "both day off and make-up day": calendar.days_off & calendar.make_up_days,
        "a make-up day must be a Saturday or Sunday": weekdays,
        "statutory day missing from days_off": missing,
    }
    for fault, days in faults.items():
        if days:
            raise ValueError(f"calendar {year}: {fault}: {', '.join(d.isoformat() for d in sorted(days))}")
    if not calendar.source:
        raise ValueError(f"calendar {year}: source is empty; name the notice, e.g. by its number")


def _plain(d: date) -> date:
    if isinstance(d, datetime) or not isinstance(d, date):
        raise TypeError(f"a plain date is needed, not {d!r}; take the date in Asia/Shanghai first")
    return d


def _within_calendar(year: int) -> int:
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError("the working day lies outside the years 1 to 9999")
    return year
