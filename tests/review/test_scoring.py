"""Aggregation rules of domain 3.2 with their vectors, fallbacks and what they disclose."""

from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.scoring import (
    AggregationRule,
    Criterion,
    aggregate,
    aggregate_with_note,
    heaviest_criterion,
    weighted_total,
)

D = Decimal
FIVE = [D(88), D(90), D(85), D(99), D(60)]
totals = st.integers(0, 200).map(lambda halves: D(halves) / 2)
panels = st.lists(totals, min_size=1, max_size=9)
PLAIN_RULES = [AggregationRule.MEAN, AggregationRule.TRIM1, AggregationRule.MEDIAN]
CRITERIA = [
    Criterion("GOAL", "目标与榜题一致性", 20),
    Criterion("ROUTE", "技术路线先进性与可行性", 25),
    Criterion("MILESTONES", "任务分解与里程碑合理性", 15),
    Criterion("TEAM", "团队与条件", 20),
    Criterion("BUDGET", "经费预算合理性", 10),
    Criterion("BENEFIT", "预期效益与应用前景", 10),
    Criterion("VETO", "一票否决", 0, veto=True),
]
SHEET = {
    "GOAL": D("17.5"),
    "ROUTE": D(22),
    "MILESTONES": D("12.5"),
    "TEAM": D(18),
    "BUDGET": D(8),
    "BENEFIT": D("8.5"),
}


def five_bids(*first_five):
    return [D(v) for v in first_five]


@pytest.mark.parametrize(("rule", "value"), [("mean", "84.40"), ("trim1", "87.67"), ("median", "88.00")])
def test_the_panel_of_five_in_the_rule_book(rule, value):
    result = aggregate_with_note(FIVE, rule)
    assert str(result.value) == value
    assert (result.rule_applied, result.n) == (rule, 5)
    assert (str(result.spread), str(result.sample_sd)) == ("39.00", "14.60")


def test_two_scores_are_averaged_and_the_notice_says_that_nothing_was_dropped():
    result = aggregate_with_note([D(81), D(83)], "trim1")
    assert str(result.value) == "82.00"
    assert result.rule_applied == AggregationRule.MEAN
    assert result.note == "专家不足 5 人，不去掉最高分和最低分，取 2 位专家总分的算术平均。"


@pytest.mark.parametrize(("scores", "value"), [([60, 80, 85], "80.00"), ([60, 80, 85, 99], "82.50")])
def test_three_or_four_scores_are_not_trimmed_but_give_their_median(scores, value):
    result = aggregate_with_note([D(s) for s in scores], AggregationRule.TRIM1)
    assert str(result.value) == value
    assert result.rule_applied == AggregationRule.MEDIAN
    assert result.note.startswith("专家不足 5 人，不去掉最高分和最低分，取")


def test_trimming_drops_one_instance_only_of_each_extreme():
    result = aggregate_with_note([D(90), D(90), D(70), D(60), D(60)], "trim1")
    assert str(result.value) == "73.33"
    assert result.note == "去掉一个最高分 90.00 和一个最低分 60.00，取其余 3 个总分的算术平均。"


def test_a_median_of_two_is_a_mean_and_says_so():
    result = aggregate_with_note([D(80), D(85)], "median")
    assert (str(result.value), result.rule_applied) == ("82.50", AggregationRule.MEAN)
    assert "专家不足 3 人" in result.note


def test_a_single_score_has_no_deviation():
    result = aggregate_with_note([D("77.5")], "mean")
    assert (str(result.value), result.sample_sd, str(result.spread)) == ("77.50", None, "0.00")


def test_two_scores_have_a_sample_deviation():
    assert str(aggregate_with_note([D(81), D(83)], "mean").sample_sd) == "1.41"


def test_halves_are_rounded_up():
    eight = [D("80.5"), *[D(80)] * 99]  # mean 80.005
    assert str(aggregate(eight, "mean")) == "80.01"


def test_the_callers_decimal_context_cannot_change_a_score():
    with localcontext(Context(prec=3, rounding=ROUND_DOWN)):
        assert str(aggregate(FIVE, "trim1")) == "87.67"
        assert str(weighted_total(SHEET, CRITERIA)) == "86.50"


def test_grouped_means_are_weighted_by_class():
    scores, classes = [D(90), D(80), D(70), D(60)], ["技术", "技术", "财务", "管理"]
    result = aggregate_with_note(
        scores, "grouped", groups=classes, weights={"技术": D(70), "财务": D(15), "管理": D(15)}
    )
    assert str(result.value) == "79.00"  # 85×0.70 + 70×0.15 + 60×0.15
    assert result.note == "按专家类别先求平均再加权：技术 85.00×70%，财务 70.00×15%，管理 60.00×15%。"


def test_without_an_expert_of_some_class_the_mean_is_taken_and_the_notice_says_so():
    result = aggregate_with_note(
        [D(80), D(90)], "grouped", groups=["技术", "技术"], weights={"技术": D(70), "财务": D(30)}
    )
    assert (str(result.value), result.rule_applied) == ("85.00", AggregationRule.MEAN)
    assert result.note == "财务类别没有专家评分，不按类别加权，取 2 位专家总分的算术平均。"


def test_thirds_of_two_classes_that_make_a_half_are_rounded_up():
    classes = ["技术"] * 3 + ["财务"] * 3
    scores = [D(80), D(80), D("80.5"), D(80), D(80), D(81)]  # (240.5×35 + 241×65)/300 = 80.275
    assert str(aggregate(scores, "grouped", groups=classes, weights={"技术": D(35), "财务": D(65)})) == "80.28"


@pytest.mark.parametrize(
    ("classes", "weights", "fault"),
    [
        (None, {"技术": D(100)}, "one class per score"),
        (["技术"], {"技术": D(100)}, "one class per score"),
        (["技术", "技术"], None, "one class per score"),
        (["技术", "财务"], {"技术": D(100)}, "not so for: 财务"),
        (["技术", "财务"], {"技术": D(70), "财务": D(15)}, "must sum to 100, not 85"),
        (["技术", "财务"], {"技术": 70.0, "财务": 30.0}, "must be a Decimal, not float"),
    ],
)
def test_grouped_refuses_classes_and_weights_that_do_not_fit(classes, weights, fault):
    with pytest.raises(ValueError, match=fault):
        aggregate([D(80), D(90)], "grouped", groups=classes, weights=weights)


def test_normalised_scores_remove_an_experts_severity():
    mild, strict = five_bids(90, 85, 80, 95, 70), five_bids(70, 65, 60, 75, 50)
    results = [aggregate_with_note([mild[i], strict[i]], "norm", series=[mild, strict]) for i in range(5)]
    # Both experts see the same order and spread, so only the common level (74) remains.
    assert [str(r.value) for r in results] == ["80.00", "75.00", "70.00", "85.00", "60.00"]
    assert results[0].rule_applied == AggregationRule.NORM
    assert "5 项共同申报" in results[0].note


@pytest.mark.parametrize("series", [None, [], [[D(80)] * 4, [D(90)] * 4]])
def test_normalising_needs_five_common_bids_and_otherwise_takes_the_mean(series):
    result = aggregate_with_note([D(80), D(90)], "norm", series=series)
    assert (str(result.value), result.rule_applied) == ("85.00", AggregationRule.MEAN)
    assert result.note.startswith("共同评审的申报不足 5 项，不作标准化")


def test_an_expert_who_gave_every_bid_the_same_total_does_not_move_the_order():
    flat, other = five_bids(80, 80, 80, 80, 80), five_bids(60, 70, 80, 90, 100)
    values = [aggregate([flat[i], other[i]], "norm", series=[flat, other]) for i in range(5)]
    assert values == sorted(values)
    assert values[2] == D("80.00")


def test_a_half_that_the_root_left_a_trace_below_is_rounded_up():
    row = [D("21"), D("75.5"), D("48"), D("36.5"), D("69")]
    series = [[t + D(shift) for t in row] for shift in ("0", "0.5", "1", "1")]
    assert str(aggregate([one[0] for one in series], "norm", series=series)) == "21.63"  # exactly 21.625


def test_a_normalised_score_stays_on_the_scale():
    steep, flat = five_bids(60, 60, 60, 60, 100), five_bids(99, 99, 99, 99, 100)
    result = aggregate_with_note([D(100), D(100)], "norm", series=[steep, flat])
    assert result.value == D(100)
    assert result.note.endswith("超出 0–100 的部分按 100 计。")


@pytest.mark.parametrize(
    ("series", "fault"),
    [
        ([five_bids(80, 1, 2, 3, 4)], "one series per score"),
        ([five_bids(80, 1, 2, 3, 4), five_bids(90, 1, 2, 3, 4, 5)], "over the same bids"),
        ([five_bids(80, 1, 2, 3, 4), five_bids(91, 1, 2, 3, 4)], "must contain the score"),
        ([[80.0] * 5, [90.0] * 5], "must be a Decimal, not float"),
    ],
)
def test_normalising_refuses_series_that_do_not_fit(series, fault):
    with pytest.raises(ValueError, match=fault):
        aggregate([D(80), D(90)], "norm", series=series)


@given(st.lists(st.lists(totals, min_size=6, max_size=6), min_size=3, max_size=3), st.integers(-20, 20))
def test_a_constant_severity_never_changes_the_normalised_order(rows, shift):
    rows = [[t / 2 + 25 for t in row] for row in rows]
    severe = [[t + shift for t in rows[0]], *rows[1:]]

    def values(panel):
        return [aggregate([r[i] for r in panel], "norm", series=panel) for i in range(6)]

    before, after = values(rows), values(severe)
    if min(before + after) <= 0 or max(before + after) >= 100:
        return  # the ends of the scale cut the order off
    for i in range(6):
        for j in range(6):
            # Rounding may make or break a tie of one cent, but never swaps two bids.
            assert not (before[i] > before[j] and after[i] < after[j])


@given(panels, st.sampled_from(PLAIN_RULES), st.randoms())
def test_the_order_of_experts_does_not_matter(scores, rule, random):
    shuffled = random.sample(scores, len(scores))
    assert aggregate(scores, rule) == aggregate(shuffled, rule)


@given(panels, st.sampled_from(PLAIN_RULES))
def test_the_score_lies_between_the_lowest_and_the_highest(scores, rule):
    assert min(scores) <= aggregate(scores, rule) <= max(scores)


@given(st.lists(totals, min_size=5, max_size=9), totals)
def test_one_extreme_expert_cannot_leave_the_range_of_the_others_when_trimmed(scores, extreme):
    assert min(scores) <= aggregate([*scores, extreme], "trim1") <= max(scores)


@given(panels)
def test_a_uniform_weighting_of_one_class_is_the_mean(scores):
    grouped = aggregate(scores, "grouped", groups=["技术"] * len(scores), weights={"技术": D(100)})
    assert grouped == aggregate(scores, "mean")


@pytest.mark.parametrize(
    ("scores", "fault"),
    [
        ([D(80), 81.5], "not float 81.5"),
        ([D(80), 81], "not int 81"),
        ([D(80), "81"], "not str"),
        ([D(80), None], "not NoneType"),
        ([D(80), D("NaN")], "between 0 and 100"),
        ([D(80), D("Infinity")], "between 0 and 100"),
        ([D(80), D("-0.5")], "between 0 and 100"),
        ([D(80), D("100.5")], "between 0 and 100"),
        ([], "there are no scores"),
    ],
)
def test_anything_but_decimals_on_the_scale_is_refused(scores, fault):
    with pytest.raises(ValueError, match=fault):
        aggregate(scores, "mean")


def test_an_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown aggregation rule 'best'; known are mean, trim1"):
        aggregate(FIVE, "best")


def test_a_total_is_the_sum_of_all_criteria():
    assert str(weighted_total(SHEET, CRITERIA)) == "86.50"
    assert str(weighted_total({**SHEET, "VETO": D(0)}, CRITERIA)) == "86.50"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ROUTE": D("25.5")}, "“技术路线先进性与可行性”应在 0 至 25 分之间，现为 25.5"),
        ({"ROUTE": D(-1)}, "应在 0 至 25 分之间"),
        ({"ROUTE": D("NaN")}, "应在 0 至 25 分之间"),
        ({"ROUTE": D("20.25")}, "以 0.5 分为一档，现为 20.25"),
        ({"ROUTE": 20.5}, "must be a Decimal, not float"),
        ({"ROUTE": 20}, "must be a Decimal, not int"),
        ({"VETO": D("0.5")}, "“一票否决”应在 0 至 0 分之间"),
        ({"LOOKS": D(5)}, "评分表中没有这些指标：LOOKS"),
    ],
)
def test_a_criterion_score_that_breaks_the_sheet_is_refused_by_name(change, fault):
    with pytest.raises(ValueError, match=fault):
        weighted_total({**SHEET, **change}, CRITERIA)


def test_a_missing_criterion_is_named():
    sheet = {code: v for code, v in SHEET.items() if code not in ("TEAM", "BUDGET")}
    with pytest.raises(ValueError, match="还有指标未评分：团队与条件、经费预算合理性"):
        weighted_total(sheet, CRITERIA)


def test_criteria_that_do_not_add_up_to_a_hundred_are_refused():
    with pytest.raises(ValueError, match="合计应为 100，现为 90"):
        weighted_total(SHEET, CRITERIA[:-2])


def test_the_heaviest_criterion_is_the_first_of_the_largest():
    assert heaviest_criterion(CRITERIA).code == "ROUTE"
    assert heaviest_criterion([Criterion("A", "甲", 50), Criterion("B", "乙", 50)]).code == "A"
    with pytest.raises(ValueError, match="no criteria"):
        heaviest_criterion([])
