"""经费拨付: on a met condition, approved, within the award; the database has the last word."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import IntegrityRecord
from projects.models import Project, Tranche
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.project import ProjectFlow
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.tranche import TrancheFlow

pytestmark = pytest.mark.django_db
S = Tranche.State
DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.active_project(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def first_of(project: Project) -> Tranche:
    return project.tranches.get(no=1)


def approved(w: f.World, tranche: Tranche) -> Tranche:
    with f.on(DAY):
        perform(TrancheFlow, tranche, "request", by=tranche.project.pi)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
    return tranche


def test_it_is_requested_approved_and_paid(w: f.World) -> None:
    tranche = approved(w, first_of(w.projects[0]))
    with f.on(DAY):
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY)
    assert (tranche.state, tranche.paid_on) == (S.PAID, DAY)


def test_each_step_has_its_own_hand(w: f.World) -> None:
    tranche = first_of(w.projects[0])
    with f.on(DAY):
        with pytest.raises(Refused, match="权限"):
            perform(TrancheFlow, tranche, "request", by=w.finance)
        perform(TrancheFlow, tranche, "request", by=tranche.project.pi)
        with pytest.raises(Refused, match="权限"):
            perform(TrancheFlow, tranche, "approve", by=w.officer)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
        with pytest.raises(Refused, match="权限"):
            perform(TrancheFlow, tranche, "pay", by=w.lead, paid_on=DAY)


def test_it_cannot_be_requested_before_its_condition(w: f.World) -> None:
    project = w.projects[0]
    with pytest.raises(Refused, match="当前状态"):
        perform(TrancheFlow, project.tranches.get(no=2), "request", by=project.pi)
    with pytest.raises(Refused, match="权限"):
        perform(TrancheFlow, project.tranches.get(no=2), "meet_condition", by=w.lead)


def test_meeting_the_condition_without_the_milestone_fails_at_commit(w: f.World) -> None:
    project = w.projects[0]
    perform(TrancheFlow, project.tranches.get(no=2), "meet_condition", by=SYSTEM)
    with pytest.raises(IntegrityError, match="condition MILESTONE is not met"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS money_follows_its_condition IMMEDIATE")
    transaction.set_rollback(True)


def test_the_unit_is_looked_up_again_at_payment(w: f.World) -> None:
    tranche = approved(w, first_of(w.projects[0]))
    IntegrityRecord.objects.create(
        organisation=tranche.project.organisation,
        conduct="挪用",
        decision_no="鲁科监〔2026〕5号",
        in_force_from=DAY,
    )
    with f.on(DAY), pytest.raises(Refused, match="鲁科监〔2026〕5号"):
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY)


def test_nothing_is_paid_in_the_future(w: f.World) -> None:
    tranche = approved(w, first_of(w.projects[0]))
    with f.on(DAY), pytest.raises(Refused, match="不能晚于今天"):
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY + timedelta(days=1))


def test_held_money_returns_to_where_its_condition_stands(w: f.World) -> None:
    project = w.projects[0]
    with f.on(DAY):
        for tranche, back in [
            (first_of(project), S.CONDITION_MET),
            (project.tranches.get(no=2), S.SCHEDULED),
        ]:
            perform(TrancheFlow, tranche, "hold", by=w.lead, reason=f.REASON)
            perform(TrancheFlow, tranche, "release", by=w.lead, reason=f.REASON)
            assert tranche.state == back


def test_a_request_is_sent_back_with_a_reason(w: f.World) -> None:
    tranche = first_of(w.projects[0])
    with f.on(DAY):
        perform(TrancheFlow, tranche, "request", by=w.officer)
        perform(TrancheFlow, tranche, "send_back", by=w.lead, reason=f.REASON)
    assert tranche.state == S.CONDITION_MET


def test_the_database_refuses_a_plan_above_the_award(w: f.World) -> None:
    project = w.projects[0]
    with pytest.raises(IntegrityError, match="above the award"):
        f.commit_sql("UPDATE projects_tranche SET amount_yuan = amount_yuan + 1 WHERE project_id = %s", project.pk)


@pytest.mark.parametrize("change", ["state = 'SCHEDULED'", "amount_yuan = 1", "paid_on = '2026-01-01'"])
def test_what_was_paid_is_history(w: f.World, change: str) -> None:
    tranche = approved(w, first_of(w.projects[0]))
    with f.on(DAY):
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY)
    with pytest.raises(IntegrityError, match="was paid"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE projects_tranche SET {change} WHERE id = %s", [tranche.pk])
    with pytest.raises(IntegrityError, match="was paid"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_tranche WHERE id = %s", [tranche.pk])


def test_a_project_that_ended_is_not_paid(w: f.World) -> None:
    project = w.projects[0]
    tranche = approved(w, first_of(project))
    with f.on(DAY):
        perform(ProjectFlow, project, "terminate", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="当前状态"):
            perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY)
    with pytest.raises(IntegrityError, match="its project is TERMINATED"), transaction.atomic():
        Tranche.objects.filter(pk=tranche.pk).update(state="PAID", paid_on=DAY)


def test_payments_never_exceed_the_challenges_cap(w: f.World) -> None:
    tranche = approved(w, first_of(w.projects[0]))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_challenge SET cap_yuan = 799999")
    with pytest.raises(IntegrityError, match="above its cap"), transaction.atomic(), f.on(DAY):
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=DAY)
