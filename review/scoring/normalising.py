"""Standardised totals: each expert measured by his own level and spread (domain 3.2, AGG_NORM). No Django import.

The scale that the z-scores are put back on is the mean of all common totals and the pooled deviation
within experts. Both are the same for every bid, so the order of bids depends on the z-scores alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from review.scoring.points import EXACT, HUNDRED, ZERO, mean, require_points, sample_sd

NEEDS_BIDS = 5
#: Roots are inexact in the 50th digit; cutting that off keeps a half a half before it is rounded up.
_NOISE = Decimal("1e-30")


@dataclass(frozen=True)
class Scale:
    """What the common bids say: (mean, deviation) per expert, in points, and the panel's centre and spread."""

    experts: tuple[tuple[Decimal, Decimal], ...]
    centre: Decimal
    spread: Decimal
    bids: int

    @classmethod
    def of(cls, series: Sequence[Sequence[Decimal]]) -> Scale | None:
        """`series`: per expert the totals of the same bids in the same order. None below five common bids.

        Raises ValueError when the series differ in length or hold anything but points.
        """
        rows = [require_points(row) for row in series if row]
        if len(rows) < len(series) or not rows or min(map(len, rows)) < NEEDS_BIDS:
            return None
        if len(set(map(len, rows))) != 1:
            raise ValueError("the rule norm needs one series per score, all over the same bids")
        with localcontext(EXACT):
            deviations = [sample_sd(row) or ZERO for row in rows]
            return cls(
                experts=tuple((mean(row), sd) for row, sd in zip(rows, deviations, strict=True)),
                centre=mean([total for row in rows for total in row]),
                spread=mean([sd * sd for sd in deviations]).sqrt(),
                bids=len(rows[0]),
            )

    def score(self, totals: Sequence[tuple[int, Decimal]]) -> tuple[Decimal, str]:
        """A bid's points from (the expert's position in the series, his total), and the sentence to disclose.

        An expert who gave every common bid the same total says nothing about their order: z = 0.
        """
        with localcontext(EXACT):
            value = mean([self.put_back(position, total) for position, total in totals]).quantize(_NOISE)
        note = f"按每位专家在 {self.bids} 项共同申报上的均值与标准差标准化后取平均。"
        held = min(max(value, ZERO), HUNDRED)
        return held, note if held == value else f"{note}超出 0–100 的部分按 {held.normalize():f} 计。"

    def put_back(self, position: int, total: Decimal) -> Decimal:
        """One expert's total on the scale of the panel, unrounded; it may lie beyond 0–100."""
        level, deviation = self.experts[position]
        with localcontext(EXACT):
            return self.centre + (total - level) / deviation * self.spread if deviation else self.centre
