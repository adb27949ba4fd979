"""A record as it stands now, locked until commit: what a body counts or compares must not move meanwhile."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model

ModelT = TypeVar("ModelT", bound=Model)


def locked(record: ModelT) -> ModelT:
    """Re-read `record` under a row lock. Only inside a transaction."""
    # NO KEY: inserting children of this row elsewhere need not wait.
    return type(record)._default_manager.select_for_update(no_key=True).get(pk=record.pk)
