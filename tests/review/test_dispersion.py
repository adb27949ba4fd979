"""Dispersion flags D1–D4 and D8 of domain 3.7, with the vectors given there."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.scoring import dispersion_flags, expert_bias, flat_scorers, is_split, outliers, wide_range
from review.scoring.dispersion import modified_z
from review.scoring.points import half_up, median

D = Decimal


def scores(*values):
    return [D(str(v)) for v in values]


def row(*values):
    return {f"b{i}": v for i, v in enumerate(scores(*values), start=1)}


def test_the_panel_of_the_rule_book_flags_sixty_and_not_ninety_nine():
    panel = scores(88, 90, 85, 99, 60)
    assert outliers(panel) == [4]
    z = [str(half_up(value)) for value in modified_z(panel)]
    assert (z[4], z[3]) == ("-6.30", "2.47")


@pytest.mark.parametrize(("panel", "flagged"), [((80, 80, 80, 70), [3]), ((80, 80, 80, 70.5), [])])
def test_with_no_deviation_in_the_middle_ten_points_count_as_an_outlier(panel, flagged):
    assert modified_z(scores(*panel)) is None
    assert outliers(scores(*panel)) == flagged


@given(st.lists(st.integers(0, 200).map(lambda n: D(n) / 2), min_size=1, max_size=9))
def test_the_middle_of_a_panel_is_never_an_outlier(panel):
    assert median(panel) not in [panel[i] for i in outliers(panel)]


@pytest.mark.parametrize(("panel", "wide"), [((60, 80), True), ((60.5, 80), False), ((75,), False)])
def test_twenty_points_between_highest_and_lowest_are_wide(panel, wide):
    assert wide_range(scores(*panel)) is wide


def test_an_expert_twelve_points_off_the_panel_is_biased():
    panel = {"E01": row(80, 80), "E02": row(80, 80), "E03": row(62, 62)}  # panel mean 74
    assert expert_bias(panel) == {"E03": D("-12.00")}
    assert expert_bias({**panel, "E03": row(62.5, 62.5)}) == {}


def test_an_expert_recused_from_a_weak_bid_is_not_taken_for_lenient():
    panel = {"E01": row(90, 40), "E02": row(90, 40), "E03": row(90)}
    assert expert_bias(panel) == {}


def test_the_same_total_for_four_of_five_bids_is_flat():
    panel = {"E01": row(80, 80, 80, 80, 95), "E02": row(80, 80, 80, 90, 95), "E03": row(80, 80, 80, 80)}
    assert flat_scorers(panel) == ["E01"]


def test_a_deviation_below_one_point_is_flat():
    panel = {"E01": row(80, 80.5, 81, 81.5, 82), "E02": row(80, 81, 82, 83, 84)}
    assert flat_scorers(panel) == ["E01"]


@pytest.mark.parametrize(
    ("opinions", "split"),
    [
        (["STRONG", "STRONG", "REJECT", "REJECT", "RESERVE"], True),
        (["STRONG", "STRONG", "REJECT", "RESERVE"], False),
        ([], False),
    ],
)
def test_two_for_and_two_against_split_the_panel(opinions, split):
    assert is_split(opinions) is split


def test_all_flags_of_a_round_name_whom_they_concern():
    panel = {
        "E01": row(88, 80, 80, 80, 80),
        "E02": row(90, 82, 81, 75, 70),
        "E03": row(85, 81, 83, 77, 72),
        "E04": row(99, 83, 82, 76, 71),
        "E05": row(60, 60, 62, 55, 50),
    }
    flags = dispersion_flags(panel, {"b1": ["STRONG", "STRONG", "REJECT", "REJECT"]})
    found = {(f.code, f.bid, f.expert) for f in flags}
    assert {("D1", "b1", None), ("D2", "b1", "E05"), ("D8", "b1", None)} <= found
    assert {("D3", None, "E05"), ("D4", None, "E01")} <= found
    assert not {f for f in found if f[2] in ("E02", "E03", "E04")}
    said = {(f.code, f.bid or f.expert): f.message for f in flags}
    assert said["D1", "b1"] == "最高分与最低分相差 39.00 分，达到 20 分。"
    assert said["D2", "b1"] == "总分 60.00 明显偏离中位数 88.00，请专家确认或说明。"
    assert said["D3", "E05"] == "平均分低于评审组 18.68 分，达到 12 分。"


def test_a_lenient_expert_is_told_apart_from_a_severe_one():
    flags = dispersion_flags({"E01": row(60, 60), "E02": row(60, 60), "E03": row(78, 78)})
    assert [f.message for f in flags if f.code == "D3"] == ["平均分高于评审组 12.00 分，达到 12 分。"]


def test_a_calm_round_has_no_flags():
    assert dispersion_flags({"E01": row(80, 85), "E02": row(82, 84), "E03": row(81, 88)}) == []


def test_floats_are_refused():
    for call in (wide_range, outliers):
        with pytest.raises(ValueError, match="not float"):
            call([80.0, D(81)])
    for call in (expert_bias, dispersion_flags, flat_scorers):
        with pytest.raises(ValueError, match="not float"):
            call({"E01": dict.fromkeys("abcde", 80.0)})
