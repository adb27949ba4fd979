"""What the flags D5–D7 are computed from: reading times, comments and ticked bands of sheets (domain 3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from review.calibration.conduct import Band, Comment, Reading, Ticked, band_breaches, too_fast, twin_texts
from review.models import ScoreItem, ScoreSheet, SheetReading
from review.scoring.dispersion import Flag
from workflows.sheet_inputs import criteria_of


def conduct_flags(sheets: Sequence[ScoreSheet]) -> list[Flag]:
    """D5, D6 and D7 of handed-in sheets of one round, whose assignments and rounds are joined. Two queries, one where no criterion has bands."""
    comments = [Comment(sheet.assignment.alias, str(sheet.bid_id), sheet.comment) for sheet in sheets]
    return [*too_fast(readings(sheets)), *twin_texts(comments), *band_breaches(ticked_bands(sheets))]


def readings(sheets: Iterable[ScoreSheet]) -> list[Reading]:
    """A sheet without a reading was filled in through the API or loaded: nothing is known, nothing is flagged."""
    rows = {row.sheet_id: row for row in SheetReading.objects.filter(sheet__in=[sheet.pk for sheet in sheets])}
    return [
        Reading(
            sheet.assignment.alias, str(sheet.bid_id), timedelta(seconds=row.seconds), row.opened_at, sheet.submitted_at
        )
        for sheet in sheets
        if (row := rows.get(sheet.pk)) is not None and sheet.submitted_at is not None
    ]


def ticked_bands(sheets: Sequence[ScoreSheet]) -> list[Ticked]:
    if not any(criterion.bands for sheet in sheets[:1] for criterion in criteria_of(sheet)):
        return []  # one round has one set of criteria
    by_pk = {sheet.pk: sheet for sheet in sheets}
    found = []
    for item in ScoreItem.objects.filter(sheet__in=list(by_pk)).exclude(band=""):
        sheet = by_pk[item.sheet_id]
        criterion = next((c for c in criteria_of(sheet) if c.code == item.criterion), None)
        band = criterion.band(item.band) if criterion else None
        if criterion is not None and band is not None:
            ticked = Band(band.label, Decimal(band.low), Decimal(band.high))
            found.append(Ticked(sheet.assignment.alias, str(sheet.bid_id), criterion.name, ticked, item.value))
    return found
