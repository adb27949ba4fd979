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
from projects.documents.result_letter import LetterPress, ResultLetter
from projects.duplicates import compare
from projects.models import Certificate, DecisionLetter


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
    """Draw and store the papers of a decision's letters; return how many were drawn.

    Letters told at the same instant share a press, so that a paper drawn again has the same bytes. Each has
    its own transaction: the page counts them as they come, and a worker that dies loses one at most.
    """
    letters = DecisionLetter.objects.filter(decision=decision_id)
    drawn = 0
    for told_at in letters.filter(object_key="").order_by("told_at").values_list("told_at", flat=True).distinct():
        together = list(letters.filter(told_at=told_at))
        press = LetterPress(ResultLetter.from_data(letter.content) for letter in together)
        drawn += sum(_draw_letter(press, letter.pk) for letter in together if not letter.object_key)
    return drawn


def _draw_letter(press: LetterPress, pk: int) -> int:
    with transaction.atomic():
        letter = DecisionLetter.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
        if letter is None or letter.object_key:  # another worker has it, or had it
            return 0
        paper = press.draw(ResultLetter.from_data(letter.content))
        digest = hashlib.sha256(paper).hexdigest()
        key = f"letters/{letter.pk}/{digest}.pdf"
        store.put(key, paper, "application/pdf")
        DecisionLetter.objects.filter(pk=pk).update(object_key=key, pdf_sha256=digest)
    return 1


@shared_task
def remove_orphan_uploads() -> int:
    """Uploads that nobody completed within a day."""
    return remove_orphans()


@shared_task
def compare_bid(bid_id: int) -> int:
    """Look for a bid's words in other bids (domain 2.4); return how many resemble it."""
    return compare(bid_id)
