"""A range from the challenge to the acceptance: promised inside, measured inside, never passed outside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from projects.models import Acceptance, Bid, Indicator, IndicatorResponse, Milestone
from tests import delivery_factories as f
from workflows.acceptance import AcceptanceFlow
from workflows.bid import BidFlow
from workflows.bid_conditions import no_promise_is_weaker
from workflows.engine import perform
from workflows.milestone import MilestoneFlow
from workflows.refused import Refused
from workflows.task_book import problems_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 20)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    """A project with a fourth indicator, drift, in 20～40 and at the first milestone in 10～50; 22～38 is promised."""
    with pytest.MonkeyPatch.context() as patched:
        three = f.add_indicators

        def four(challenge: object) -> None:
            three(challenge)  # type: ignore[arg-type]
            Indicator.objects.create(
                challenge=challenge, no=4, name="温漂", comparator="range", target=20, target_high=40, unit="ppm",
                check_method="第三方测试", milestone_values={"1": "10~50"},
            )  # fmt: skip

        patched.setattr(f, "add_indicators", four)
        patched.setattr(f, "IndicatorResponse", _InsideTheRange)
        w = f.world()
        f.active_project(w)
    return w


class _InsideTheRange:
    """The factories promise what is required; of a range, less."""

    class objects:
        @staticmethod
        def create(*, bid: Bid, indicator: Indicator, promised: Decimal) -> None:
            ends = (22, 38) if indicator.comparator == "range" else (promised, None)
            IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=ends[0], promised_high=ends[1])


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def first_milestone(w: f.World) -> Milestone:
    return w.projects[0].milestones.get(no=1)


def test_promise_and_targets_carry_both_ends(w: f.World) -> None:
    project = w.projects[0]
    book = project.task_books.get()
    row = next(row for row in book.indicators if row["no"] == 4)
    assert (row["target"], row["target_high"]) == ("22", "38")
    assert all("target_high" not in other for other in book.indicators if other["no"] != 4)
    assert "温漂在22～38ppm之间" in book.commitment
    node = first_milestone(w).indicators.get(indicator__no=4)
    assert (node.target, node.target_high) == (10, 50)
    assert project.bid.snapshot is not None
    assert project.bid.snapshot["responses"][3]["promised"] == "22~38"


def test_a_wider_range_in_the_task_book_is_lower(w: f.World) -> None:
    book = w.projects[0].task_books.get()
    row = book.indicators[3]
    assert problems_of(book) == []
    for ends in (("22", "39"), ("21", "38")):
        row["target"], row["target_high"] = ends
        assert problems_of(book) == ["任务书指标低于申报书承诺：温漂；请主管部门改回后再签署。"]
    row["target"], row["target_high"] = "25", "30"
    assert problems_of(book) == []
    del row["target_high"]
    assert problems_of(book) == ["任务书指标低于申报书承诺：温漂；请主管部门改回后再签署。"]


@pytest.mark.parametrize("drift", ["10", "30", "50"])
def test_inside_and_at_the_ends_it_passes(w: f.World, drift: str) -> None:
    milestone = f.report(w, first_milestone(w), 40, 20, drift, day=DAY)
    with f.on(DAY, 15):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score="85", opinion="指标达到节点要求")
    assert milestone.state == Milestone.State.PASSED


@pytest.mark.parametrize("drift", ["9.9999", "50.0001"])
def test_outside_it_does_not_pass_and_the_database_says_the_same(w: f.World, drift: str) -> None:
    milestone = f.report(w, first_milestone(w), 40, 20, drift, day=DAY)
    with f.on(DAY, 15):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
        with pytest.raises(Refused, match="温漂"):
            perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score="85", opinion="指标达到节点要求")
    with pytest.raises(DatabaseError, match="must-indicator is missed"), transaction.atomic():
        Milestone.objects.filter(pk=milestone.pk).update(state="PASSED")


def test_the_upper_end_of_a_node_never_moves_after_the_report(w: f.World) -> None:
    milestone = f.report(w, first_milestone(w), 40, 20, 30, day=DAY)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        milestone.indicators.filter(indicator__no=4).update(target_high=60)


def test_the_acceptance_measures_by_what_was_promised(w: f.World) -> None:
    project, day = w.projects[0], date(2028, 6, 12)
    with pytest.raises(Refused, match="温漂"), transaction.atomic():
        f.signed_acceptance(w, project, 120, 8, 1, "39", day=day)
    project.refresh_from_db()
    acceptance = f.signed_acceptance(w, project, 120, 8, 1, "38", day=day)
    with f.on(day, 16):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
    assert acceptance.state == Acceptance.State.RESULT_NOTICE


@pytest.mark.parametrize(("no", "value"), [(3, "0.5"), (3, "2"), (3, "-1")])
def test_done_or_not_is_measured_as_one_or_zero(w: f.World, no: int, value: str) -> None:
    project, day = w.projects[0], date(2028, 6, 12)
    with pytest.raises(Refused, match="只能填 1（达成）或 0（未达成）") as refusal:
        f.signed_acceptance(w, project, 120, 8, value, 30, day=day)
    assert list(refusal.value.fields) == [f"measured_{no}"]


def test_a_promise_outside_the_range_is_weaker(w: f.World) -> None:
    flow = BidFlow(w.projects[0].bid)
    flow.content.responses[3].promised = Decimal(19)
    result = no_promise_is_weaker(flow)
    assert not result
    assert "温漂" in str(result.message)
