"""What random stories have found, each told once more by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.db import transaction

from projects.models import Race
from tests import delivery_factories as f
from workflows.acceptance_conditions import PanelField
from workflows.engine import perform
from workflows.milestone import MilestoneFlow
from workflows.project import ProjectFlow
from workflows.race import RaceFlow
from workflows.refused import Refused
from workflows.score_sheet import PointsField
from workflows.tranche import TrancheFlow

pytestmark = pytest.mark.django_db
DAY = date(2027, 7, 2)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    """A race of two lanes on its first leg, with the evidence of both."""
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2)
    for lane in race.lanes.all():
        f.store_file(lane.project.milestones.get(no=1), "TEST_REPORT", lane.project.pi)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> Iterator[f.World]:
    with transaction.atomic():
        yield f.fresh(w_base)
        transaction.set_rollback(True)


def test_a_race_that_all_lanes_have_left_while_checked_is_ended_not_decided(w: f.World) -> None:
    for lane in w.race.lanes.order_by("no"):
        f.report(w, lane.project.milestones.get(no=1), 40, 20, day=DAY)
    with f.on(DAY):
        perform(RaceFlow, w.race, "begin_check", by=w.officer)
        for project in w.projects:
            perform(ProjectFlow, project, "revoke", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="宣布无优胜"):
            perform(RaceFlow, w.race, "decide", by=w.lead)
        perform(RaceFlow, w.race, "end_without_winner", by=w.lead, reason=f.REASON)
    assert w.race.state == Race.State.NO_WINNER


def test_money_that_no_column_can_hold_is_refused_at_its_field(w: f.World) -> None:
    milestone = w.projects[0].milestones.get(no=1)
    inputs = {**f.report_inputs(milestone, (40, 20)), "spent_yuan": 10**30}
    with f.on(DAY), pytest.raises(Refused) as refusal:
        perform(MilestoneFlow, milestone, "report", by=milestone.project.pi, **inputs)
    assert set(refusal.value.fields) == {"spent_yuan"}


@pytest.mark.parametrize("given", [20260615, True, 3.5, ["2026-06-15"]])
def test_a_number_where_a_day_belongs_is_refused_at_its_field(w: f.World, given: object) -> None:
    tranche = w.projects[0].tranches.get(no=1)
    with f.on(DAY):
        perform(TrancheFlow, tranche, "request", by=w.officer)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
        with pytest.raises(Refused) as refusal:
            perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=given)
    assert set(refusal.value.fields) == {"paid_on"}


@pytest.mark.parametrize("given", ["1e400", "-1e400", "9" * 400, "1e999999"])
def test_points_beyond_all_floats_are_refused(given: str) -> None:
    field = PointsField(min_value=0, max_value=20, max_digits=4, decimal_places=1, step_size=Decimal("0.5"))
    with pytest.raises(forms.ValidationError):
        field.clean(given)


def test_a_panel_has_no_letter_that_cannot_be_stored() -> None:
    with pytest.raises(forms.ValidationError):
        PanelField().clean("\n".join(f"专家{name} 第\x00大学" for name in "甲乙丙丁戊"))
