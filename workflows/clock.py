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
_received: ContextVar[datetime | None] = ContextVar("received", default=None)


def now() -> datetime:
    """The current instant, aware. Within a request: when the server received it (decision 0008)."""
    return _set_to.get() or _received.get() or timezone.now()


@contextmanager
def receiving(at: datetime) -> Iterator[None]:
    """Handle a request that was received at `at`, however late it is its turn."""
    token = _received.set(_received.get() or at)
    try:
        yield
    finally:
        _received.reset(token)


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
