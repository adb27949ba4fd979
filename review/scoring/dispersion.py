"""Dispersion and abnormal-score flags D1–D4 and D8 (domain 3.7). No Django import.

A flag never changes a score: the chair asks the expert to confirm or amend, once, with a reason. The
usual "two sigma" rule is not used, because on a panel of five no score can be 1.79 deviations out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from review.scoring.points import EXACT, half_up, mean, median, require_points, sample_sd

WIDE_RANGE = Decimal(20)
OUTLIER_Z = Decimal("3.5")
OUTLIER_POINTS = Decimal(10)
BIAS_POINTS = Decimal(12)
FLAT_SHARE = Decimal("0.8")
FLAT_SD = Decimal(1)
FLAT_NEEDS = 5
SPLIT_NEEDS = 2
_MAD_TO_SD = Decimal("0.6745")

#: expert → bid → total in points. An expert who is recused from a bid has no entry for it.
Panel = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Flag:
    """One finding for the chair: code D1 … D8, whom and what it concerns, a sentence.

    `other_bid` and `other_expert` name the other one of two (D6).
    """

    code: str
    message: str
    bid: str | None = None
    expert: str | None = None
    other_bid: str | None = None
    other_expert: str | None = None


def wide_range(scores: Sequence[Decimal]) -> bool:
    """D1: highest and lowest total of a bid are 20 points or more apart."""
    totals = require_points(scores)
    with localcontext(EXACT):
        return max(totals) - min(totals) >= WIDE_RANGE


def modified_z(scores: Sequence[Decimal]) -> list[Decimal] | None:
    """0.6745·(x − median)/MAD of each score, unrounded; None when MAD is 0 and there is no such number."""
    totals = require_points(scores)
    with localcontext(EXACT):
        centre = median(totals)
        mad = median([abs(t - centre) for t in totals])
        return [_MAD_TO_SD * (t - centre) / mad for t in totals] if mad else None


def outliers(scores: Sequence[Decimal]) -> list[int]:
    """D2: positions of scores with abs(modified z) > 3.5; if MAD is 0, those 10 points off the median."""
    totals = require_points(scores)
    z = modified_z(totals)
    with localcontext(EXACT):
        if z is not None:
            return [i for i, value in enumerate(z) if abs(value) > OUTLIER_Z]
        centre = median(totals)
        return [i for i, total in enumerate(totals) if abs(total - centre) >= OUTLIER_POINTS]


def expert_bias(panel: Panel) -> dict[str, Decimal]:
    """D3: experts whose mean is 12 points or more off the panel's, with the signed difference in points.

    The panel's mean is taken over the bids that the expert scored, the expert included, so that being
    recused from a weak bid does not look like leniency.
    """
    columns = by_bid(panel)
    found = {}
    for expert, row in panel.items():
        if row:
            with localcontext(EXACT):
                gap = mean(list(row.values())) - mean([mean(list(columns[bid].values())) for bid in row])
            if abs(gap) >= BIAS_POINTS:
                found[expert] = half_up(gap)
    return found


def flat_scorers(panel: Panel) -> list[str]:
    """D4: experts with 5 bids or more who gave 80 % of them one total, or whose deviation is below 1."""
    found = []
    for expert, row in panel.items():
        if len(row) < FLAT_NEEDS:
            continue
        totals = require_points(row.values())
        most = max(totals.count(t) for t in totals)
        sd = sample_sd(totals)
        if most >= FLAT_SHARE * len(totals) or (sd is not None and sd < FLAT_SD):
            found.append(expert)
    return found


def is_split(recommendations: Sequence[str]) -> bool:
    """D8: at least two experts say 重点推荐 (STRONG) and at least two 落选 (REJECT) on one bid."""
    return min(recommendations.count("STRONG"), recommendations.count("REJECT")) >= SPLIT_NEEDS


def dispersion_flags(panel: Panel, recommendations: Mapping[str, Sequence[str]] | None = None) -> list[Flag]:
    """All flags of a round, by bid and then by expert, in the order of `panel`.

    `recommendations`: bid → the experts' overall opinions. Raises ValueError for a score that is no
    Decimal of 0–100. D5–D7 need times, texts and bands: see `review.calibration.conduct`.
    """
    flags = []
    for bid, column in by_bid(panel).items():
        experts, totals = list(column), list(column.values())
        if wide_range(totals):
            gap = half_up(max(totals) - min(totals))
            flags.append(Flag("D1", f"最高分与最低分相差 {gap} 分，达到 {WIDE_RANGE} 分。", bid=bid))
        for i in outliers(totals):
            message = f"总分 {half_up(totals[i])} 明显偏离中位数 {half_up(median(totals))}，请专家确认或说明。"
            flags.append(Flag("D2", message, bid=bid, expert=experts[i]))
        if is_split((recommendations or {}).get(bid, ())):
            message = "“重点推荐”与“落选”各有两人以上，请评审组讨论或增补专家。"
            flags.append(Flag("D8", message, bid=bid))
    for expert, gap in expert_bias(panel).items():
        side = "高于" if gap > 0 else "低于"
        flags.append(Flag("D3", f"平均分{side}评审组 {abs(gap)} 分，达到 {BIAS_POINTS} 分。", expert=expert))
    for expert in flat_scorers(panel):
        flags.append(Flag("D4", "对各申报的评分几乎没有区分，请专家确认。", expert=expert))
    return flags


def by_bid(panel: Panel) -> dict[str, dict[str, Decimal]]:
    """Bid → expert → total. Raises ValueError for a score that is no Decimal of 0–100."""
    columns: dict[str, dict[str, Decimal]] = {}
    for expert, row in panel.items():
        for bid, total in row.items():
            require_points([total])
            columns.setdefault(bid, {})[expert] = total
    return columns
