"""立项通知书: the notice of award to the leading unit, in the layout of GB/T 9704-2012 (domain 5.5, 5.10)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string

from projects.documents.certificate import chinese_day, wan
from projects.documents.letterhead import mark_of
from projects.documents.pdf import Press
from projects.models import AwardDecision, Project
from workflows.clock import SHANGHAI

#: Page numbers are drawn by the style sheet.
_PAGE_NUMBER = "—0123456789"


@dataclass(frozen=True)
class AwardNotice:
    """Everything the notice says. Days are in Shanghai, money in whole yuan."""

    issuer: str
    document_no: str
    issued_on: date
    addressee: str
    list_number: str
    list_title: str
    challenge: str
    project_number: str
    project_title: str
    pi: str
    partners: tuple[str, ...]
    recommender: str
    months: int
    award_yuan: int
    is_race: bool
    payment_plan: tuple[int, ...]
    contract_due_on: date
    contact: str


def notice_of(project: Project) -> AwardNotice | None:
    """What the notice to the project's leading unit says; None before the award is issued."""
    bid = project.bid
    challenge_list = bid.challenge.challenge_list
    decision = AwardDecision.objects.filter(challenge_list=challenge_list).first()
    if decision is None or decision.issued_at is None:
        return None
    rules = challenge_list.rule_set.rules
    stages = rules.race_stages
    is_race = rules.mode == "HORSE_RACE"
    return AwardNotice(
        issuer=project.agency.organisation.name,
        document_no=decision.document_no,
        issued_on=decision.issued_at.astimezone(SHANGHAI).date(),
        addressee=project.organisation.name,
        list_number=challenge_list.number,
        list_title=challenge_list.title,
        challenge=bid.challenge.title,
        project_number=project.number,
        project_title=project.title,
        pi=project.pi.name,
        partners=tuple(row.organisation.name for row in bid.partners.select_related("organisation")),
        recommender=bid.recommender.name if bid.recommender else "",
        months=sum(stage.months for stage in stages) if is_race else bid.challenge.months,
        award_yuan=project.award_yuan,
        is_race=is_race,
        payment_plan=() if is_race else rules.payment_plan,
        contract_due_on=project.contract_due_on,
        contact=project.agency.contact or challenge_list.contact,
    )


def render_award_notice(notice: AwardNotice) -> bytes:
    """The notice as PDF. The same notice gives the same bytes on the same machine set-up."""
    html = render_to_string("documents/award_notice.html", _context(notice))
    title = notice.issuer + notice.project_title + "文件关于下达项目立项的通知“”"
    press = Press(
        "award_notice.css", {"song": title, "fang": html + _PAGE_NUMBER, "hei": "一二三、立项内容签约要求实施管理"}
    )
    return press.draw(html)


def _context(notice: AwardNotice) -> dict[str, Any]:
    parts = [f"{percent}%" for percent in notice.payment_plan]
    return {
        **asdict(notice),
        **mark_of(notice.issuer),
        "notice": notice,
        "day": chinese_day(notice.issued_on),
        "due": chinese_day(notice.contract_due_on),
        "money": f"{wan(notice.award_yuan)}万元",
        "shares": "、".join(parts),
        "count": len(parts),
        "partners": "、".join(notice.partners),
    }
