"""What follows a synthetic award: contract, money, milestones or the race, acceptance, certificate."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from projects.models import Acceptance, Certificate, Milestone, Project, Race, RaceLane, Tranche
from workflows.acceptance import AcceptanceFlow
from workflows.certificate import CertificateFlow
from workflows.clock import SHANGHAI
from workflows.milestone import MilestoneFlow
from workflows.project import ProjectFlow
from workflows.race import RaceFlow
from workflows.simulation.call import WORDS, Call
from workflows.tranche import TrancheFlow

PANEL = [{"name": f"推演专家{n}", "unit": f"推演单位{n}"} for n in "甲乙丙丁戊"]


def deliver(call: Call) -> None:
    """The first project to its acceptance; of a race every lane, to its winner."""
    projects = list(Project.objects.filter(bid__challenge__challenge_list=call.list).order_by("number"))
    for project in projects:
        sign(call, project)
    race = Race.objects.filter(challenge__challenge_list=call.list).first()
    if race is not None:
        project = run_race(call, race)
    else:
        project = projects[0]
        pay(call, project)
        for milestone in project.milestones.order_by("no"):
            reach(call, milestone)
    accept(call, project)


def sign(call: Call, project: Project) -> None:
    bidder = call.bidders[project.pi_id]
    signers = [("sign_by_pi", project.pi), ("sign_by_unit", bidder.admin)]
    if call.rules.recommender_endorses:
        signers.append(("sign_by_recommender", call.actors.recommender.admin))
    for transition, by in [*signers, ("sign_by_agency", call.actors.lead)]:
        call.do(ProjectFlow, project, transition, by, agree=True)


def pay(call: Call, project: Project) -> None:
    for tranche in project.tranches.filter(state=Tranche.State.CONDITION_MET).order_by("no"):
        call.do(TrancheFlow, tranche, "request", project.pi)
        call.do(TrancheFlow, tranche, "approve", call.actors.lead)
        call.do(TrancheFlow, tranche, "pay", call.actors.finance, paid_on=call.at.astimezone(SHANGHAI).date())


def report(call: Call, milestone: Milestone) -> None:
    """Handed in on the due day, with every target just met."""
    milestone.refresh_from_db()
    call.go_to(_at(milestone.due_on))
    call.file(milestone, "TEST_REPORT", milestone.project.pi)
    actual = {f"actual_{row.indicator.no}": row.target for row in milestone.indicators.select_related("indicator")}
    call.do(MilestoneFlow, milestone, "report", milestone.project.pi, report=WORDS,
            spent_yuan=0, test_body="推演测试机构", **actual)  # fmt: skip


def reach(call: Call, milestone: Milestone) -> None:
    report(call, milestone)
    ask_the_user(call, milestone)
    call.wait(5)
    call.do(MilestoneFlow, milestone, "begin_check", call.actors.officers[0])
    call.do(MilestoneFlow, milestone, "pass_check", call.actors.lead, score=Decimal(90), opinion=WORDS)
    pay(call, milestone.project)


def ask_the_user(call: Call, milestone: Milestone) -> None:
    if call.rules.user_opinion_required:
        by = call.actors.demander(milestone.project.bid.challenge)
        call.do(MilestoneFlow, milestone, "confirm_by_user", by, user_opinion=WORDS)


def run_race(call: Call, race: Race) -> Project:
    """Stage by stage to the final; returns the project that is left in front."""
    lead, officer = call.actors.lead, call.actors.officers[0]
    call.do(RaceFlow, race, "begin", lead)
    while race.state == Race.State.STAGE_RUNNING:
        running = list(race.lanes.filter(state=RaceLane.State.RUNNING).select_related("project").order_by("no"))
        for lane in running:
            pay(call, lane.project)
            milestone = lane.project.milestones.get(no=race.stage_no)
            report(call, milestone)
            ask_the_user(call, milestone)
        call.wait(3)
        race.refresh_from_db()
        call.do(RaceFlow, race, "begin_check", officer)
        for place, lane in enumerate(running):
            call.do(RaceFlow, race, "record_result", officer, lane=lane.pk, score=Decimal(95 - place))
        call.do(RaceFlow, race, "decide", lead)
        call.run(race.notices.order_by("-pk")[0])
        race.refresh_from_db()
        call.do(RaceFlow, race, "begin_next", officer, supplement_signed=True)
    return race.lanes.filter(state=RaceLane.State.RUNNING).order_by("no")[0].project


def accept(call: Call, project: Project) -> None:
    """At the end date; the last tranche is paid and the certificate issued."""
    project.refresh_from_db()
    assert project.ends_on is not None  # fixed by the contract
    call.go_to(_at(project.ends_on - timedelta(days=1)))
    call.do(ProjectFlow, project, "begin_closing", project.pi)
    acceptance: Acceptance = project.acceptance
    call.file(acceptance, "ACCEPTANCE", project.pi)
    book = project.task_books.order_by("-edition")[0]
    measured: dict[str, Any] = {f"measured_{row['no']}": row["target"] for row in book.indicators}
    call.do(AcceptanceFlow, acceptance, "apply", project.pi, report=WORDS, spent_yuan=project.award_yuan, **measured)
    officer = call.actors.officers[0]
    call.do(AcceptanceFlow, acceptance, "check_material", officer)
    call.do(
        AcceptanceFlow, acceptance, "schedule", officer, panel=PANEL, meeting_on=call.at.astimezone(SHANGHAI).date()
    )
    call.do(AcceptanceFlow, acceptance, "test", officer)
    call.do(AcceptanceFlow, acceptance, "hold_panel", officer)
    call.do(AcceptanceFlow, acceptance, "sign_opinion", officer, score=Decimal(90), result="PASSED", opinion=WORDS)
    call.do(AcceptanceFlow, acceptance, "approve", call.actors.lead)
    call.run(acceptance.notices.order_by("-pk")[0])
    for certificate in project.certificates.filter(state=Certificate.State.PREPARED).order_by("pk"):
        call.do(CertificateFlow, certificate, "issue", call.actors.lead)
    pay(call, project)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), SHANGHAI)
