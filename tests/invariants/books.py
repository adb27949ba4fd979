"""What is on record at a moment, and whether the step from one moment to the next was an honest one.

Reads the tables by plain SQL: the engine that is under test is not asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

from django.db import connection

from workflows.engine import FLOWS, Flow

#: (label of the model, primary key as the chain writes it)
Key = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """One line of the audit chain."""

    key: Key
    transition: str
    before: str
    after: str


@dataclass(frozen=True)
class Books:
    """Every record's state and version, the last line of the chain, and how many messages wait."""

    records: dict[Key, tuple[str, int]]
    seq: int
    messages: int


def labels() -> dict[str, str]:
    """Label of each machine's model → its slug."""
    return {flow.model._meta.label_lower: slug for slug, flow in sorted(FLOWS.items())}


@cache
def _sql() -> str:
    rows = [
        f"SELECT '{flow.model._meta.label_lower}', id::text, state, version FROM {flow.model._meta.db_table}"
        for _, flow in sorted(FLOWS.items())
    ]
    rows.append("SELECT '', '', '', coalesce(max(seq), 0) FROM workflows_auditentry")
    rows.append("SELECT '', 'messages', '', count(*) FROM workflows_outboxmessage")
    return " UNION ALL ".join(rows)


def read() -> Books:
    records: dict[Key, tuple[str, int]] = {}
    seq = messages = 0
    with connection.cursor() as cursor:
        cursor.execute(_sql())
        for label, pk, state, version in cursor.fetchall():
            if label:
                records[label, pk] = state, version
            elif pk:
                messages = version
            else:
                seq = version
    return Books(records, seq, messages)


def entries_after(seq: int) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT object_type, object_id, transition, from_state, to_state FROM workflows_auditentry"
            " WHERE seq > %s ORDER BY seq",
            [seq],
        )
        return [Entry((label, pk), name, before, after) for label, pk, name, before, after in cursor.fetchall()]


@cache
def edges(slug: str) -> frozenset[tuple[str, str, str]]:
    """(from, transition, to) of every declared step of a machine, its creation among them."""
    flow: type[Flow] = FLOWS[slug]
    states: list[str] = [str(value) for value in flow.state.states]  # type: ignore[attr-defined]
    found = {
        (state, str(transition.slug), str(target))
        for state in states
        for transition in flow.transitions_from(state)
        for target in transition.declared_targets()
    }
    first = str(flow.state._default)  # type: ignore[attr-defined]
    return frozenset(found | {("", "create", first)})


def told(before: Books, after: Books) -> list[Entry]:
    """The entries between two moments; fails unless they explain every change, by declared steps only."""
    entries, slugs = entries_after(before.seq), labels()
    assert len(entries) == after.seq - before.seq, "the chain has a gap"
    now = {key: state for key, (state, _) in before.records.items()}
    steps: Counter[Key] = Counter()
    for entry in entries:
        step = (entry.before, entry.transition, entry.after)
        assert step in edges(slugs[entry.key[0]]), f"{entry.key} jumped: {step}"
        assert now.get(entry.key, "") == entry.before, f"{entry.key} was {now.get(entry.key)!r}, the entry says {step}"
        now[entry.key] = entry.after
        steps[entry.key] += entry.transition != "create"
    assert set(after.records) == set(now), "a record came or went without an entry"
    for key, (state, version) in after.records.items():
        assert state == now[key], f"{key} is {state}, the chain says {now[key]}"
        counted = before.records.get(key, ("", 0))[1] + steps[key]
        assert version == counted, f"{key} has version {version} after {counted} transitions: a change was lost"
    return entries


def unchanged(before: Books, after: Books) -> None:
    """A refusal leaves nothing behind."""
    assert after == before, "a refused step left something behind"
