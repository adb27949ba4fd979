"""Tranches of an award: every yuan is paid once (domain 4.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.payment_plan import PAYMENT_PLANS, Release, split_tranches


@st.composite
def splits(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 99), max_size=6)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]


def test_a_round_sum_is_split_by_its_percents():
    assert split_tranches(5_000_000, (40, 40, 20)) == [2_000_000, 2_000_000, 1_000_000]


def test_tranches_are_rounded_down_and_the_last_takes_the_remainder():
    assert split_tranches(1_000_001, (30, 30, 30, 10)) == [300_000, 300_000, 300_000, 100_001]
    assert split_tranches(7, (33, 33, 34)) == [2, 2, 3]
    assert split_tranches(0, (60, 40)) == [0, 0]


@given(st.integers(0, 10**12), splits())
def test_the_sum_is_the_award_to_the_yuan(total, percents):
    parts = split_tranches(total, percents)
    assert sum(parts) == total
    assert all(0 <= part <= total for part in parts)
    for part, percent in zip(parts[:-1], percents[:-1], strict=True):
        assert part * 100 <= total * percent < (part + 1) * 100
    assert 0 <= parts[-1] - total * percents[-1] // 100 < len(parts)


@pytest.mark.parametrize("total", [-1, 1.5, "100", True, None])
def test_a_total_that_is_no_whole_yuan_is_refused(total):
    with pytest.raises(ValueError, match="whole number of yuan"):
        split_tranches(total, (100,))


@pytest.mark.parametrize(
    ("percents", "fault"),
    [
        ((), "sum to 100, not 0"),
        ((40, 40), "sum to 100, not 80"),
        ((60, 60), "sum to 100, not 120"),
        ((120, -20), "from 0 up"),
        ((50.0, 50), "whole numbers"),
        ((50, 50, 0), "last percent must not be 0"),
    ],
)
def test_percents_that_do_not_make_a_plan_are_refused(percents, fault):
    with pytest.raises(ValueError, match=fault):
        split_tranches(1_000, percents)


@pytest.mark.parametrize("plan", PAYMENT_PLANS.values(), ids=lambda plan: plan.code)
def test_a_preset_pays_the_whole_and_binds_every_later_tranche_to_work_done(plan):
    assert sum(split_tranches(9_999_999, plan.percents)) == 9_999_999
    assert all(release is not Release.CONTRACT for _, release in plan.tranches[1:])


def test_the_presets_are_those_of_the_rule_book():
    assert {code: plan.percents for code, plan in PAYMENT_PLANS.items()} == {
        "P_442": (40, 40, 20),
        "P_3331": (30, 30, 30, 10),
        "P_60_40": (60, 40),
        "P_0_100": (100,),
        "P_PRIZE": (100,),
    }
