"""What one outermost `perform` collects: audit entries and messages, written at its very end.

Entries of nested transitions are appended together, last of all, so that the chain's lock is held
for the append and the commit only, never while rows are still being locked (decision 0002).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, transaction

from workflows import audit, outbox
from workflows.models import OutboxMessage


@dataclass
class UnitOfWork:
    entries: list[audit.Entry] = field(default_factory=list)
    messages: list[OutboxMessage] = field(default_factory=list)


_current: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """One database transaction with its audit entries and messages; a savepoint when nested."""
    outer = _current.get()
    if outer is not None:
        yield from _nested(outer)
        return
    unit = UnitOfWork()
    token = _current.set(unit)
    is_outermost = not connection.in_atomic_block
    try:
        with transaction.atomic():
            yield unit
            _write(unit, is_outermost)
    finally:
        _current.reset(token)


def _nested(outer: UnitOfWork) -> Iterator[UnitOfWork]:
    marks = len(outer.entries), len(outer.messages)
    try:
        with transaction.atomic():
            yield outer
    except BaseException:
        # What the savepoint undoes must not be told either.
        del outer.entries[marks[0] :]
        del outer.messages[marks[1] :]
        raise


def _write(unit: UnitOfWork, is_outermost: bool) -> None:
    if unit.messages:
        OutboxMessage.objects.bulk_create(unit.messages)
        transaction.on_commit(outbox.wake_worker)
    if unit.entries:
        # Commits and waits for the disk at once; what `atomic` does afterwards finds nothing left to
        # commit, and tells the worker. Within somebody else's transaction it is his to commit.
        audit.append(unit.entries, and_commit=is_outermost)
