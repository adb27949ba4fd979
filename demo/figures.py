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


#: Lists of 11 and 7: any 77 comments in a row differ in one of these at least, whatever the dice say of the others.
DETAILS = [
    "样机在需求单位现场连续运行过，记录可查",
    "已与两家示范用户签署试用意向，时间表可信",
    "核心器件有国产备选，供货风险说明到位",
    "软件与硬件的分工界面清楚，集成顺序合理",
    "试验数据的采集方法写得具体，可以复现",
    "负责人能够保证投入，骨干没有明显兼职",
    "标准与专利布局较早，权属约定没有争议",
    "安全与伦理影响作了分析，措施有责任人",
    "与在研项目的边界交代清楚，没有重复",
    "验收所需的测试环境已经具备或有协议",
    "成本测算到单台，量产后的降幅有依据",
]
CHECKS = [
    "现场核查时重点看长期稳定性",
    "请在任务书中写明数据归属",
    "中期检查宜提前到第九个月",
    "外协合同应一并提交备查",
    "对照组的选取还需要说明",
    "建议需求单位参与测试方案",
    "人员费比例符合本批规定",
]


def comment(random: Random, n: int) -> str:
    """Of one expert about one bid; `n` numbers these within a round. No two are alike (D6, domain 3.7)."""
    said = random.choice(STRENGTHS), DETAILS[n % len(DETAILS)], random.choice(WEAKNESSES), CHECKS[n % len(CHECKS)]
    return "。".join(said) + "。"
