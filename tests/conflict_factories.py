"""Facts for the conflict rules, put on file past the guards: how they properly get there is the matter of other tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from projects.models import Bid, BidAvoidance
from review.models import Expert, ExpertTie
from workflows import clock


@contextmanager
def unguarded() -> Iterator[None]:
    """No trigger fires for what is written within."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


def tie(expert: Expert, kind: str, **values: Any) -> ExpertTie:
    with unguarded():
        return ExpertTie.objects.create(
            expert=expert, kind=kind, **{"source": "DECLARED", "created_at": clock.now(), **values}
        )


def become(row: ExpertTie, **values: Any) -> None:
    with unguarded():
        ExpertTie.objects.filter(pk=row.pk).update(**values)


def avoid(bid: Bid, expert: Expert, **values: Any) -> BidAvoidance:
    """The bid's team asks that an expert stay away."""
    named = {"person_name": expert.user.name, "unit_name": expert.organisation.name, "reason": "竞争关系", "place": 1}
    with unguarded():
        return BidAvoidance.objects.create(bid=bid, **{**named, **values})
