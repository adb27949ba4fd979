"""Days in Shanghai and instants, and whole months between days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from workflows.clock import SHANGHAI


def day_of(instant: datetime) -> date:
    """The day in Shanghai on which an instant falls."""
    return instant.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first instant of `day` in Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def end_of(day: date) -> datetime:
    """The first instant after `day` in Shanghai: until then "by that day" is still in time."""
    return start_of(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the month's last day where there is no such day."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
