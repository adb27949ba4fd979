"""Receipts: given in the submit's transaction; as a document that anyone can check offline."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from projects.models import Bid, Receipt


def give_receipt(bid: Bid, kind: Receipt.Kind, *, to: User, at: datetime) -> Receipt:
    """For the bid's frozen snapshot. The number counts the receipts of the bid."""
    count = bid.receipts.count() + 1
    return Receipt.objects.create(
        bid=bid, kind=kind, number=f"{bid.challenge.number}-R{bid.pk:05d}-{count}", received_at=at, issued_to=to,
        snapshot=bid.snapshot, snapshot_sha256=bid.snapshot_sha256,
    )  # fmt: skip


def receipts_of(bid: Bid) -> list[Receipt]:
    return list(bid.receipts.select_related("issued_to").defer("snapshot"))
