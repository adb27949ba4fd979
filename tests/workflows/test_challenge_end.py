"""What stands above a project that ends (domain 2.1, 2.2): solved, unsolved, and when a list is finished."""

from datetime import date

import pytest

from projects.models import Bid, Challenge, ChallengeList, Project
from tests import delivery_factories as made
from tests.delivery_factories import REASON, World, on
from workflows.award import AwardDecisionFlow
from workflows.challenge_end import ALIVE_STATES
from workflows.engine import perform
from workflows.project import ProjectFlow

DAY = date(2026, 9, 1)
C, L = Challenge.State, ChallengeList.State


@pytest.fixture(scope="module")
def two_base(module_db: None) -> World:
    w = made.world(quota=2)
    made.issued_decision(w, scores=("90", "88"))
    for project in w.projects:
        made.sign(w, project)
    return w


@pytest.fixture
def two(two_base: World, db: None) -> World:
    """Two projects of one challenge are under way, no reserve waits."""
    return made.fresh(two_base)


@pytest.fixture(scope="module")
def reserve_base(module_db: None) -> World:
    w = made.world()
    made.issued_decision(w, scores=("90", "88"))
    return w


@pytest.fixture
def reserve(reserve_base: World, db: None) -> World:
    """One project waits for its contract, one reserve stands behind it."""
    return made.fresh(reserve_base)


def states(w: World) -> tuple[str, str]:
    return w.challenge.state, w.challenge_list.state


def end(w: World, project: Project, step: str = "terminate") -> None:
    with on(DAY):
        perform(ProjectFlow, project, step, by=w.lead, reason=REASON)


def test_a_list_with_projects_under_way_is_executing_and_its_challenge_awarded(two):
    assert states(two) == (C.AWARDED, L.EXECUTING)


@pytest.mark.parametrize("step", ["terminate", "revoke"])
def test_a_challenge_is_unsolved_only_when_its_last_project_ended_without_acceptance(two, step):
    first, second = two.projects
    end(two, first, step)
    assert states(two) == (C.AWARDED, L.EXECUTING)
    end(two, second, step)
    assert states(two) == (C.UNSOLVED, L.FINISHED)


def accept(w: World, project: Project, day: date) -> date:
    made.passed_milestone(w, project.milestones.get(no=1), day=date(day.year - 1, day.month, day.day))
    return made.accepted(w, project, day=day)


def test_a_challenge_is_solved_by_one_acceptance_while_its_list_waits_for_the_other_project(two):
    first, second = two.projects
    accept(two, first, date(2028, 6, 1))
    assert states(two) == (C.SOLVED, L.EXECUTING)
    end(two, second)
    assert states(two) == (C.SOLVED, L.FINISHED), "what was solved stays solved"


def test_a_project_that_failed_leaves_the_challenge_to_the_other_one(two):
    first, second = two.projects
    end(two, first)
    accept(two, second, date(2028, 6, 1))
    assert states(two) == (C.SOLVED, L.FINISHED)


@pytest.mark.parametrize("step", ["suspend"])
def test_a_suspended_project_is_still_on_its_way(two, step):
    first, second = two.projects
    end(two, first, step)
    end(two, second)
    assert states(two) == (C.AWARDED, L.EXECUTING)
    assert Project.State.SUSPENDED in ALIVE_STATES
    end(two, first)
    assert states(two) == (C.UNSOLVED, L.FINISHED)


def test_a_reserve_that_may_still_be_promoted_keeps_challenge_and_list_open(reserve):
    with on(date(2026, 7, 2)):
        perform(ProjectFlow, reserve.projects[0], "lapse_contract", by=reserve.lead)
    assert states(reserve) == (C.AWARDED, L.AWARDED)
    with on(date(2026, 7, 3)):
        perform(AwardDecisionFlow, reserve.decision, "release_reserves", by=reserve.lead)
    assert states(reserve) == (C.UNSOLVED, L.FINISHED)
    assert not Bid.objects.filter(challenge=reserve.challenge, state=Bid.State.RESERVE).exists()


def test_the_end_is_on_record_as_a_consequence_of_the_project_that_ended_last(two):
    from workflows.models import AuditEntry

    for project in two.projects:
        end(two, project)
    entry = AuditEntry.objects.get(
        object_type="projects.challenge", object_id=str(two.challenge.pk), to_state="UNSOLVED"
    )
    assert entry.payload["caused_by"] == f"projects.project:{two.projects[1].pk}"
    assert entry.role == "SYSTEM"
