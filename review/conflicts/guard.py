"""The database's own word on a pair, the same that its triggers go by."""

from __future__ import annotations

from django.db import connection


def why_blocked(expert_id: int, bid_id: int) -> str:
    """The code of the rule for which the database refuses a score sheet of this pair, or ''. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(conflict_of_pair(%s, %s), '')", [expert_id, bid_id])
        return str(cursor.fetchone()[0])


def blocked_aliases(round_id: int) -> list[str]:
    """Seats whose scores keep the database from closing the round (`refuse_blocked_close`). One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT alias FROM blocked_seats_of(%s) AS found(alias) ORDER BY alias", [round_id])
        return [alias for (alias,) in cursor.fetchall()]
