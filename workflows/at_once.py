"""Two people at once: a transaction that the database broke off is tried again, parents are read as they stand.

PostgreSQL ends a deadlock by breaking off one of its transactions. Nothing of that one is left, so
the outermost caller, and only he, may simply do it again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection
from django.db.models import ForeignKey, Model

from workflows.locked import locked

logger = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

#: serialization_failure, deadlock_detected
_BROKEN_OFF = {"40001", "40P01"}
RETRIES = 3
_FIRST_PAUSE = 0.05


def try_again(attempt: Callable[[], ResultT]) -> ResultT:
    """Run `attempt`, which makes one transaction; again up to `RETRIES` times when it was broken off.

    Inside a transaction it runs once: what came before is lost with it, and only the outermost
    caller knows how to do that again. Pauses grow and are random, so that two do not meet again.
    """
    if connection.in_atomic_block:
        return attempt()
    for no in range(1, RETRIES + 1):
        try:
            return attempt()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _BROKEN_OFF:
                raise
            logger.warning("transaction broken off, retry %s of %s: %s", no, RETRIES, error)
        time.sleep(random.uniform(0.5, 1.5) * _FIRST_PAUSE * 2**no)  # noqa: S311 (no secret)
    return attempt()


def hold_parents(record: Model, path: str) -> None:
    """Replace the parents along `path` by what is stored now, and keep them so until commit.

    `path` goes upwards as in select_related. Shared locks: others may read and hold them as well,
    but not change them. Taken from the top down, as transitions cascade.
    """
    links: list[tuple[Model, str]] = []
    child = record
    for name in path.split("__"):
        links.append((child, name))
        child = getattr(child, name)
    fresh: dict[int, Model] = {}
    for at, (child, name) in reversed(list(enumerate(links))):
        fresh[at] = _held(child, name)
    for at, (child, name) in enumerate(links):
        setattr(fresh[at - 1] if at else child, name, fresh[at])


def hold_alone(record: Model, name: str) -> None:
    """Whoever starts another record for the same `record.name` waits until commit: what is counted for it stands."""
    locked(getattr(record, name))


def _held(child: Model, name: str) -> Model:
    field = child._meta.get_field(name)
    assert isinstance(field, ForeignKey)
    parent: type[Model] = field.related_model  # type: ignore[assignment]
    quote = connection.ops.quote_name
    # Django knows no FOR SHARE; a row that changed while we waited is read anew by PostgreSQL.
    sql = f"SELECT * FROM {quote(parent._meta.db_table)} WHERE {quote('id')} = %s FOR SHARE"  # noqa: S608
    return parent._default_manager.raw(sql, [getattr(child, field.attname)])[0]
