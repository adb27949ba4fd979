"""Calibration: how severe experts are, what bids would score without it, and how sure a rank is. No Django import.

Everything here advises and is never written over a decided score: the rules that decide were published
before the bids came in, and an expert who is strict for good reason is not wrong (domain 3.7: flags never
change scores). Floats will do for the same reason. The model is that of `review.calibration.severity`.

Beside it: `review.calibration.intervals` (rank intervals, chance of being above the line) and `review.calibration.trials`
(other weights, other rules, shares of weightings).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from review.calibration.severity import Fit, Floats, Ints, fit, panels
from review.scoring.dispersion import Panel
from review.scoring.points import require_points

#: Below this nothing is said about an expert: so many bids that others judged too …
LEAST_BIDS = 5
#: … in a group of so many experts: of two, either may be the strict one.
LEAST_GROUP = 3
#: Differences below this many points are nobody's business, however surely they are known.
MATTERS = 3.0
#: Two-sided 95 % for intervals, one-sided 95 % for verdicts.
_Z, _Z_ONE_SIDED = 1.959964, 1.644854


class Verdict(StrEnum):
    """LENIENT and SEVERE: with a probability of 95 % at least 3 points off the average of the group.

    Not “different from 0”: one strict expert of five makes the other four lenient by a quarter of it.
    """

    LENIENT = "LENIENT"
    SEVERE = "SEVERE"
    ORDINARY = "ORDINARY"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Severity:
    """One expert beside the experts of his group. Points are + lenient, − strict; None where UNKNOWN.

    `bids` counts those that somebody else judged too. `low` and `high` bound the 95 % interval. Experts
    of different `group`s share no bids, not even through others, and cannot be compared.
    """

    expert: str
    bids: int
    group: int
    points: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Calibrated:
    """A bid's mean total, and what it would be if its experts were as severe as the average of the group.

    Advisory; 95 % interval, whose ends may lie beyond the scale. Only bids of one `group` can be compared.
    """

    bid: str
    experts: int
    group: int
    mean: float
    points: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """The whole answer. `groups` holds the experts of each group; `notes` are sentences to show with it."""

    experts: tuple[Severity, ...]
    bids: tuple[Calibrated, ...]
    groups: tuple[tuple[str, ...], ...]
    noise_sd: float
    severity_sd: float
    notes: tuple[str, ...]


def calibrate(panel: Panel) -> Calibration | None:
    """Severities and calibrated scores; None where no two experts judged the same bid.

    `panel`: expert → bid → total in points. It may span many rounds and years, if experts have one key
    throughout and bids differ in theirs. Raises ValueError for totals that are no Decimals of 0–100.
    """
    names = [expert for expert, row in panel.items() if row]
    keys = list(dict.fromkeys(bid for name in names for bid in panel[name]))
    at = {bid: n for n, bid in enumerate(keys)}
    rows = [(n, at[bid], float(t)) for n, name in enumerate(names) for bid, t in _checked(panel, name)]
    if len(rows) == len(keys):  # no bid was judged twice
        return None
    expert, bid = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    score = np.array([row[2] for row in rows])
    found = fit(expert, bid, score)
    group = _groups(expert, bid, len(names))
    groups = tuple(tuple(n for n, g in zip(names, group, strict=True) if g == k) for k in range(max(group) + 1))
    return Calibration(
        experts=tuple(_severities(names, group, groups, _shared(expert, bid, len(names)), found)),
        bids=tuple(_calibrated(keys, group, expert, bid, score, found)),
        groups=groups,
        noise_sd=found.noise_sd,
        severity_sd=found.severity_sd,
        notes=_notes(groups),
    )


def _checked(panel: Panel, name: str) -> Iterator[tuple[str, float]]:
    return zip(panel[name], map(float, require_points(panel[name].values())), strict=True)


def _shared(expert: Ints, bid: Ints, experts: int) -> Ints:
    """For each expert the number of bids that somebody else judged too."""
    return np.bincount(expert[np.bincount(bid)[bid] > 1], minlength=experts)


def _groups(expert: Ints, bid: Ints, experts: int) -> list[int]:
    """Experts joined by common bids, directly or through others, numbered in the order of the experts."""
    root = list(range(experts))

    def top(n: int) -> int:
        while root[n] != n:
            root[n] = n = root[root[n]]
        return n

    first: dict[int, int] = {}
    for one, judged in zip(expert.tolist(), bid.tolist(), strict=True):
        a, b = sorted((top(first.setdefault(judged, one)), top(one)))
        root[b] = a
    numbers: dict[int, int] = {}
    return [numbers.setdefault(top(n), len(numbers)) for n in range(experts)]


def _severities(
    names: list[str], group: list[int], groups: tuple[tuple[str, ...], ...], shared: Ints, found: Fit
) -> Iterator[Severity]:
    deviation = np.sqrt(np.maximum(np.diag(found.covariance), 0))
    for n, name in enumerate(names):
        bids, peers = int(shared[n]), len(groups[group[n]])
        if lack := _lack(bids, peers):
            yield Severity(name, bids, group[n], None, None, None, Verdict.UNKNOWN, lack)
            continue
        mean, sd = float(found.mean[n]), float(deviation[n])
        low, high = mean - _Z * sd, mean + _Z * sd
        side = "高" if mean >= 0 else "低"
        reason = f"据 {bids} 项共同评审的申报，比同组 {peers} 位专家的平均{side} {abs(mean):.2f} 分（95% 区间 {low:.2f} 至 {high:.2f}）。"
        figures = (round(mean, 2), round(low, 2), round(high, 2))
        yield Severity(name, bids, group[n], *figures, _verdict(mean, sd), reason)


def _verdict(mean: float, sd: float) -> Verdict:
    if abs(mean) - _Z_ONE_SIDED * sd < MATTERS:
        return Verdict.ORDINARY
    return Verdict.LENIENT if mean > 0 else Verdict.SEVERE


def _lack(bids: int, peers: int) -> str:
    if peers < LEAST_GROUP:
        return f"同组可比的专家只有 {peers} 人，不足 {LEAST_GROUP} 人，无法判断宽严。"
    if bids < LEAST_BIDS:
        return f"与他人共同评审的申报只有 {bids} 项，不足 {LEAST_BIDS} 项，历史不足，无法判断宽严。"
    return ""


def _calibrated(
    keys: list[str], group: list[int], expert: Ints, bid: Ints, score: Floats, found: Fit
) -> Iterator[Calibrated]:
    sizes = np.bincount(bid)
    mean = np.bincount(bid, score) / sizes
    shift = np.bincount(bid, found.mean[expert]) / sizes
    half = _Z * np.sqrt(found.noise_sd**2 / sizes + _variance_of_panel_means(expert, bid, sizes, found.covariance))
    judge = np.zeros(len(keys), dtype=np.int64)
    judge[bid] = expert
    for n, key in enumerate(keys):
        centre = float(mean[n] - shift[n])
        figures = (round(float(v), 2) for v in (mean[n], centre, centre - half[n], centre + half[n]))
        yield Calibrated(key, int(sizes[n]), group[judge[n]], *figures)


def _variance_of_panel_means(expert: Ints, bid: Ints, sizes: Ints, covariance: Floats) -> Floats:
    found = np.empty(len(sizes))
    for bids, seats in panels(expert, bid, sizes):
        found[bids] = covariance[seats[:, :, None], seats[:, None, :]].mean(axis=(1, 2))
    return found


def _notes(groups: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    notes = ["校准分只供参考，不改变按公布规则得出的分数。"]
    if len(groups) > 1:
        notes.append(f"专家分为 {len(groups)} 组，组与组之间没有共同评审的申报，各组的宽严和校准分不可相互比较。")
    return tuple(notes)
