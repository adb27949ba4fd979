"""Celery tasks of this room. Each can run twice, late, or side by side without harm."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from celery import shared_task
from django.db import transaction

from attachments import store
from attachments.upload import remove_orphans
from projects.documents.certificate import render_certificate
from projects.documents.content import CertificateContent
from projects.duplicates import compare
from projects.letter_papers import draw_letters
from projects.models import Certificate


class PaperChanged(Exception):
    """A certificate that was lost from the store would be drawn differently today."""


@shared_task
def build_certificate_pdf(certificate_id: int) -> str:
    """Draw an issued certificate, store it, note its digest; return the object's key.

    The digest is public and people compare their copies with it: once noted it never changes. A paper
    lost from the store is drawn again, and refused with `PaperChanged` if its bytes would differ.
    """
    with transaction.atomic():
        # The row is locked while the paper is drawn, so that two workers do not draw it twice.
        certificate = Certificate.objects.select_for_update(no_key=True).get(pk=certificate_id)
        if not certificate.content:
            return ""
        if certificate.object_key and store.size_of(certificate.object_key) is not None:
            return certificate.object_key
        content = CertificateContent.from_data(certificate.content)
        paper = render_certificate(replace(content, token=certificate.token))
        digest = hashlib.sha256(paper).hexdigest()
        if certificate.pdf_sha256 not in ("", digest):
            raise PaperChanged(f"{certificate.number}: restore {certificate.object_key} from a backup")
        key = f"certificates/{certificate.pk}/{digest}.pdf"
        store.put(key, paper, "application/pdf")
        Certificate.objects.filter(pk=certificate.pk).update(object_key=key, pdf_sha256=digest)
    return key


@shared_task
def draw_decision_letters(decision_id: int) -> int:
    """Papers of the letters that a decision has just told; how many were drawn."""
    return draw_letters(decision_id)


@shared_task
def remove_orphan_uploads() -> int:
    """Uploads that nobody completed within a day."""
    return remove_orphans()


@shared_task
def compare_bid(bid_id: int) -> int:
    """Look for a bid's words in other bids (domain 2.4); return how many resemble it."""
    return compare(bid_id)
