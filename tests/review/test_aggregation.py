"""A round is scored by one rule as a whole (domain 3.2): the decision and every page read the same figures."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.scoring import AggregationRule, aggregate
from review.scoring.aggregation import aggregate_round

D = Decimal
totals = st.integers(0, 200).map(lambda halves: D(halves) / 2)
CLASSES = {"E01": "技术", "E02": "技术", "E03": "财务"}
WEIGHTS = {"技术": 70, "财务": 30}


def row(*values):
    return {f"b{n}": D(str(value)) for n, value in enumerate(values, start=1) if value is not None}


@pytest.mark.parametrize("rule", ["mean", "trim1", "median"])
def test_each_bid_has_the_score_that_its_own_totals_have(rule):
    panel = {"E01": row(88, 80), "E02": row(90, 70), "E03": row(85, 75), "E04": row(99, 60), "E05": row(60, 65)}
    found = aggregate_round(panel, rule)
    assert {bid: score.value for bid, score in found.items()} == {
        bid: aggregate([panel[expert][bid] for expert in panel], rule) for bid in ("b1", "b2")
    }


def test_classes_are_weighted_bid_by_bid():
    panel = {"E01": row(90, 80), "E02": row(80, 80), "E03": row(70, None)}
    found = aggregate_round(panel, "grouped", classes=CLASSES, class_weights=WEIGHTS)
    assert (found["b1"].value, found["b1"].rule_applied) == (D("80.50"), "grouped")  # 85×0.70 + 70×0.30
    # Nobody from finance scored the second bid; that is disclosed, and does not stop the round.
    assert (found["b2"].value, found["b2"].rule_applied) == (D("80.00"), "mean")
    assert found["b2"].note.startswith("财务类别没有专家评分")


def test_an_expert_without_a_class_is_named():
    with pytest.raises(ValueError, match="no class is known for: E09"):
        aggregate_round({"E09": row(80)}, "grouped", classes=CLASSES, class_weights=WEIGHTS)


def test_a_round_of_five_common_bids_is_normalised():
    panel = {"E01": row(90, 85, 80, 95, 70), "E02": row(70, 65, 60, 75, 50)}
    found = aggregate_round(panel, "norm")
    assert [str(score.value) for score in found.values()] == ["80.00", "75.00", "70.00", "85.00", "60.00"]
    assert {score.rule_applied for score in found.values()} == {AggregationRule.NORM}


def test_below_five_common_bids_the_whole_round_is_averaged():
    """Bids that are measured on two scales could not be ranked together."""
    panel = {"E01": row(90, 85, 80, 95, 70), "E02": row(70, 65, 60, 75)}
    found = aggregate_round(panel, "norm")
    assert {score.rule_applied for score in found.values()} == {AggregationRule.MEAN}
    assert all(score.note.startswith("共同评审的申报不足 5 项") for score in found.values())


def test_a_bid_that_one_expert_is_recused_from_is_judged_on_the_scale_of_the_others():
    mild, strict = row(90, 85, 80, 95, 70, 85), row(70, 65, 60, 75, 50, None)
    found = aggregate_round({"E01": mild, "E02": strict}, "norm")
    # 85 of the mild expert is worth as much as 85 and 65 of both: his being mild is no advantage.
    assert found["b6"].value == found["b2"].value == D("75.00")
    assert found["b6"].n == 1


@given(
    st.lists(st.lists(totals, min_size=5, max_size=8), min_size=2, max_size=5).filter(
        lambda p: len({*map(len, p)}) == 1
    )
)
def test_where_all_score_all_the_round_agrees_with_the_rule_for_one_bid(rows):
    panel = {f"E{n}": row(*values) for n, values in enumerate(rows)}
    found = aggregate_round(panel, "norm")
    for n, score in enumerate(found.values()):
        assert score.value == aggregate([values[n] for values in rows], "norm", series=rows)


def test_a_round_without_a_total_has_no_scores():
    assert aggregate_round({}, "norm") == {}
    assert aggregate_round({"E01": {}}, "mean") == {}
