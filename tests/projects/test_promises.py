"""Targets and promises of every comparator, from the form and from a program: a sentence, never a crash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from config.templatetags.jiebang import number, shown_target
from projects.bid_editing import BidChanges, ResponseLine, apply_bid_changes
from projects.bid_forms import ResponseForm
from projects.forms import IndicatorForm
from projects.models import Bid, Indicator, IndicatorResponse
from projects.promises import keeps_requirement, node_values
from tests import delivery_factories as f
from workflows.bid import BidFlow
from workflows.engine import start
from workflows.refused import Refused

pytestmark = pytest.mark.django_db  # a model form asks the database about its constraints
D = Decimal
DONE = Indicator(name="示范应用", comparator="bool", target=D(1))
DRIFT = Indicator(name="温漂", comparator="range", target=D(20), target_high=D(40), unit="ppm")
FAST = Indicator(name="吞吐", comparator=">=", target=D(100))


def promise(indicator: Indicator, promised: str, high: str = "") -> ResponseForm:
    form = ResponseForm({"promised": promised, "promised_high": high}, indicator=indicator)
    form.is_valid()
    return form


@pytest.mark.parametrize("value", ["2", "0.5", "-1", "1.0001"])
def test_done_or_not_is_one_or_zero(value: str) -> None:
    assert promise(DONE, value).errors["promised"] == ["该指标只能填 1（达成）或 0（未达成）；请改为 1 或 0。"]


def test_not_done_is_weaker_than_done() -> None:
    assert "不得降低考核指标" in promise(DONE, "0").errors["promised"][0]
    assert promise(DONE, "1").is_valid()


@pytest.mark.parametrize(
    ("low", "high", "faults"),
    [
        ("20", "40", set()),
        ("25", "30", set()),
        ("", "", set()),
        ("19", "40", {"promised"}),
        ("20", "41", {"promised"}),
        ("20", "", {"promised_high"}),
        ("", "40", {"promised"}),
        ("30", "25", {"promised_high"}),
        ("x", "25", {"promised"}),
        ("25", "x", {"promised_high"}),
    ],
)
def test_a_promised_range_lies_inside_the_required_one(low: str, high: str, faults: set[str]) -> None:
    assert set(promise(DRIFT, low, high).errors) == faults


def test_only_a_range_asks_for_an_upper_end() -> None:
    assert "promised_high" in ResponseForm(indicator=DRIFT).fields
    assert "promised_high" not in ResponseForm(indicator=FAST).fields
    assert promise(FAST, "100", "200").is_valid()  # what nobody asked for is not read
    assert ResponseForm(indicator=DRIFT).fields["promised_high"].widget.attrs["aria-label"] == "温漂 承诺上限"


def test_a_stored_answer_that_cannot_be_compared_does_not_hold() -> None:
    assert not keeps_requirement(IndicatorResponse(indicator=DONE, promised=D("0.5")))
    assert not keeps_requirement(IndicatorResponse(indicator=DRIFT, promised=D(25)))
    assert not keeps_requirement(IndicatorResponse(indicator=FAST, promised=D(200), promised_high=D(300)))
    assert keeps_requirement(IndicatorResponse(indicator=DRIFT, promised=D(25), promised_high=D(30)))


# --- posting ----------------------------------------------------------------------------------------


def indicator(**values: Any) -> IndicatorForm:
    given = {"name": "指标", "comparator": ">=", "target": "1", "check_method": "第三方测试", **values}
    form = IndicatorForm(given)
    form.is_valid()
    return form


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"comparator": "range", "target": "20", "target_high": "40", "steps": "10~50/20～40"}, set()),
        ({"comparator": "range", "target": "20"}, {"target_high"}),
        ({"comparator": "range", "target": "20", "target_high": "19"}, {"target_high"}),
        ({"comparator": ">=", "target": "20", "target_high": "40"}, {"target_high"}),
        ({"comparator": "bool", "target": "2"}, {"target"}),
        ({"comparator": "bool", "target": "1", "steps": "0/1"}, set()),
        ({"comparator": "bool", "target": "1", "steps": "0.5/1"}, {"steps"}),
        ({"comparator": "range", "target": "20", "target_high": "40", "steps": "30/40"}, {"steps"}),
        ({"steps": "10~50"}, {"steps"}),
        ({"steps": "30/NaN"}, {"steps"}),
        ({"steps": "1e30"}, {"steps"}),
        ({"steps": "1e999999999"}, {"steps"}),
        ({"steps": "0.00001"}, {"steps"}),
        ({"steps": "1e-999999999"}, {"steps"}),
        ({"steps": "0/-30/999999999999.9999"}, set()),
        ({"steps": "1~2~3"}, {"steps"}),
    ],
)
def test_a_target_fits_its_comparator(values: dict[str, str], faults: set[str]) -> None:
    assert set(indicator(**values).errors) == faults


def test_ranges_at_the_milestones_are_stored_in_one_form() -> None:
    form = indicator(comparator="range", target="20", target_high="40", steps=" 10.50 ~ 50／20～40 ")
    assert form.cleaned_data["steps"] == {"1": "10.5~50", "2": "20~40"}


@pytest.mark.parametrize("no", ["0", "21", "x", "-1", "", "１"])
def test_a_milestone_has_a_number(no: str) -> None:
    with pytest.raises(ValueError, match="1 至 20"):
        node_values(">=", {no: "30"})


def test_a_range_is_shown_with_both_ends() -> None:
    assert shown_target(DRIFT) == "20～40 ppm"
    assert shown_target(DRIFT, IndicatorResponse(promised=D("25.5000"), promised_high=D(30))) == "25.5～30 ppm"
    assert shown_target({"comparator": "range", "target": "1", "target_high": "2", "unit": ""}) == "1～2"
    assert shown_target(FAST, IndicatorResponse(promised=D(120))) == "≥ 120"
    assert number("10.50~50") == "10.5～50"


# --- the database, and a program ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"comparator": "range", "target": 20}, "indicator_range_has_two_ends"),
        ({"comparator": "range", "target": 20, "target_high": 19}, "indicator_range_has_two_ends"),
        ({"comparator": ">=", "target": 20, "target_high": 40}, "indicator_range_has_two_ends"),
        ({"comparator": "bool", "target": "0.5"}, "indicator_done_is_one_or_zero"),
    ],
)
def test_the_database_refuses_what_cannot_be_compared(values: dict[str, Any], constraint: str) -> None:
    challenge = f.published_list(f.world()).challenges.get()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Indicator.objects.create(challenge=challenge, no=9, name="指标", **values)


def test_a_program_that_answers_in_another_kind_is_told_so() -> None:
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    team = f.team(w)
    done = challenge.indicators.get(comparator="bool")
    with f.on(f.BID_CLOSE, 9):
        bid = start(
            BidFlow, Bid(challenge=challenge, organisation=team.organisation, pi=team.pi, title="题"), by=team.pi
        )
        for line, field in (
            (ResponseLine(done, D("0.5")), "responses.0.promised"),
            (ResponseLine(done, D(1), promised_high=D(1)), "responses.0.promised_high"),
        ):
            with pytest.raises(Refused) as refusal:
                apply_bid_changes(bid, BidChanges(responses=[line]), by=team.pi)
            assert list(refusal.value.fields) == [field]
        apply_bid_changes(bid, BidChanges(responses=[ResponseLine(done, D(0))]), by=team.pi)
    assert bid.responses.get().promised == 0  # a draft may be weak; it is not handed in so
