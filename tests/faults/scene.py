"""Before and after the rush, in a process of its own with the rig's settings (`Rig.scene`)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.management import call_command

from attachments import store
from bench.rush.bids import prepare
from demo.cast import hire
from projects.models import Bid, Receipt
from workflows.anchors import read_anchors
from workflows.audit import verify
from workflows.canonical import sha256_of
from workflows.models import AuditEntry


def set_up(bids: int) -> list[dict[str, Any]]:
    """Drafts that lack their proposal only: who hands in uploads it first."""
    call_command("migrate", verbosity=0)
    drafts = prepare(hire(), bids, datetime.now(UTC) + timedelta(hours=9), 2026, slots=("PLEDGE",))
    return [asdict(draft) for draft in drafts]


def look() -> dict[str, Any]:
    """What is in the database and in the store now."""
    fault = verify(AuditEntry.objects.order_by("seq").iterator(), read_anchors())
    entries = AuditEntry.objects.filter(object_type="projects.bid", transition="hand_in")
    return {
        "receipts": {number: str(uuid) for number, uuid in Receipt.objects.values_list("number", "bid__uuid")},
        "states": dict(Counter(Bid.objects.values_list("state", flat=True))),
        "entries_per_bid": sorted(Counter(entries.values_list("object_id", flat=True)).values()),
        "wrong": [wrong for receipt in Receipt.objects.select_related("bid") for wrong in _wrong_with(receipt)],
        "chain": fault and fault.sentence,
    }


def _wrong_with(receipt: Receipt) -> list[str]:
    found = []
    if not sha256_of(receipt.snapshot) == receipt.snapshot_sha256 == receipt.bid.snapshot_sha256:
        found.append(f"{receipt}: the snapshot is not what the digest says")
    if {file["slot"] for file in receipt.snapshot["files"]} != {"PLEDGE", "PROPOSAL"}:
        found.append(f"{receipt}: files are missing in the snapshot")
    for file in receipt.snapshot["files"]:
        if sha256(store.read_all(file["key"])).hexdigest() != file["sha256"]:
            found.append(f"{receipt}: {file['slot']} is not what the digest says")
    return found


def main() -> None:
    print(json.dumps(set_up(int(sys.argv[2])) if sys.argv[1] == "set_up" else look()))  # noqa: T201
