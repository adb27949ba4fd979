"""A transaction in which everything works as always and of which nothing can ever be kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def rehearsal() -> Iterator[None]:
    """Undo at the end whatever was done inside.

    Real writers do not wait for a rehearsal: its audit entries are not linked to the chain, and the
    database refuses to commit them (migration workflows 0008). Messages are undone with the rest.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jiebang.rehearsal', 'on', true)")
        try:
            yield
        finally:
            transaction.set_rollback(True)
