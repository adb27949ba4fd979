"""After the award: contracts, money, milestones, acceptance, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo import figures
from demo.cast import Office
from demo.stage import Stage
from demo.timetable import together
from projects.models import Certificate, ChallengeList, Milestone, Project, Tranche
from workflows.acceptance import AcceptanceFlow
from workflows.certificate import CertificateFlow
from workflows.engine import perform
from workflows.milestone import MilestoneFlow
from workflows.project import ProjectFlow
from workflows.state import SYSTEM
from workflows.tranche import TrancheFlow

PANEL = [{"name": f"{n}工", "unit": u} for n, u in zip("甲乙丙丁戊", ["北辰大学", "江南科技大学", "东海理工大学", "巴山软件评测中心", "洞庭会计师事务所"], strict=True)]  # fmt: skip


def deliver(stage: Stage, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    """Every project of an open-challenge list, from contract to certificate."""
    yield stage.after(publish, 92)
    projects = list(Project.objects.filter(bid__challenge__challenge_list=row).order_by("number"))
    for project in projects:
        sign(stage, office, project)
        issue_certificate(office, project, Certificate.Kind.AWARD)
    yield stage.after(publish, 98)
    for project in projects:
        pay(office, project, publish + timedelta(days=98))
    yield from together([project_story(stage, office, project) for project in projects])


def project_story(stage: Stage, office: Office, project: Project) -> Iterator[datetime]:
    for milestone in project.milestones.order_by("no"):
        yield from reach(stage, office, milestone)
    yield from accept(stage, office, project)


def sign(stage: Stage, office: Office, project: Project) -> None:
    """All parties sign task book and 军令状."""
    perform(ProjectFlow, project, "sign_by_pi", by=project.pi, agree=True)
    perform(ProjectFlow, project, "sign_by_unit", by=stage.admin_of(project.bid), agree=True)
    perform(ProjectFlow, project, "sign_by_recommender", by=stage.recommender_of(project.bid), agree=True)
    perform(ProjectFlow, project, "sign_by_agency", by=office.lead, agree=True)


def issue_certificate(office: Office, project: Project, kind: str) -> None:
    certificate = project.certificates.filter(kind=kind, state=Certificate.State.PREPARED).first()
    if certificate is not None:
        perform(CertificateFlow, certificate, "issue", by=office.lead)


def pay(office: Office, project: Project, day: date) -> None:
    """Whatever has met its condition goes through request, approval and payment."""
    for tranche in project.tranches.filter(state=Tranche.State.CONDITION_MET).order_by("no"):
        perform(TrancheFlow, tranche, "request", by=project.pi)
        perform(TrancheFlow, tranche, "approve", by=office.lead)
        perform(TrancheFlow, tranche, "pay", by=office.finance, paid_on=day)


def measured(milestone: Milestone, share: str = "1.06") -> dict[str, Any]:
    """Inputs of a report whose indicators reach `share` of the node's targets."""
    return {
        f"actual_{row.indicator.no}": figures.toward(row.indicator.comparator, row.target, share)
        for row in milestone.indicators.select_related("indicator")
    }


def report(stage: Stage, milestone: Milestone, share: str = "1.06") -> None:
    project = milestone.project
    stage.file(milestone, "TEST_REPORT", f"{project.title} {milestone.name}", project.pi)
    perform(
        MilestoneFlow, milestone, "report", by=project.pi, test_body="巴山软件评测中心（示例）",
        spent_yuan=project.award_yuan * 3 // 10,
        report="本阶段完成总体方案、核心模块研制与联调，按任务书开展了第三方测试，指标达到节点要求，经费按预算执行。",
        **measured(milestone, share),
    )  # fmt: skip


def reach(stage: Stage, office: Office, milestone: Milestone) -> Iterator[datetime]:
    """Due soon, reported, checked and passed; its tranche is paid."""
    milestone.refresh_from_db()
    yield stage.at(milestone.due_on - timedelta(days=20))
    perform(MilestoneFlow, milestone, "soon", by=SYSTEM)
    yield stage.at(milestone.due_on - timedelta(days=3))
    report(stage, milestone)
    yield stage.at(milestone.due_on + timedelta(days=10))
    perform(MilestoneFlow, milestone, "begin_check", by=office.officer)
    yield stage.at(milestone.due_on + timedelta(days=14))
    perform(MilestoneFlow, milestone, "pass_check", by=office.lead, score=Decimal(stage.random.randint(80, 93)),
            opinion="必达指标全部达到节点要求，同意通过考核并拨付下一笔经费。")  # fmt: skip
    pay(office, milestone.project, milestone.due_on + timedelta(days=14))


def accept(stage: Stage, office: Office, project: Project) -> Iterator[datetime]:
    """At the end date: application, test, panel, publicity, certificate, last payment."""
    project.refresh_from_db()
    assert project.ends_on is not None  # fixed by the contract
    end = max(project.ends_on, stage.today - timedelta(days=4000))
    yield stage.at(end + timedelta(days=2))
    perform(ProjectFlow, project, "begin_closing", by=project.pi)
    acceptance = project.acceptance
    stage.file(acceptance, "ACCEPTANCE", project.title, project.pi)
    task_book = project.task_books.order_by("-edition")[0]
    values: dict[str, Any] = {
        f"measured_{row['no']}": figures.toward(row["comparator"], Decimal(str(row["target"])), "1.02")
        for row in task_book.indicators
    }
    perform(AcceptanceFlow, acceptance, "apply", by=project.pi, spent_yuan=project.award_yuan,
            report="任务书规定的研究内容全部完成，各项指标经第三方测试达到要求，成果已在示范点稳定运行。", **values)  # fmt: skip
    yield stage.at(end + timedelta(days=6))
    perform(AcceptanceFlow, acceptance, "check_material", by=office.officer)
    meeting = end + timedelta(days=12)
    perform(AcceptanceFlow, acceptance, "schedule", by=office.officer, meeting_on=meeting, panel=PANEL)
    yield stage.at(meeting, 9)
    perform(AcceptanceFlow, acceptance, "test", by=office.officer)
    perform(AcceptanceFlow, acceptance, "hold_panel", by=office.officer)
    yield stage.at(meeting, 16)
    perform(AcceptanceFlow, acceptance, "sign_opinion", by=office.officer, score=Decimal("88.5"), result="PASSED",
            opinion="资料齐全规范，指标逐项达到任务书要求，经费使用合规，同意通过验收。")  # fmt: skip
    yield stage.at(meeting + timedelta(days=2))
    perform(AcceptanceFlow, acceptance, "approve", by=office.lead)
    notice = acceptance.notices.order_by("-pk")[0]
    yield from stage.run_notice(notice, office, meeting + timedelta(days=3))
    yield stage.at(meeting + timedelta(days=24))
    issue_certificate(office, project, Certificate.Kind.ACCEPTANCE)
    pay(office, project, meeting + timedelta(days=24))
