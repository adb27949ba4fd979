"""A bid's main document that is really in the store, for tests that read it."""

from __future__ import annotations

import hashlib

from django.contrib.contenttypes.models import ContentType

from attachments import store
from attachments.models import Attachment
from demo.papers import Papers
from projects.models import Bid


def with_paper(bid: Bid, subject: str = "演示申报书") -> Attachment:
    """The bid's main document, in the store; replaces the one that only the database knows."""
    data = Papers().make("PROPOSAL", subject)
    key = f"files/test-{bid.uuid}.pdf"
    store.put(key, data, "application/pdf")
    holder = ContentType.objects.get_for_model(Bid)
    Attachment.objects.filter(holder_type=holder, holder_id=bid.pk).delete()
    return Attachment.objects.create(
        holder_type=holder, holder_id=bid.pk, slot="PROPOSAL", file_name="申报书.pdf", content_type="application/pdf",
        size=len(data), sha256=hashlib.sha256(data).hexdigest(), object_key=key, status="STORED", uploaded_by=bid.pi,
    )  # fmt: skip
