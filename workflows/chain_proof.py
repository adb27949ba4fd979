"""An audit entry as a document that anyone can check without us.

It holds the entry in full and the chain's links from there to the next anchor, whose hash lies under
a lock in the object store and is shown to the public. `scripts/jiebang-verify` (receipts) and
`scripts/replay-draw` (draws) walk it.
"""

from __future__ import annotations

from typing import Any

from attachments.store import STORE_ERRORS
from workflows import anchors
from workflows.canonical import instant
from workflows.models import AuditEntry

#: A proof stays small: behind so many links the next anchor is left out.
MOST_LINKS = 20_000


def proof_of(entry: AuditEntry) -> dict[str, Any]:
    """JSON-able: the entry, the links behind it, the anchor they lead to (None when none was made since)."""
    anchor, links = _to_the_next_anchor(entry)
    return {"entry": _told(entry), "links": links, "anchor": anchor}


def _told(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": instant(entry.at),
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "role": entry.role,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "transition": entry.transition,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "reason": entry.reason,
        "payload": entry.payload,
        "prev_hash": entry.prev_hash,
        "recorded_at": instant(entry.recorded_at),
        "hash": entry.hash,
    }


def _to_the_next_anchor(entry: AuditEntry) -> tuple[dict[str, Any] | None, list[list[str]]]:
    """The anchor, and (digest, recorded_at) of every entry behind this one up to it."""
    try:
        found = anchors.first_anchor_from(entry.seq)
    except STORE_ERRORS:
        found = None  # the document is worth having without
    if found is None or found[0] - entry.seq > MOST_LINKS:
        return None, []
    seq, digest = found
    rows = AuditEntry.objects.filter(seq__gt=entry.seq, seq__lte=seq).order_by("seq")
    links = [[row_digest, instant(at)] for row_digest, at in rows.values_list("digest", "recorded_at")]
    return {"seq": seq, "hash": digest}, links
