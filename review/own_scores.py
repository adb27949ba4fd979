"""An expert's points for one bid beside those he gave to others: rank, mean, ties. No Django import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Standing:
    """Where `value` stands among `others`: the place counted from the top, how many share it, and the mean of all.

    Without a value only the others are known: `rank` is None and `mean` is theirs (None when there are none).
    """

    value: Decimal | None
    others: Sequence[Decimal]
    rank: int | None
    ties: int
    mean: Decimal | None

    @classmethod
    def of(cls, value: Decimal | None, others: Sequence[Decimal]) -> Standing:
        every = [*others, *([] if value is None else [value])]
        mean = (sum(every, Decimal(0)) / len(every)).quantize(TENTH, ROUND_HALF_UP) if every else None
        rank = None if value is None else 1 + sum(other > value for other in others)
        return cls(value, sorted(others, reverse=True), rank, sum(other == value for other in others), mean)


def totals(sheets: Mapping[int, Mapping[str, Decimal]], codes: Sequence[str]) -> dict[int, Decimal]:
    """Sum of points by sheet, of those that are complete."""
    return {
        sheet: sum((points[code] for code in codes), Decimal(0))
        for sheet, points in sheets.items()
        if all(code in points for code in codes)
    }
