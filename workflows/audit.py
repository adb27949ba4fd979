"""The audit chain: append-only, hash-linked, checked from outside by anchors.

How an entry is hashed (`verify` does the same):
    payload_digest = SHA-256(canonical JSON of payload)
    digest         = SHA-256(canonical JSON of [at, actor id, actor name, role, object type,
                     object id, transition, from, to, reason, payload_digest])
    hash           = SHA-256(seq ‖ prev_hash ‖ digest ‖ recorded_at), joined by '|'

The SQL function `audit_append` takes the chain's lock, reads the last hash and inserts; it is the
last statement before COMMIT, and that commit does not wait for the disk while it holds the lock.
The same message waits for it afterwards, together with every other writer (decision 0002).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from workflows.canonical import canonical_json, instant, plain, sha256_of
from workflows.models import AuditEntry

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """What a transition wants to have on record."""

    at: datetime
    actor_id: int | None
    actor_name: str
    role: str
    object_type: str
    object_id: str
    transition: str
    from_state: str
    to_state: str
    reason: str
    payload: dict[str, Any] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        payload_digest = sha256_of(self.payload)
        return {
            "at": instant(self.at),
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "role": self.role,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "transition": self.transition,
            "from_state": self.from_state,
            "to_state": self.to_state,
            "reason": self.reason,
            "payload": json.loads(canonical_json(self.payload)),
            "payload_digest": payload_digest,
            "digest": content_digest(self, payload_digest),
        }


def content_digest(entry: Entry | AuditEntry, payload_digest: str) -> str:
    """SHA-256 over everything an entry says; see the module's head."""
    return sha256_of(
        [
            instant(entry.at),
            entry.actor_id,
            entry.actor_name,
            entry.role,
            entry.object_type,
            entry.object_id,
            entry.transition,
            entry.from_state,
            entry.to_state,
            entry.reason,
            payload_digest,
        ]
    )


def link_hash(seq: int, prev_hash: str, digest: str, recorded_at: datetime | str) -> str:
    """`recorded_at` as an instant, or as its text in a document handed out."""
    return hashlib.sha256(f"{seq}|{prev_hash}|{digest}|{plain(recorded_at)}".encode()).hexdigest()


def append(entries: list[Entry], *, and_commit: bool = False) -> None:
    """Append entries in one statement. Call it last in a transaction: it takes the chain's lock.

    `and_commit` sends the COMMIT and the wait for the disk along in the same message, so that the lock is
    released without waiting for this process to get its turn again. Only for whoever began the transaction.
    """
    rows = json.dumps([e.columns() for e in entries], ensure_ascii=False)
    statement = "SELECT audit_append(%s::jsonb)"
    if and_commit:
        statement += "; COMMIT; SELECT audit_make_durable()"
    with connection.cursor() as cursor:
        cursor.execute(statement, [rows])


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong in the chain."""

    seq: int
    kind: str  # altered | removed | inserted | truncated
    sentence: str


def verify(entries: Iterator[AuditEntry], anchors: dict[int, str] | None = None) -> Fault | None:
    """Walk entries in order of `seq`; return the first fault or None.

    `anchors` maps seq → hash as kept outside the database. They catch what the chain alone
    cannot: a tail that was cut off, or a whole chain that was computed anew. Closes `entries`.
    """
    try:
        return _first_fault(entries, anchors or {})
    finally:
        # A walk that stops at a fault has a cursor open in the server. Left to the garbage collector, it would be
        # closed in the middle of some later query on the same connection, which then waits for itself for ever.
        if hasattr(entries, "close"):
            entries.close()


def _first_fault(entries: Iterator[AuditEntry], anchors: dict[int, str]) -> Fault | None:
    expected_seq, prev_hash = 1, GENESIS
    for entry in entries:
        if entry.seq > expected_seq:
            return Fault(expected_seq, "removed", f"第 {expected_seq} 条记录缺失（下一条是第 {entry.seq} 条）")
        if entry.seq < expected_seq:
            return Fault(entry.seq, "inserted", f"第 {entry.seq} 条记录是后来插入的")
        fault = _check_one(entry, prev_hash)
        if fault is None and anchors.get(entry.seq, entry.hash) != entry.hash:
            fault = Fault(entry.seq, "altered", f"第 {entry.seq} 条记录与库外锚点不符：链曾被整体重算")
        if fault:
            return fault
        expected_seq, prev_hash = entry.seq + 1, entry.hash
    beyond = [seq for seq in anchors if seq >= expected_seq]
    if beyond:
        return Fault(
            expected_seq, "truncated", f"第 {expected_seq} 条及以后的记录被截去（锚点记到第 {max(beyond)} 条）"
        )
    return None


def _check_one(entry: AuditEntry, prev_hash: str) -> Fault | None:
    payload_digest = sha256_of(entry.payload)
    if payload_digest != entry.payload_digest or content_digest(entry, payload_digest) != entry.digest:
        return Fault(entry.seq, "altered", f"第 {entry.seq} 条记录的内容被改动")
    if entry.prev_hash != prev_hash:
        return Fault(entry.seq, "inserted", f"第 {entry.seq} 条记录不接在第 {entry.seq - 1} 条之后")
    if link_hash(entry.seq, entry.prev_hash, entry.digest, entry.recorded_at) != entry.hash:
        return Fault(entry.seq, "altered", f"第 {entry.seq} 条记录的序号、时间或哈希被改动")
    return None
