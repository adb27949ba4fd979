"""An infeasible instance names exactly what is missing, at the least cost, and applying it helps."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from review.matching import Infeasible, relaxed, solve
from review.matching.json_files import instance_of, result_of
from tests.review import matching_verifier as verifier
from tests.review.matching_cases import case, made_up, tiny_cases

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def refusal(data: dict) -> list[dict]:
    with pytest.raises(Infeasible) as refused:
        solve(instance_of(data))
    return [relaxation.as_json() for relaxation in refused.value.relaxations]


@quick
@given(tiny_cases())
def test_the_relaxations_are_the_cheapest_and_make_it_feasible(data):
    least = verifier.least_cost(data)
    assume(least)
    with pytest.raises(Infeasible) as refused:
        solve(instance_of(data))
    assert sum(r.cost for r in refused.value.relaxations) == least
    out = result_of(solve(relaxed(instance_of(data), refused.value.relaxations)))
    given_way = verifier.ways_given(data, [tuple(pair) for pair in out["pairs"]])
    assert verifier.cost(data, given_way) == least


def test_two_bids_too_many_for_the_experts_loads():
    data = case([[0.5, 0.4]] * 4, loads={0: (0, 1), 1: (0, 1)})
    told = refusal(data)
    assert told == [
        {
            "kind": "max_load",
            "expert": f"E{j}",
            "by": 1,
            "cost": 3,
            "sentence": f"专家 E{j} 的最多承担数由 1 份增为 2 份。",
        }
        for j in range(2)
    ]


def test_a_bid_for_which_too_few_experts_are_left():
    data = case([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], demand=2, conflicts=[(0, 0), (0, 1)])
    (told,) = refusal(data)
    assert told == {
        "kind": "demand", "proposal": "P0", "by": 1, "cost": 10, "sentence": "申请 P0 的评审人数由 2 人减为 1 人。",
    }  # fmt: skip


def test_minimum_loads_that_nobody_can_fill():
    data = case([[0.5, 0.4]], loads={0: (1, 1), 1: (1, 1)})
    (told,) = refusal(data)
    assert (told["kind"], told["by"], told["cost"]) == ("min_load", 1, 1)
    assert "最少承担数由 1 份减为 0 份" in told["sentence"]


def test_a_panel_that_only_one_unit_can_fill():
    data = case([[0.5, 0.4]], demand=2, units={0: "甲", 1: "甲"})
    assert refusal(data) == [
        {"kind": "unit", "proposal": "P0", "unit": "甲", "by": 1, "cost": 4,
         "sentence": "申请 P0 允许单位“甲”派出 2 名专家（原为至多 1 名）。"}
    ]  # fmt: skip


def test_a_class_that_nobody_belongs_to():
    data = case([[0.5, 0.4]], classes={0: "技术"}, mix={0: {"财务": 1}})
    (told,) = refusal(data)
    assert (told["kind"], told["proposal"], told["expert_class"]) == ("class_mix", "P0", "财务")
    assert told["sentence"] == "申请 P0 的“财务”类专家由至少 1 人减为至少 0 人。"


def test_conflicts_never_give_way():
    data = case([[0.5]], conflicts=[(0, 0)])
    assert [r["kind"] for r in refusal(data)] == ["demand"]


def test_a_larger_instance_that_lacks_three_places_is_told_so():
    data = made_up(1, bids=40, people=24, max_load=5, min_load=0)  # 120 places, all needed
    for expert in data["experts"][:3]:
        expert["max_load"] -= 1
    told = refusal(data)
    assert sum(r["cost"] for r in told) == 9
    with pytest.raises(Infeasible) as refused:
        solve(instance_of(data))
    assert [r.as_json() for r in refused.value.relaxations] == told
    solve(relaxed(instance_of(data), refused.value.relaxations))
