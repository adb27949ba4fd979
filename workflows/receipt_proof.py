"""A receipt as a document that anyone can check without us: `scripts/jiebang-verify`.

It holds the frozen content and the proof of the audit entry that received it (`workflows.chain_proof`).
"""

from __future__ import annotations

import json
from typing import Any

from projects.models import Receipt
from workflows.canonical import instant
from workflows.chain_proof import proof_of
from workflows.models import AuditEntry

FORMAT = "jiebang-receipt-1"


def document_of(receipt: Receipt) -> dict[str, Any]:
    """JSON-able content of `receipt.json`. `anchor` is None as long as no anchor has been made since."""
    bid = receipt.bid
    entry = AuditEntry.objects.get(
        object_type="projects.bid", object_id=str(bid.pk), payload__receipt=receipt.number
    )  # fmt: skip
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
        **proof_of(entry),
    }


def as_json(receipt: Receipt) -> str:
    return json.dumps(document_of(receipt), ensure_ascii=False, indent=1)
