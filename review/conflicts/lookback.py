"""From which day on a relation still counts."""

from __future__ import annotations

from datetime import date

from workflows.days import add_months


def first_day(on: date, years: int) -> date:
    """The same day `years` ago, itself included; the last of February for its 29th. 0 years: since ever."""
    return add_months(on, -12 * years) if years else date.min
