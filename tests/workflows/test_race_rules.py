"""Elimination in a race: gates before rank, five rule types, ties, bounds, reasons (domain 2.8, 4.5)."""

from decimal import Decimal

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from workflows.race_rules import EliminationRule, LaneResult, Outcome, Report, RuleType, decide

D = Decimal
UP, OUT, BALLOT = Outcome.ADVANCED, Outcome.ELIMINATED, Outcome.NEEDS_BALLOT


def lane(name, score=None, **more) -> LaneResult:
    return LaneResult(name, None if score is None else D(score), **more)


def top(keep, **more) -> EliminationRule:
    return EliminationRule(RuleType.TOP_K, keep=keep, **more)


def outcomes(lanes, rule):
    return {d.lane: d.outcome for d in decide(lanes, rule).lanes}


def reason(lanes, rule, name):
    return next(d.reason for d in decide(lanes, rule).lanes if d.lane == name)


THREE = [lane("赛道1", "86.20"), lane("赛道2", "78"), lane("赛道3", "91.5")]
small = st.sampled_from([D(60), D(70), D(80)])
maybe = st.none() | small
lane_results = st.lists(
    st.builds(
        LaneResult,
        st.uuids().map(str),
        small,
        st.sampled_from(list(Report)),
        st.sampled_from([(), (), (), ("吞吐",)]),
        st.sampled_from(["", "", "", "数据造假"]),
        maybe,
        maybe,
        maybe,
        st.none() | st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda r: r.lane,
)
rules = st.builds(
    EliminationRule,
    st.sampled_from(list(RuleType)),
    keep=st.integers(1, 3),
    threshold=st.sampled_from([D(65), 75]),
    min_keep=st.integers(0, 2),
    max_keep=st.none() | st.integers(2, 4),
    affordable=st.none() | st.integers(1, 4),
)


def is_out(r: LaneResult) -> bool:
    return r.report in (Report.LATE, Report.MISSING) or bool(r.missed_gates or r.veto)


def test_the_first_stage_of_three_two_one_keeps_the_best_two():
    decision = decide(THREE, top(2))
    assert [(d.lane, d.rank, d.outcome) for d in decision.lanes] == [
        ("赛道3", 1, UP),
        ("赛道1", 2, UP),
        ("赛道2", 3, OUT),
    ]
    assert [d.reason for d in decision.lanes] == [
        "得分 91.50，第 1 名，在 2 个晋级名额之内，晋级。",
        "得分 86.20，第 2 名，在 2 个晋级名额之内，晋级。",
        "得分 78.00，第 3 名，在 2 个晋级名额之外，淘汰。",
    ]
    assert decision.advanced == ("赛道3", "赛道1")


def test_the_second_stage_wants_the_first_place_and_seventy_five_points():
    rule = EliminationRule("TOP_K_AND_THRESHOLD", keep=1, threshold=75)
    assert outcomes([lane("甲", "75"), lane("乙", "74.99")], rule) == {"甲": UP, "乙": OUT}
    strong = [lane("甲", "90"), lane("乙", "88")]
    assert reason(strong, rule, "甲").endswith("达到合格线 75 分且在 1 个晋级名额之内，晋级。")
    assert reason(strong, rule, "乙").endswith("在 1 个晋级名额之外，淘汰。")


def test_the_final_stage_asks_for_the_gates_alone_even_without_scores():
    decision = decide([lane("甲"), lane("乙", missed_gates=("节点吞吐",))], EliminationRule("GATE_ONLY"))
    assert [(d.lane, d.outcome, d.rank, d.reason) for d in decision.lanes] == [
        ("甲", UP, None, "必达指标全部达标，晋级。"),
        ("乙", OUT, None, "必达指标未达标：节点吞吐；不论名次均予淘汰。"),
    ]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ({"report": Report.MISSING}, "未提交阶段报告"),
        ({"report": Report.LATE}, "超过宽限期"),
        (
            {"missed_gates": ("单节点写入吞吐", "恢复时间")},
            "必达指标未达标：单节点写入吞吐、恢复时间；不论名次",
        ),
        ({"veto": "数据造假"}, "触发一票否决：数据造假"),
    ],
)
def test_report_gates_and_veto_come_before_any_score(finding, said):
    lanes = [lane("甲", "99", **finding), lane("乙", "61")]
    assert outcomes(lanes, top(2)) == {"甲": OUT, "乙": UP}
    assert said in reason(lanes, top(2), "甲")


def test_the_earliest_failure_in_the_order_of_computation_is_the_reason():
    everything = lane("甲", "99", report=Report.MISSING, missed_gates=("吞吐",), veto="造假")
    assert reason([everything], top(1), "甲").startswith("未提交阶段报告")
    assert reason([lane("甲", missed_gates=("吞吐",), veto="造假")], top(1), "甲").startswith("必达指标")


def test_a_report_within_the_grace_period_counts():
    assert outcomes([lane("甲", "80", report=Report.GRACE)], top(1)) == {"甲": UP}


def test_a_lane_that_missed_a_gate_needs_no_score():
    assert outcomes([lane("甲", missed_gates=("吞吐",)), lane("乙", "70")], top(1)) == {"甲": OUT, "乙": UP}


def test_a_threshold_keeps_all_who_reach_it():
    rule = EliminationRule("THRESHOLD", threshold=D("78.00"))
    assert outcomes(THREE, rule) == {"赛道1": UP, "赛道2": UP, "赛道3": UP}
    rule = EliminationRule("THRESHOLD", threshold=D("86.5"))
    assert outcomes(THREE, rule) == {"赛道1": OUT, "赛道2": OUT, "赛道3": UP}
    assert reason(THREE, rule, "赛道1") == "得分 86.20，第 2 名，低于合格线 86.5 分，淘汰。"


def test_last_place_drops_the_lowest():
    rule = EliminationRule("LAST_PLACE")
    assert outcomes(THREE, rule) == {"赛道1": UP, "赛道2": OUT, "赛道3": UP}
    assert reason(THREE, rule, "赛道2").endswith("列末位，淘汰。")
    assert reason(THREE, rule, "赛道1").endswith("未列末位，晋级。")


def test_last_place_drops_nobody_else_when_a_lane_is_already_out():
    lanes = [*THREE[:2], lane("赛道3", "99", missed_gates=("吞吐",))]
    assert outcomes(lanes, EliminationRule("LAST_PLACE")) == {"赛道1": UP, "赛道2": UP, "赛道3": OUT}


TIE_BREAKS = [
    ("must_margin", D("0.05"), D("0.10"), "必达指标富余度"),
    ("user_score", D(80), D(85), "用户评分"),
    ("technical_score", D(80), D(85), "技术指标评分"),
    ("ballot", 2, 1, "组长主持的抽签"),
]


@pytest.mark.parametrize(("step", "worse", "better", "name"), TIE_BREAKS)
def test_a_tie_is_broken_step_by_step(step, worse, better, name):
    equal = {key: low for key, low, _, _ in TIE_BREAKS[: [t[0] for t in TIE_BREAKS].index(step)]}
    # The later steps say the opposite, and are not asked.
    later = TIE_BREAKS[len(equal) + 1 :]
    lanes = [
        lane("甲", "80", **equal, **{step: worse}, **{key: high for key, _, high, _ in later}),
        lane("乙", "80", **equal, **{step: better}, **{key: low for key, low, _, _ in later}),
    ]
    assert outcomes(lanes, top(1)) == {"甲": OUT, "乙": UP}
    assert f"（同分，按{name}排序）" in reason(lanes, top(1), "甲")


def test_a_tie_that_nothing_breaks_waits_for_the_ballot():
    lanes = [lane("甲", "80"), lane("乙", "80"), lane("丙", "90")]
    decision = decide(lanes, top(2))
    assert decision.needs_ballot == ("乙", "甲")
    assert {d.lane: d.outcome for d in decision.lanes} == {"丙": UP, "乙": BALLOT, "甲": BALLOT}
    assert reason(lanes, top(2), "甲") == ("得分 80.00，第 2 名，与乙各项比较均相同而晋级名额不足，待组长主持抽签。")
    drawn = [lane("甲", "80", ballot=1), lane("乙", "80", ballot=2), lane("丙", "90")]
    assert outcomes(drawn, top(2)) == {"丙": UP, "甲": UP, "乙": OUT}


def test_a_tie_away_from_the_cut_needs_no_ballot():
    lanes = [lane("甲", "80"), lane("乙", "80"), lane("丙", "70")]
    decision = decide(lanes, top(2))
    assert decision.needs_ballot == ()
    assert decision.advanced == ("乙", "甲")


def test_after_an_equal_ballot_both_stay_if_the_money_carries_them():
    lanes = [lane("甲", "80", ballot=1), lane("乙", "80", ballot=1)]
    assert outcomes(lanes, top(1)) == {"甲": BALLOT, "乙": BALLOT}
    assert outcomes(lanes, top(1, affordable=1)) == {"甲": BALLOT, "乙": BALLOT}
    assert outcomes(lanes, top(1, affordable=2)) == {"甲": UP, "乙": UP}
    assert outcomes(lanes, top(1, affordable=2, max_keep=1)) == {"甲": BALLOT, "乙": BALLOT}
    assert reason(lanes, top(1, affordable=2), "甲").endswith("并列且经费允许，一并保留，晋级。")


def test_without_a_ballot_money_alone_does_not_keep_both():
    assert outcomes([lane("甲", "80"), lane("乙", "80")], top(1, affordable=2)) == {
        "甲": BALLOT,
        "乙": BALLOT,
    }


def test_min_keep_brings_back_the_best_below_the_line_and_says_so():
    rule = EliminationRule("THRESHOLD", threshold=95)
    assert outcomes(THREE, rule) == {"赛道3": UP, "赛道1": OUT, "赛道2": OUT}
    assert reason(THREE, rule, "赛道3") == ("得分 91.50，第 1 名，低于合格线 95 分，按至少保留 1 家的规定保留，晋级。")
    assert reason(THREE, top(1, min_keep=2), "赛道1").endswith("按至少保留 2 家的规定保留，晋级。")
    assert reason([THREE[0]], EliminationRule("LAST_PLACE"), "赛道1").endswith("按至少保留 1 家的规定保留，晋级。")


def test_when_the_lead_chose_so_the_race_may_end_without_a_winner():
    decision = decide(THREE, EliminationRule("THRESHOLD", threshold=95, min_keep=0))
    assert decision.nobody_is_left
    assert decision.advanced == ()


def test_min_keep_never_brings_back_a_lane_that_missed_a_gate():
    decision = decide([lane("甲", "99", missed_gates=("吞吐",))], top(1, min_keep=1))
    assert decision.nobody_is_left


def test_a_cap_that_all_can_keep_needs_no_scores():
    assert outcomes([lane("甲"), lane("乙")], EliminationRule("GATE_ONLY", max_keep=2)) == {
        "甲": UP,
        "乙": UP,
    }


def test_scores_of_some_lanes_alone_rank_nobody():
    decision = decide([lane("甲", "90"), lane("乙")], EliminationRule("GATE_ONLY"))
    assert {(d.rank, d.reason) for d in decision.lanes} == {(None, "必达指标全部达标，晋级。")}


def test_max_keep_caps_every_rule():
    assert outcomes(THREE, EliminationRule("GATE_ONLY", max_keep=1)) == {
        "赛道3": UP,
        "赛道1": OUT,
        "赛道2": OUT,
    }
    assert reason(THREE, top(3, max_keep=2), "赛道2").endswith("在至多保留 2 家的上限之外，淘汰。")


@given(lane_results, rules, st.randoms())
def test_the_order_of_lanes_has_no_influence(lanes, rule, random):
    assert decide(lanes, rule) == decide(random.sample(lanes, len(lanes)), rule)


@given(lane_results, rules)
def test_gates_come_before_rank_and_the_bounds_are_kept(lanes, rule):
    decision = decide(lanes, rule)
    fate = {d.lane: d for d in decision.lanes}
    assert set(fate) == {r.lane for r in lanes}
    running = [r for r in lanes if not is_out(r)]
    assert all(fate[r.lane].outcome is OUT and fate[r.lane].rank is None for r in lanes if is_out(r))
    assert all((fate[r.lane].outcome is BALLOT) == (r.lane in decision.needs_ballot) for r in lanes)
    most, least = len(running) if rule.max_keep is None else rule.max_keep, min(rule.min_keep, len(running))
    assert len(decision.advanced) <= most
    assert len(decision.advanced) + len(decision.needs_ballot) >= least
    assert all(d.reason.endswith("。") and len(d.reason) <= 300 for d in decision.lanes)


@given(lane_results, rules)
def test_no_lane_goes_on_before_one_with_a_higher_score(lanes, rule):
    fate = {d.lane: d.outcome for d in decide(lanes, rule).lanes}
    running = [r for r in lanes if not is_out(r)]
    for better in running:
        for worse in running:
            if better.score > worse.score:
                assert [UP, BALLOT, OUT].index(fate[better.lane]) <= [UP, BALLOT, OUT].index(fate[worse.lane])


@given(st.lists(st.sampled_from(["70", "80"]), min_size=2, max_size=6), rules)
def test_a_ballot_always_settles_the_stage(scores, rule):
    lanes = [lane(f"赛道{i}", score) for i, score in enumerate(scores)]
    first = decide(lanes, rule)
    event(f"needs a ballot: {bool(first.needs_ballot)}")
    drawn = {name: place for place, name in enumerate(first.needs_ballot, start=1)}
    again = [LaneResult(**{**vars(r), "ballot": drawn[r.lane]}) if r.lane in drawn else r for r in lanes]
    second = decide(again, rule)
    assert second.needs_ballot == ()
    before, after = ({d.lane: d.outcome for d in x.lanes} for x in (first, second))
    assert all(after[name] == fate for name, fate in before.items() if name not in drawn)


def test_a_long_list_of_missed_gates_still_fits_the_notice():
    names = tuple(f"第{i}项技术指标的名称写得非常长以至于很难放进一条通知里" for i in range(20))
    said = reason([lane("甲", missed_gates=names)], top(1), "甲")
    assert len(said) < 250
    assert " 等 20 项" in said


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"type": "BEST"}, "unknown elimination rule 'BEST'"),
        ({"type": "TOP_K"}, "needs keep"),
        ({"type": "TOP_K", "keep": 0}, "needs keep"),
        ({"type": "THRESHOLD"}, "needs a threshold"),
        ({"type": "THRESHOLD", "threshold": 75.0}, "needs a threshold as Decimal or int"),
        ({"type": "THRESHOLD", "threshold": 101}, "between 0 and 100"),
        ({"type": "GATE_ONLY", "min_keep": -1}, "min_keep"),
        ({"type": "GATE_ONLY", "min_keep": 3, "max_keep": 2}, "max_keep"),
        ({"type": "GATE_ONLY", "min_keep": 0, "max_keep": 0}, "at least 1"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(arguments, fault):
    with pytest.raises(ValueError, match=fault):
        EliminationRule(**arguments)


@pytest.mark.parametrize(
    ("lanes", "rule", "fault"),
    [
        ([], top(1), "at least one lane"),
        ([lane("甲", "80"), lane("甲", "70")], top(1), "named once"),
        ([lane("甲", "80"), lane("乙")], top(1), "no score for 乙"),
        ([lane("甲"), lane("乙")], EliminationRule("GATE_ONLY", max_keep=1), "no score for 甲, 乙"),
        ([LaneResult("甲", 80.0)], top(1), "not float"),
        ([lane("甲", "80", user_score=80.0)], top(1), "not float"),
        ([lane("甲", "80", must_margin=0.1)], top(1), "margin must be a Decimal"),
        ([lane("甲", "100.5")], top(1), "between 0 and 100"),
    ],
)
def test_results_that_cannot_be_decided_are_refused(lanes, rule, fault):
    with pytest.raises(ValueError, match=fault):
        decide(lanes, rule)
