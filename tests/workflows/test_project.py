"""立项项目: signed in order, suspended and resumed, ended early or accepted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import IntegrityRecord
from projects.models import Certificate, Challenge, ChallengeList, Project, TaskBook, Tranche
from projects.presets import OPEN_CHALLENGE
from tests import delivery_factories as f
from workflows.certificate import CertificateFlow
from workflows.engine import perform
from workflows.models import AuditEntry, OutboxMessage
from workflows.project import ProjectFlow
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all
from workflows.task_book import problems_of

pytestmark = pytest.mark.django_db
S = Project.State


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.issued_decision(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def tranche_states(project: Project) -> list[str]:
    return list(project.tranches.order_by("no").values_list("state", flat=True))


def test_signatures_come_in_order_pi_unit_recommender_agency(w: f.World) -> None:
    project, team = w.projects[0], w.teams[0]
    with f.on(f.SIGNED):
        for step, by, waits_for in [
            ("sign_by_unit", team.admin, "项目负责人先签署"),
            ("sign_by_recommender", w.rec_user, "承担单位先签署"),
            ("sign_by_agency", w.officer, "归口单位先签署"),
        ]:
            with pytest.raises(Refused, match=waits_for):
                perform(ProjectFlow, project, step, by=by, **f.AGREE)
        perform(ProjectFlow, project, "sign_by_pi", by=project.pi, **f.AGREE)
        with pytest.raises(Refused, match="已经签署"):
            perform(ProjectFlow, project, "sign_by_pi", by=project.pi, **f.AGREE)
    f_book = project.task_books.get()
    assert f_book.signed_by_pi_at is not None
    assert f_book.signed_by_unit_at is None


def test_nobody_signs_for_another(w: f.World) -> None:
    project = w.projects[0]
    with f.on(f.SIGNED):
        for step, by in [
            ("sign_by_pi", f.team(w).pi),
            ("sign_by_unit", f.team(w).admin),
            ("sign_by_recommender", w.officer),
            ("sign_by_agency", project.pi),
        ]:
            with pytest.raises(Refused, match="权限"):
                perform(ProjectFlow, project, step, by=by, **f.AGREE)


def test_the_last_signature_puts_it_into_force(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    assert project.state == S.ACTIVE
    assert (project.starts_on, project.ends_on) == (date(2026, 6, 12), date(2028, 6, 12))
    assert project.milestones.get().due_on == date(2027, 6, 12)
    assert tranche_states(project) == ["CONDITION_MET", "SCHEDULED", "SCHEDULED"]
    assert w.challenge_list.state == ChallengeList.State.EXECUTING
    digests = AuditEntry.objects.filter(object_type="projects.project", transition__startswith="sign_by")
    assert len({e.payload["task_book_sha256"] for e in digests}) == 1
    assert digests.count() == 4


def test_a_programme_without_recommender_needs_three_signatures() -> None:
    w = f.world(replace(OPEN_CHALLENGE, recommender_endorses=False))
    project = f.active_project(w)
    assert project.state == S.ACTIVE
    assert project.task_books.get().signed_by_recommender_at is None


def test_a_task_book_above_the_award_cannot_be_signed(w: f.World) -> None:
    project = w.projects[0]
    project.task_books.update(budget_yuan=project.award_yuan + 1)
    with f.on(f.SIGNED), pytest.raises(Refused, match="超过立项经费"):
        perform(ProjectFlow, project, "sign_by_pi", by=project.pi, **f.AGREE)


def test_a_weaker_task_book_is_told_by_its_indicator(w: f.World) -> None:
    book = w.projects[0].task_books.get()
    book.indicators[0]["target"] = "99"
    (problem,) = problems_of(book)
    assert "低于申报书承诺：单节点写入吞吐" in problem


@pytest.mark.parametrize("column", ["indicators", "budget_yuan", "commitment", "signed_by_pi_at"])
def test_the_database_keeps_a_signed_task_book_as_it_was(w: f.World, column: str) -> None:
    f.sign(w, w.projects[0])
    new: object = {"indicators": "[]", "budget_yuan": 1, "signed_by_pi_at": None}.get(column, "x")
    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE projects_taskbook SET {column} = %s", [new])


def test_it_lapses_the_day_after_the_contract_was_due(w: f.World) -> None:
    due = f.ISSUED + timedelta(days=20)
    with f.on(due, 23):
        sweep_all()
        assert w.projects[0].state == S.PENDING_CONTRACT
        with pytest.raises(Refused, match="未过"):
            perform(ProjectFlow, w.projects[0], "lapse_contract", by=w.lead)
    with f.on(due + timedelta(days=1), 0):
        with pytest.raises(Refused, match="已过，不能再签署"):
            perform(ProjectFlow, w.projects[0], "sign_by_pi", by=w.projects[0].pi, **f.AGREE)
        sweep_all()
    assert w.projects[0].state == S.TERMINATED
    assert set(tranche_states(w.projects[0])) == {"CANCELLED"}


def test_the_contract_is_reminded_of_once_at_each_step(w: f.World) -> None:
    due = f.ISSUED + timedelta(days=20)
    for day in (due - timedelta(days=6), due - timedelta(days=5), due):
        with f.on(day, 9):
            sweep_all()
            sweep_all()
    sent = OutboxMessage.objects.filter(code="N12", recipient=w.projects[0].pi, key__isnull=False)
    assert [key.split(":")[-2] for key in sent.order_by("pk").values_list("key", flat=True)] == [
        "T-7d",
        "T-1d",
    ]


def test_a_bar_stops_the_contract(w: f.World) -> None:
    project = w.projects[0]
    with f.on(f.SIGNED):
        perform(ProjectFlow, project, "sign_by_pi", by=project.pi, **f.AGREE)
        perform(ProjectFlow, project, "sign_by_unit", by=w.teams[0].admin, **f.AGREE)
        perform(ProjectFlow, project, "sign_by_recommender", by=w.rec_user, **f.AGREE)
        IntegrityRecord.objects.create(
            organisation=project.organisation,
            conduct="挪用",
            decision_no="鲁科监〔2026〕9号",
            in_force_from=f.SIGNED,
        )
        with pytest.raises(Refused, match="鲁科监〔2026〕9号"):
            perform(ProjectFlow, project, "sign_by_agency", by=w.officer, **f.AGREE)


def test_suspension_holds_the_money_and_resuming_gives_it_back(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    with f.on(date(2026, 9, 1)):
        perform(ProjectFlow, project, "suspend", by=w.lead, reason=f.REASON)
        assert tranche_states(project) == ["HELD", "HELD", "HELD"]
        perform(ProjectFlow, project, "resume_payment", by=w.lead, reason=f.REASON)
    assert project.state == S.ACTIVE
    assert tranche_states(project) == ["CONDITION_MET", "SCHEDULED", "SCHEDULED"]


def test_termination_needs_a_reason_and_cancels_what_is_not_paid(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    with f.on(date(2026, 9, 1)):
        with pytest.raises(Refused, match="请填写理由"):
            perform(ProjectFlow, project, "terminate", by=w.lead)
        perform(ProjectFlow, project, "terminate", by=w.lead, reason=f.REASON)
    assert set(tranche_states(project)) == {"CANCELLED"}
    assert w.challenge.state == Challenge.State.UNSOLVED
    assert w.challenge_list.state == ChallengeList.State.FINISHED


def test_revoking_takes_the_certificate_back(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    certificate = project.certificates.get()
    with f.on(date(2026, 9, 1)):
        perform(CertificateFlow, certificate, "issue", by=w.lead)
        perform(ProjectFlow, project, "revoke", by=w.lead, reason=f.REASON)
    certificate.refresh_from_db()
    assert (certificate.state, certificate.revoke_reason) == (Certificate.State.REVOKED, f.REASON)
    assert not project.tranches.exclude(state=Tranche.State.CANCELLED).exists()


def test_closing_waits_for_the_milestones_or_the_end(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    with f.on(date(2027, 1, 4)), pytest.raises(Refused, match="提前验收须先通过：第1里程碑"):
        perform(ProjectFlow, project, "begin_closing", by=project.pi)
    f.passed_milestone(w, project.milestones.get(), day=date(2027, 6, 1))
    with f.on(date(2027, 7, 1)):
        perform(ProjectFlow, project, "begin_closing", by=project.pi)
    assert project.state == S.CLOSING
    assert project.acceptance.due_on == date(2027, 7, 1) + timedelta(days=60)


def test_the_sweep_begins_closing_on_the_last_day(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    f.passed_milestone(w, project.milestones.get(), day=date(2027, 6, 1))
    with f.on(date(2028, 6, 11)):
        sweep_all()
    assert w.projects[0].state == S.ACTIVE
    with f.on(date(2028, 6, 12)):
        sweep_all()
    assert w.projects[0].state == S.CLOSING


def test_consequences_are_nobodys_button(w: f.World) -> None:
    project = f.sign(w, w.projects[0])
    for step in ("rectify", "reschedule"):
        with pytest.raises(Refused, match="权限"):
            perform(ProjectFlow, project, step, by=w.lead)
    with pytest.raises(Refused, match="当前状态"):
        perform(ProjectFlow, project, "accept", by=SYSTEM)


def test_every_project_has_its_task_book(w: f.World) -> None:
    assert TaskBook.objects.filter(project__agency=w.agency).count() == len(w.projects)
