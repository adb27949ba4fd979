"""What lies beside a score sheet until it is handed in: cells as typed, and the time it was before its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from review.models import ScoreSheet, SheetReading

#: The page says every quarter of a minute that it is in use; more than this at once is not believed.
LONGEST_BEAT = timedelta(seconds=30)


def as_text(value: Any) -> str:
    """A value as its control sends it: no zeros after the point, "on" for a ticked box."""
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "on" if value is True else str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def next_seq(sheet: ScoreSheet) -> int:
    return (sheet.cells.aggregate(last=Max("seq"))["last"] or 0) + 1


def sync_cells(sheet: ScoreSheet, entered: Mapping[str, Any], now: datetime) -> None:
    """What was saved or handed in as a whole replaces what was typed, so that both say the same."""
    cells = [cell for cell in sheet.cells.all() if cell.path in entered and cell.text != as_text(entered[cell.path])]
    seq = next_seq(sheet) if cells else 0
    for cell in cells:
        cell.text, cell.fault, cell.seq, cell.edited_at = as_text(entered[cell.path]), "", seq, now
        cell.save()


def is_open(sheet: ScoreSheet) -> bool:
    return sheet.state in ("EMPTY", "DRAFT", "RETURNED")


def note_document_opened(sheet: ScoreSheet, now: datetime) -> None:
    """The first opening stays."""
    if is_open(sheet):
        reading, _made = SheetReading.objects.get_or_create(sheet=sheet)
        SheetReading.objects.filter(pk=reading.pk, opened_at=None).update(opened_at=now)


def note_beat(sheet: ScoreSheet, seconds: int, now: datetime) -> int:
    """Add seconds of use, never more than have passed since the last word from any window; return the sum."""
    if not is_open(sheet):
        return 0
    SheetReading.objects.get_or_create(sheet=sheet)
    with transaction.atomic():
        reading = SheetReading.objects.select_for_update().get(sheet=sheet)
        passed = min(now - reading.beat_at, LONGEST_BEAT) if reading.beat_at else LONGEST_BEAT
        reading.seconds += max(0, min(seconds, int(passed.total_seconds())))
        reading.beat_at = now
        reading.save(update_fields=["seconds", "beat_at"])
    return reading.seconds


def reading_evidence(sheet: ScoreSheet) -> dict[str, Any]:
    """What of the reading goes into the audit entry of the submission; nothing for a sheet filled in elsewhere."""
    reading = SheetReading.objects.filter(sheet=sheet).first()
    return {} if reading is None else {"opened_at": reading.opened_at, "active_seconds": reading.seconds}
