"""The product's clock. Everything that decides by time asks `now()`, so that a test or the demo
loader can set it; the database keeps its own clock beside it in the audit chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")
_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The current instant, aware."""
    return _set_to.get() or timezone.now()


def today() -> date:
    """The current day in Shanghai."""
    return now().astimezone(SHANGHAI).date()


@contextmanager
def travel(to: datetime) -> Iterator[None]:
    """Set the clock for the code inside. `to` must be aware."""
    if to.tzinfo is None:
        raise ValueError("the clock needs an aware datetime")
    token = _set_to.set(to)
    try:
        yield
    finally:
        _set_to.reset(token)
