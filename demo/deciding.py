"""From the panels' ranks to the told result: meetings, publicity, and two people for whatever concerns every bid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from demo.cast import Office
from demo.stage import Stage
from demo.topics import ListPlan
from projects.models import ChallengeList, DecisionBatch, Objection, PublicNotice
from workflows.award import AwardDecisionFlow
from workflows.decision_batch import DecisionBatchFlow, propose_batch
from workflows.engine import perform, start
from workflows.objection import ObjectionFlow
from workflows.state import SYSTEM


def decide(stage: Stage, plan: ListPlan, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    decision = row.award_decision
    yield stage.after(publish, 62)
    proposed = sum(decision.rows.values_list("award_yuan", flat=True))
    perform(AwardDecisionFlow, decision, "set_budget", by=office.officer,
            budget_yuan=proposed * plan.budget_percent // 10_000_000 * 100_000)  # fmt: skip
    perform(AwardDecisionFlow, decision, "submit_to_joint_meeting", by=office.officer)
    yield stage.after(publish, 63)
    perform(AwardDecisionFlow, decision, "submit_to_office_meeting", by=office.officer,
            minutes="联席会审议了评审结果和经费建议，一致同意提交办公会。")  # fmt: skip
    yield stage.after(publish, 63, 16)
    batch = _propose(office, row, "PUBLICISE", minutes="办公会同意立项建议，按程序公示。")
    yield stage.after(publish, 66)
    perform(DecisionBatchFlow, batch, "approve", by=office.lead)
    notice = decision.notices.order_by("-pk")[0]
    waiting = stage.run_notice(notice, office, publish + timedelta(days=67))
    yield next(waiting)
    ends = next(waiting)
    if plan.has_objection:
        assert notice.starts_on is not None  # it is running
        yield stage.at(notice.starts_on, 11)
        _object(stage, office, notice)
    yield ends
    next(waiting, None)
    issue = max(stage.after(publish, 84), ends + timedelta(hours=9))
    yield issue
    held = {"is_held": True, "release_at": issue + timedelta(days=9)} if plan.is_held else {}
    batch = _propose(office, row, "ISSUE", document_no=_document_no(office, publish, plan), **held)
    perform(DecisionBatchFlow, batch, "approve", by=office.lead)
    if plan.is_held:
        yield issue + timedelta(days=9)
        perform(AwardDecisionFlow, row.award_decision, "release", by=SYSTEM)


def _propose(office: Office, row: ChallengeList, kind: str, **words: Any) -> DecisionBatch:
    """By the officer; the leader looks at the same preview and carries it out."""
    row.award_decision.refresh_from_db()
    return propose_batch(row.award_decision, kind, by=office.officer, **words)


def _document_no(office: Office, publish: date, plan: ListPlan) -> str:
    return f"{office.agency.document_mark}〔{publish.year}〕{int(plan.code[-2:]) + 20}号"


def _object(stage: Stage, office: Office, notice: PublicNotice) -> None:
    """A bidder that was not proposed objects by name; the case stays open."""
    objection = start(
        ObjectionFlow,
        Objection(
            number=f"{notice.number}-Y1", notice=notice, author_name=stage.cast.citizen.name,
            author_contact="13800000000", author_user=stage.cast.citizen,
            grounds="公示项目之一的联合单位与需求单位存在股权关系，请核查其是否符合揭榜条件。",
        ),
        by=stage.cast.citizen,
    )  # fmt: skip
    perform(ObjectionFlow, objection, "register", by=office.officer, name_is_real=True)
