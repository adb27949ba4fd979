"""任务书 with 军令状: the first edition from the bid's promises, and what must hold before it is signed.

Rules: domain 2.6 (indicators ≥ bid, budget ≤ award), 4.3 (军令状 with the diligence exemption).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from projects.indicators import is_comparable, not_weaker
from projects.models import IndicatorResponse, Project, TaskBook
from workflows.canonical import sha256_of


def ends_of(row: dict[str, Any]) -> tuple[Decimal, Decimal | None]:
    """Target of a task book's row; the upper end is there in a range only."""
    high = row.get("target_high")
    return Decimal(row["target"]), None if high is None else Decimal(high)


def plain_number(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros."""
    return format(value.normalize(), "f")


def write_first_edition(project: Project) -> TaskBook:
    """Edition 1: the indicators as promised in the bid, the award as budget, the commitment's text."""
    responses = list(project.bid.responses.select_related("indicator"))
    return TaskBook.objects.create(
        project=project,
        indicators=[_row(response) for response in responses],
        budget_yuan=project.award_yuan,
        commitment=commitment_text(project, responses),
    )


def _row(response: IndicatorResponse) -> dict[str, Any]:
    indicator = response.indicator
    return {
        "no": indicator.no,
        "name": indicator.name,
        "comparator": indicator.comparator,
        "target": plain_number(response.promised),
        **({} if response.promised_high is None else {"target_high": plain_number(response.promised_high)}),
        "unit": indicator.unit,
        "is_must": indicator.is_must,
        "milestone_values": indicator.milestone_values,
    }


def commitment_text(project: Project, responses: list[IndicatorResponse]) -> str:
    """军令状 (domain 4.3): goals, check, payment, liability and, in the same text, the exemption."""
    bid = project.bid
    goals = "；".join(_goal(response) for response in responses)
    return "\n".join(
        [
            f"{bid.organisation.name}与项目负责人{bid.pi.name}揭榜“{bid.challenge.title}”，立军令状如下：",
            f"一、目标：{goals}。",
            "二、考核：按任务书里程碑节点，以第三方测试、用户评价和现场验收为准，不降低指标。",
            "三、经费：按任务书分笔拨付，节点达标方可拨付下一笔；专款专用。",
            "四、项目负责人在攻关期间原则上不调离、不辞任；承担单位优先保障人员、场地和设备。",
            "五、需求单位按约提供数据、场景和测试条件。",
            f"六、知识产权：{bid.challenge.ip_terms or '按任务书约定'}。",
            "七、弄虚作假、挪用经费或无正当理由不履行的，停止拨付、追回经费并记入科研诚信记录。",
            "八、原始记录能够证明已勤勉尽责、仍难以完成探索性高风险任务的，依法免责（科技进步法 68 条）。",
        ]
    )


def _goal(response: IndicatorResponse) -> str:
    indicator, low = response.indicator, plain_number(response.promised)
    if response.promised_high is not None:
        return f"{indicator.name}在{low}～{plain_number(response.promised_high)}{indicator.unit}之间"
    return f"{indicator.name}{indicator.get_comparator_display()}{low}{indicator.unit}"


def digest_of(book: TaskBook) -> str:
    """What a signature is put under. Goes into the audit entry of each signature."""
    return sha256_of(
        {
            "project": book.project.number,
            "edition": book.edition,
            "indicators": book.indicators,
            "budget_yuan": book.budget_yuan,
            "commitment": book.commitment,
        }
    )


def problems_of(book: TaskBook) -> list[str]:
    """Sentences that keep a task book from being signed; empty when it is sound (domain 2.6)."""
    project, found = book.project, []
    if book.budget_yuan > project.award_yuan:
        found.append(_("任务书经费超过立项经费 %.2f 万元；请主管部门更正后再签署。") % (project.award_yuan / 10000))
    rows = {row["no"]: row for row in book.indicators}
    for response in project.bid.responses.select_related("indicator"):
        indicator = response.indicator
        row = rows.get(indicator.no)
        if row is None:
            found.append(_("任务书缺少申报书承诺的指标：%s；请主管部门补入后再签署。") % indicator.name)
        elif _is_lowered(response, row):
            found.append(_("任务书指标低于申报书承诺：%s；请主管部门改回后再签署。") % indicator.name)
    if not book.commitment.strip():
        found.append(_("任务书没有军令状；请主管部门补写后再签署。"))
    return found


def _is_lowered(response: IndicatorResponse, row: dict[str, Any]) -> bool:
    low, high = ends_of(row)
    comparator = response.indicator.comparator
    return not is_comparable(comparator, low, high) or not not_weaker(
        comparator, response.promised, low, response.promised_high, high
    )
