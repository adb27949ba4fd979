"""The line at which a batch's money ends (domain 3.3.2, quota and money alike). No Django import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class CutLine:
    """`running[n]` is the money of the first n + 1 items, in yuan.

    `fits`: how many items, from the top, the budget pays in full; all of them when nobody set one.
    `left`: what these leave of it. `over`: by how much all items together exceed it.
    """

    running: tuple[int, ...]
    fits: int
    left: int | None
    over: int

    @property
    def is_over(self) -> bool:
        return self.over > 0


def cut_line(amounts: Sequence[int], budget: int | None) -> CutLine:
    """Where the money ends for items in their order. Amounts and budget in whole yuan.

    The line stands before the first item that no longer fits: what comes after it waits, even where a
    smaller one would still fit, for jumping the queue is a meeting's decision and not arithmetic.
    Raises ValueError for negative money.
    """
    if any(amount < 0 for amount in amounts) or (budget is not None and budget < 0):
        raise ValueError("money must not be negative")
    running = tuple(accumulate(amounts))
    if budget is None:
        return CutLine(running, len(running), None, 0)
    fits = sum(total <= budget for total in running)
    spent = running[fits - 1] if fits else 0
    return CutLine(running, fits, budget - spent, max(0, (running[-1] if running else 0) - budget))
