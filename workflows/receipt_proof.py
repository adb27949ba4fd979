"""A receipt as a document that anyone can check without us: `scripts/jiebang-verify`.

It holds the frozen content, the audit entry that received it, and the chain's links from there to
the next anchor, whose hash lies under a lock in the object store and is shown to the public.
"""

from __future__ import annotations

import json
from typing import Any

from attachments.store import STORE_ERRORS
from projects.models import Receipt
from workflows import anchors
from workflows.canonical import instant
from workflows.models import AuditEntry

FORMAT = "jiebang-receipt-1"
#: A receipt stays small: behind so many links the next anchor is left out.
MOST_LINKS = 20_000


def document_of(receipt: Receipt) -> dict[str, Any]:
    """JSON-able content of `receipt.json`. `anchor` is None as long as no anchor has been made since."""
    bid = receipt.bid
    entry = AuditEntry.objects.get(
        object_type="projects.bid", object_id=str(bid.pk), payload__receipt=receipt.number
    )  # fmt: skip
    anchor, links = _to_the_next_anchor(entry)
    return {
        "format": FORMAT,
        "number": receipt.number,
        "kind": receipt.kind,
        "kind_label": receipt.get_kind_display(),
        "bid": str(bid.uuid),
        "issuer": bid.challenge.challenge_list.agency.organisation.name,
        "received_at": instant(receipt.received_at),
        "snapshot": receipt.snapshot,
        "snapshot_sha256": receipt.snapshot_sha256,
        "entry": _entry(entry),
        "links": links,
        "anchor": anchor,
    }


def as_json(receipt: Receipt) -> str:
    return json.dumps(document_of(receipt), ensure_ascii=False, indent=1)


def _entry(entry: AuditEntry) -> dict[str, Any]:
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
        found = None  # the receipt is worth having without
    if found is None or found[0] - entry.seq > MOST_LINKS:
        return None, []
    seq, digest = found
    rows = AuditEntry.objects.filter(seq__gt=entry.seq, seq__lte=seq).order_by("seq")
    links = [[row_digest, instant(at)] for row_digest, at in rows.values_list("digest", "recorded_at")]
    return {"seq": seq, "hash": digest}, links
