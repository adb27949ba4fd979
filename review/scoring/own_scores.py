"""An expert's own points for the bids of a round, by which he compares a new one with those before. No Django import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal


def totals(sheets: Mapping[int, Mapping[str, Decimal]], codes: Sequence[str]) -> dict[int, Decimal]:
    """Sum of points by sheet, of those that are complete."""
    return {
        sheet: sum((points[code] for code in codes), Decimal(0))
        for sheet, points in sheets.items()
        if all(code in points for code in codes)
    }
