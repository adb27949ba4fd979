"""里程碑: what releases money, and what never passes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from projects.models import Milestone, Project
from projects.presets import OPEN_CHALLENGE
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.milestone import MilestoneFlow
from workflows.models import AuditEntry, OutboxMessage
from workflows.project import ProjectFlow
from workflows.refused import Refused
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
S = Milestone.State
DUE = date(2027, 6, 12)
CHECK = {"score": "85", "opinion": "指标达到节点要求"}


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.active_project(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def reported(w: f.World, *values: object, day: date = DUE) -> Milestone:
    project = w.projects[0] if w.teams else f.active_project(w)
    return f.report(w, project.milestones.get(), *(values or (40, 20)), day=day)


def checking(w: f.World, *values: object) -> Milestone:
    milestone = reported(w, *values)
    with f.on(DUE):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
    return milestone


def tranche_state(milestone: Milestone) -> str:
    return milestone.tranches.get().state


def test_it_is_announced_thirty_days_ahead_and_overdue_after_the_grace(w: f.World) -> None:
    milestone = w.projects[0].milestones.get()
    seen = []
    for days in (-31, -30, 0, 15, 16):
        with f.on(DUE + timedelta(days=days)):
            sweep_all()
        milestone.refresh_from_db()
        seen.append(milestone.state)
    assert seen == [S.PLANNED, S.DUE_SOON, S.DUE_SOON, S.DUE_SOON, S.OVERDUE]


def test_reminders_follow_seven_days_and_one_day_before(w: f.World) -> None:
    project = w.projects[0]
    for days in (30, 7, 6, 1, 0):
        with f.on(DUE - timedelta(days=days)):
            sweep_all()
            sweep_all()
    keys = OutboxMessage.objects.filter(code="N13", recipient=project.pi, key__isnull=False).order_by("pk")
    assert [k.split(":")[-2] for k in keys.values_list("key", flat=True)] == ["T-7d", "T-1d"]


def test_a_report_needs_evidence_in_the_store(w: f.World) -> None:
    milestone = w.projects[0].milestones.get()
    with f.on(DUE), pytest.raises(Refused, match="请先上传"):
        perform(
            MilestoneFlow,
            milestone,
            "report",
            by=milestone.project.pi,
            **f.report_inputs(milestone, (40, 20)),
        )


def test_a_report_needs_every_measured_value(w: f.World) -> None:
    milestone = w.projects[0].milestones.get()
    f.store_file(milestone, "REPORT", milestone.project.pi)
    with f.on(DUE), pytest.raises(Refused) as refusal:
        perform(MilestoneFlow, milestone, "report", by=milestone.project.pi, **f.report_inputs(milestone, (40,)))
    assert list(refusal.value.fields) == ["actual_2"]
    assert not milestone.indicators.filter(actual__isnull=False).exists()


def test_only_the_pi_reports(w: f.World) -> None:
    milestone = w.projects[0].milestones.get()
    f.store_file(milestone, "REPORT", milestone.project.pi)
    for stranger in (w.teams[0].admin, f.team(w).pi, w.officer):
        with f.on(DUE), pytest.raises(Refused, match="权限"):
            perform(MilestoneFlow, milestone, "report", by=stranger, **f.report_inputs(milestone, (40, 20)))


def test_a_report_carries_the_digests_of_its_files(w: f.World) -> None:
    reported(w)
    entry = AuditEntry.objects.get(object_type="projects.milestone", transition="report")
    assert list(entry.payload["files"]) == ["TEST_REPORT.pdf"]


@pytest.mark.parametrize(("score", "state"), [("80", "PASSED"), ("79.99", "PASSED_PARTIAL"), ("60", "PASSED_PARTIAL")])
def test_passing_releases_its_tranche(w: f.World, score: str, state: str) -> None:
    milestone = checking(w)
    assert tranche_state(milestone) == "SCHEDULED"
    with f.on(DUE):
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score=score, opinion="指标达到节点要求")
    assert milestone.state == state
    assert tranche_state(milestone) == "CONDITION_MET"
    assert list(milestone.project.tranches.values_list("state", flat=True))[2] == "SCHEDULED"


def test_a_score_below_the_line_does_not_pass(w: f.World) -> None:
    milestone = checking(w)
    with f.on(DUE), pytest.raises(Refused, match="低于合格分 60"):
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score="59.99", opinion="指标达到节点要求")


def test_a_missed_must_indicator_can_never_pass(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    before = AuditEntry.objects.count()
    with f.on(DUE), pytest.raises(Refused, match="未达标的必达指标：单节点写入吞吐"):
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score="100", opinion="成绩优秀")
    assert AuditEntry.objects.count() == before
    assert tranche_state(milestone) == "SCHEDULED"


def test_the_database_refuses_to_pass_a_missed_must_indicator(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    with pytest.raises(IntegrityError, match="must-indicator is missed"), transaction.atomic():
        Milestone.objects.filter(pk=milestone.pk).update(state="PASSED")


def test_measured_values_never_change_after_the_report(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        milestone.indicators.update(actual=31)


def test_the_target_of_a_node_never_changes(w: f.World) -> None:
    milestone = w.projects[0].milestones.get()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        milestone.indicators.update(target=1)


def test_the_database_refuses_money_without_a_passed_milestone(w: f.World) -> None:
    milestone = checking(w)
    with pytest.raises(IntegrityError, match="condition MILESTONE is not met"):
        f.commit_sql("UPDATE projects_tranche SET state = 'REQUESTED' WHERE milestone_id = %s", milestone.pk)


def test_rectification_holds_the_money_and_passes_on_recheck(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    with f.on(DUE):
        until = DUE + timedelta(days=60)
        perform(MilestoneFlow, milestone, "rectify", by=w.lead, rectify_until=until, reason=f.REASON)
    assert tranche_state(milestone) == "HELD"
    assert w.projects[0].state == Project.State.RECTIFYING
    with f.on(until):
        perform(
            MilestoneFlow,
            milestone,
            "recheck",
            by=milestone.project.pi,
            **f.report_inputs(milestone, (31, 20)),
        )
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, **CHECK)
    assert tranche_state(milestone) == "CONDITION_MET"
    assert w.projects[0].state == Project.State.ACTIVE


def test_it_is_rectified_once_within_three_months(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    with f.on(DUE):
        for until in (DUE, DUE + timedelta(days=93)):
            with pytest.raises(Refused, match="整改期限须在"):
                perform(MilestoneFlow, milestone, "rectify", by=w.lead, rectify_until=until, reason=f.REASON)
        until = DUE + timedelta(days=30)
        perform(MilestoneFlow, milestone, "rectify", by=w.lead, rectify_until=until, reason=f.REASON)
        with pytest.raises(Refused, match="期满前不能判为不达标"):
            perform(MilestoneFlow, milestone, "fail", by=w.lead, reason=f.REASON)
        perform(
            MilestoneFlow,
            milestone,
            "recheck",
            by=milestone.project.pi,
            **f.report_inputs(milestone, (29, 20)),
        )
        with pytest.raises(Refused, match="当前状态"):
            perform(MilestoneFlow, milestone, "rectify", by=w.lead, rectify_until=until, reason=f.REASON)
        perform(MilestoneFlow, milestone, "fail", by=w.lead, reason=f.REASON)
    assert milestone.state == S.FAILED
    assert tranche_state(milestone) == "HELD"


def test_failing_proposes_termination_but_does_not_terminate(w: f.World) -> None:
    milestone = checking(w, 29, 20)
    with f.on(DUE):
        perform(MilestoneFlow, milestone, "fail", by=w.lead, reason=f.REASON)
    assert w.projects[0].state == Project.State.ACTIVE
    assert OutboxMessage.objects.filter(recipient=w.lead, subject__startswith="建议终止项目").exists()


def test_no_check_while_the_project_is_suspended(w: f.World) -> None:
    milestone = checking(w)
    with f.on(DUE):
        perform(ProjectFlow, milestone.project, "suspend", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="暂停"):
            perform(MilestoneFlow, milestone, "pass_check", by=w.lead, **CHECK)


def test_where_the_user_is_asked_his_opinion_is_waited_for() -> None:
    w = f.world(replace(OPEN_CHALLENGE, user_opinion_required=True))
    milestone = reported(w)
    with f.on(DUE), pytest.raises(Refused, match="请等待用户出具意见"):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
    with f.on(DUE):
        perform(MilestoneFlow, milestone, "confirm_by_user", by=w.dem_user, user_opinion="已在产线试用，满足需要")
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
    assert milestone.state == S.CHECKING


def test_a_silent_user_holds_nobody_up_for_more_than_ten_working_days() -> None:
    w = f.world(replace(OPEN_CHALLENGE, user_opinion_required=True))
    milestone = reported(w)
    with f.on(DUE + timedelta(days=30)):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
    assert milestone.state == S.CHECKING


def test_the_second_overdue_report_suspends_the_project() -> None:
    rules = replace(OPEN_CHALLENGE, payment_plan=(30, 30, 30, 10))
    w = f.world(rules)
    project = f.active_project(w)
    first, second = project.milestones.order_by("no")
    assert (first.due_on, second.due_on) == (date(2027, 2, 12), date(2027, 10, 12))
    with f.on(first.due_on + timedelta(days=16)):
        sweep_all()
    assert w.projects[0].state == Project.State.ACTIVE
    with f.on(second.due_on + timedelta(days=16)):
        sweep_all()
    assert w.projects[0].state == Project.State.SUSPENDED
    assert set(project.tranches.values_list("state", flat=True)) == {"HELD"}


def test_nobody_checks_another_agencys_milestone(w: f.World) -> None:
    other = f.world()
    milestone = reported(w)
    with f.on(DUE), pytest.raises(Refused, match="权限"):
        perform(MilestoneFlow, milestone, "begin_check", by=other.officer)
