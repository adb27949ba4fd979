"""回执 as a paper: what was received when, with digests (domain 2.3)."""

from __future__ import annotations

from django.template.loader import render_to_string

from projects.documents.pdf import Press
from projects.models import Receipt
from workflows.clock import SHANGHAI

#: Page numbers are drawn by the style sheet.
_PAGE_NUMBER = "—0123456789"


def render_receipt(receipt: Receipt) -> bytes:
    """PDF of one A4 page or more; the same receipt gives the same content."""
    local = receipt.received_at.astimezone(SHANGHAI)
    html = render_to_string(
        "documents/receipt.html",
        {
            "receipt": receipt,
            "bid": receipt.bid,
            "issuer": receipt.bid.challenge.challenge_list.agency.organisation.name,
            "received": f"{local:%Y 年 %m 月 %d 日 %H:%M:%S}.{local.microsecond // 1000:03d}",
            "files": receipt.snapshot["files"],
        },
    )
    return Press("receipt.css", {"fang": html + _PAGE_NUMBER, "hei": html}).draw(html)
