"""Rounds whose truth is known, for the statistics: score = quality + severity + noise, in half points of 0–100."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np


@dataclass(frozen=True)
class World:
    """`panel`: expert → bid → total; `quality` per bid, `severity` per expert, in the order of their numbers."""

    panel: dict[str, dict[str, Decimal]]
    quality: np.ndarray
    severity: np.ndarray

    def truth(self, expert: str) -> float:
        """An expert's severity beside the average of all."""
        return float(self.severity[int(expert[1:])] - self.severity.mean())


def world(
    rng: np.random.Generator, *, experts: int, bids: int, per_bid: int, biased: int = 0, bias: float = 10,
    noise: float = 5, severity_sd: float = 0, quality_sd: float = 6,
) -> World:  # fmt: skip
    """The first `biased` experts are off by ± `bias`, the others by a normal draw."""
    severity = rng.normal(0, 1, experts) * severity_sd
    severity[:biased] = bias * np.where(np.arange(biased) % 2, 1, -1)
    quality = rng.normal(72, quality_sd, bids)
    panel: dict[str, dict[str, Decimal]] = {f"E{e}": {} for e in range(experts)}
    for b in range(bids):
        for e in sorted(rng.choice(experts, per_bid, replace=False)):
            exact = quality[b] + severity[e] + rng.normal(0, noise)
            panel[f"E{e}"][f"b{b}"] = Decimal(int(np.clip(np.rint(2 * exact), 0, 200))) / 2
    return World(panel, quality, severity)


def kendall(one: list[float], other: list[float]) -> float:
    """Rank correlation: the pairs in the same order minus those in the opposite one, as a share of all."""
    a, b = np.asarray(one), np.asarray(other)
    signs = np.sign(a[:, None] - a) * np.sign(b[:, None] - b)
    return float(signs.sum() / (len(a) * (len(a) - 1)))
