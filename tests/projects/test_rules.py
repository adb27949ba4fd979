"""A programme's rules as data (domain 3.1, 3.4): what keeps a rule set from being published."""

from dataclasses import replace

import pytest

from projects.presets import PRESETS
from projects.rules import CriterionRule, Rules, StageRule

SOUND = PRESETS["OPEN_CHALLENGE"]
RACE = PRESETS["HORSE_RACE"]


@pytest.mark.parametrize("rules", PRESETS.values(), ids=PRESETS.keys())
def test_the_ready_made_rule_sets_are_sound(rules):
    assert rules.problems() == []


@pytest.mark.parametrize("rules", PRESETS.values(), ids=PRESETS.keys())
def test_a_rule_set_survives_being_stored(rules):
    assert Rules.from_data(rules.to_data()) == rules


def test_weights_sum_to_exactly_a_hundred():
    less = replace(SOUND, criteria=SOUND.criteria[1:])
    assert less.problems() == ["评审指标分值合计应为 100，现为 80"]
    assert replace(SOUND, criteria=(CriterionRule("ONE", "唯一", 100),)).problems() == []


def test_a_veto_item_has_nought_points_and_leaves_the_sum_alone():
    veto = next(c for c in SOUND.criteria if c.veto)
    assert veto.max_score == 0
    assert sum(c.max_score for c in SOUND.criteria) == 100


@pytest.mark.parametrize(
    ("seats", "sound"),
    [(1, False), (2, False), (3, True), (4, False), (5, True), (6, False), (7, True), (9, True)],
)
def test_a_panel_is_odd_and_has_three_members_at_least(seats, sound):
    rules = replace(SOUND, panel_seats={"TECHNICAL": seats}, aggregation="mean")
    assert rules.problems() == ([] if sound else [f"评审组人数应为不少于 3 的单数，现为 {seats}"])


@pytest.mark.parametrize(("seats", "sound"), [(3, False), (5, True), (7, True)])
def test_dropping_highest_and_lowest_needs_five_experts(seats, sound):
    problems = replace(SOUND, panel_seats={"TECHNICAL": seats}, aggregation="trim1").problems()
    assert problems == ([] if sound else ["去掉最高最低分的规则要求评审组不少于 5 人"])


SHARES = {"TECHNICAL": 70, "INDUSTRY": 15, "FINANCE": 15}


@pytest.mark.parametrize("aggregation", ["mean", "trim1", "median", "norm"])
def test_a_rule_without_classes_needs_no_weights(aggregation):
    assert replace(SOUND, aggregation=aggregation).problems() == []


def test_scores_can_be_weighted_by_class():
    assert replace(SOUND, aggregation="grouped", class_weights=SHARES).problems() == []


@pytest.mark.parametrize(
    ("weights", "problems"),
    [
        ({}, ["按类别加权时每类席位都要有权重，缺少 FINANCE、INDUSTRY、TECHNICAL", "类别权重合计应为 100%，现为 0%"]),
        ({"TECHNICAL": 70, "INDUSTRY": 30}, ["按类别加权时每类席位都要有权重，缺少 FINANCE"]),
        ({**SHARES, "FINANCE": 5, "MANAGEMENT": 10}, ["有权重的类别在评审组中没有席位：MANAGEMENT"]),
        ({**SHARES, "FINANCE": 20}, ["类别权重合计应为 100%，现为 105%"]),
        ({**SHARES, "TECHNICAL": 85, "FINANCE": 0}, ["类别权重应为大于 0 的整数百分比，请改正 FINANCE"]),
        ({**SHARES, "TECHNICAL": 70.0}, ["类别权重应为大于 0 的整数百分比，请改正 TECHNICAL"]),
    ],
)
def test_every_seat_type_of_the_panel_and_no_other_has_a_share_and_they_make_a_hundred(weights, problems):
    assert replace(SOUND, aggregation="grouped", class_weights=weights).problems() == problems


def test_weights_of_classes_that_the_rule_would_not_read_are_refused():
    problems = replace(SOUND, aggregation="trim1", class_weights=SHARES).problems()
    assert problems == ["类别权重（class_weights）只用于 grouped 规则，请删去或改用该规则"]


@pytest.mark.parametrize("aggregation", ["best", ""])
def test_an_aggregation_that_a_round_cannot_carry_out_is_refused_before_publication(aggregation):
    problems = replace(SOUND, aggregation=aggregation).problems()
    assert problems == ["汇总规则应为 mean、trim1、median、grouped 或 norm，现为 %s" % (aggregation or "空")]


def test_publicity_lasts_five_working_days_at_least():
    assert replace(SOUND, publicity_wd=4).problems() == ["拟立项公示不得少于 5 个工作日"]


def test_tranches_sum_to_a_hundred_per_cent():
    assert replace(SOUND, payment_plan=(40, 40)).problems() == ["拨付比例合计应为 100%，现为 80%"]


def test_a_race_has_a_stage_and_as_many_lanes_as_went_on():
    assert replace(RACE, race_stages=()).problems() == ["赛马制至少要有一个阶段"]
    odd = (StageRule(12, 3, 1_000_000, keep=2), StageRule(12, 1, 1_000_000))
    assert replace(RACE, race_stages=odd).problems() == ["上一阶段晋级 2 家，下一阶段却有 1 条赛道"]


def test_all_problems_are_named_at_once():
    assert len(replace(SOUND, publicity_wd=3, payment_plan=(50,), criteria=()).problems()) == 3


def test_an_unknown_rule_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown rule: best_of"):
        Rules.from_data({"best_of": 3})


def test_a_rule_that_an_older_set_does_not_name_has_its_default():
    rules = Rules.from_data({})
    assert (rules.preview_days, rules.pass_score, rules.reserve_count, rules.max_partners) == (5, 75, 1, 4)
    assert rules.panel_seats == {"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1}
