"""Pages ask every machine what each person may do: in any state, for anybody, without an error."""

from typing import Any

import pytest

from accounts.models import User
from projects.models import (
    Acceptance,
    Certificate,
    Milestone,
    Objection,
    PublicNotice,
    Race,
    RaceLane,
    Tranche,
)
from tests import delivery_factories as f
from workflows.actions import actions_for, next_step
from workflows.objection import file_objection
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db


def everybody(w: f.World) -> list[User]:
    staff = [w.officer, w.second_officer, w.lead, w.finance, w.supervisor, w.rec_user, w.dem_user]
    return [*staff, *(t.pi for t in w.teams), *(t.admin for t in w.teams)]


def everything(w: f.World) -> list[Any]:
    found: list[Any] = [w.decision, *w.projects]
    for model in (PublicNotice, Objection, Milestone, Tranche, Race, RaceLane, Acceptance, Certificate):
        found += model.objects.all()
    return found


def look(w: f.World) -> set[str]:
    seen = set()
    for record in everything(w):
        next_step(record, w.officer)
        for person in everybody(w):
            for action in actions_for(record, person):
                action.form_class().as_p()
                seen.add(f"{action.flow}.{action.slug}")
    return seen


def test_of_a_race_in_every_phase() -> None:
    w = f.world(f.RACE_21)
    f.race_decision(w, 2)
    seen = look(w)
    f.noticed_decision(w)
    with f.on(f.NOTICED):
        file_objection(
            w.notice, by=SYSTEM, author_name="李某", author_contact="济南", grounds="与既有项目重复立项的情况"
        )
        seen |= look(w)
        Objection.objects.all()
    assert {"award.submit_to_joint_meeting", "award.change_row", "objection.register"} <= seen


def test_of_projects_from_signature_to_acceptance() -> None:
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2)
    seen = look(w)
    f.check_stage(w, race, {1: (40, 20), 2: (40, 20)}, {1: "90", 2: "80"}, day=race.stages.get(no=1).ends_on)
    seen |= look(w)
    assert {
        "milestone.report",
        "tranche.request",
        "race.redo_check",
        "certificate.issue",
        "project.suspend",
    } <= seen


def test_of_an_acceptance() -> None:
    w = f.world()
    project = f.active_project(w)
    f.passed_milestone(w, project.milestones.get(), day=project.milestones.get().due_on)
    f.signed_acceptance(w, project, day=project.ends_on)
    assert "acceptance.approve" in look(w)
