"""When an expert had a bid open beside his sheet: for the supervisor, and for "submitted without reading" (D5)."""

from __future__ import annotations

from datetime import timedelta

from review.models import ScoreSheet, SheetOpening
from workflows import clock

#: Reloads within this time are one reading.
ONE_READING = timedelta(minutes=10)


def note_opening(sheet: ScoreSheet) -> None:
    """One row a reading. Two tabs in the same moment may write two, which does no harm."""
    now = clock.now()
    if not sheet.openings.filter(at__gt=now - ONE_READING).exists():
        SheetOpening.objects.create(sheet=sheet, at=now)
