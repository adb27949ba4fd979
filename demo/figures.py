"""Numbers and sentences that fit a topic: milestone levels, promises, measurements, opinions."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from projects.rules import CriterionRule

PLACES = Decimal("0.0001")


def toward(comparator: str, target: Decimal, share: str) -> Decimal:
    """The level at which `share` of the way to the target is gone; below 1 weaker, above 1 better."""
    if comparator == "bool":
        return Decimal(1)
    factor = Decimal(share)
    return (target * factor if comparator == ">=" else target / factor).quantize(PLACES)


def milestone_values(comparator: str, target: Decimal, shares: list[str]) -> dict[str, str]:
    """Target of each milestone by its number. A yes-or-no indicator is due at the end only."""
    if comparator == "bool":
        return {}
    return {str(no): format(toward(comparator, target, s).normalize(), "f") for no, s in enumerate(shares, 1)}


def points(criteria: list[dict[str, Any]], quality: int, random: Random) -> dict[str, Any]:
    """Half-point scores of one expert for a bid of some quality (per cent)."""
    scores: dict[str, Any] = {}
    for criterion in criteria:
        if criterion["veto"]:
            continue
        level = min(98, max(35, quality + random.randint(-6, 6)))
        value = Decimal(round(criterion["max_score"] * level / 50)) / 2
        scores[f"score_{criterion['code'].lower()}"] = CriterionRule(**criterion).at_most(value)
    return scores


def recommendation(quality: int) -> str:
    return "STRONG" if quality >= 88 else "RECOMMEND" if quality >= 78 else "RESERVE" if quality >= 68 else "REJECT"


STRENGTHS = [
    "技术路线清晰，关键指标均给出了可复核的测试方案，前期样机数据较为扎实",
    "团队在同类系统上有连续三年的工程积累，与需求单位的场景对接充分",
    "指标响应逐条对应榜题要求，承诺值留有余量，里程碑划分与经费安排匹配",
    "对核心难点的分析透彻，替代方案考虑周全，具备较好的可实施性",
]
WEAKNESSES = [
    "建议进一步说明极端工况下的验证办法，并补充第三方测试机构的安排",
    "联合单位之间的任务接口描述偏粗，建议在任务书中明确交付边界",
    "经费中外协测试占比偏高，建议细化到里程碑并说明必要性",
    "成果推广部分的市场测算较为乐观，建议结合示范点数据再作估计",
]


def comment(random: Random) -> str:
    return f"{random.choice(STRENGTHS)}。{random.choice(WEAKNESSES)}。"
