"""After declines only what must move moves, and every pair of an answer can be explained."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from review.matching import Infeasible, Match, explain, repair, solve
from review.matching.json_files import instance_of
from tests.review import matching_verifier as verifier
from tests.review.matching_cases import case, made_up, tiny_cases

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def after_declines(data: dict, gone: list[tuple[str, str]]) -> dict:
    """The instance as the verifier sees it: gone pairs forbidden, their experts' minima lowered."""
    experts = [
        {**e, "min_load": max(0, e["min_load"] - sum(expert == e["id"] for _bid, expert in gone))}
        for e in data["experts"]
    ]
    return {**data, "experts": experts, "conflicts": [*data["conflicts"], *map(list, gone)]}


@quick
@given(tiny_cases(), st.data())
def test_no_completion_moves_fewer_standing_pairs_and_none_of_those_is_worth_more(data, chance):
    standing = chance.draw(st.sampled_from(verifier.permitted(data) or [()]))
    assume(standing)
    gone = chance.draw(st.lists(st.sampled_from(standing), min_size=1, max_size=2, unique=True))
    later = after_declines(data, gone)
    still = set(standing) - set(gone)

    def value(pairs) -> tuple[int, int]:
        return len(still & set(pairs)), verifier.total(data, pairs)

    possible = verifier.permitted(later)
    if not possible:
        with pytest.raises(Infeasible):
            repair(instance_of(data), standing, gone_pairs=gone)
        return
    repaired = repair(instance_of(data), standing, gone_pairs=gone)
    assert verifier.ways_given(later, repaired.pairs) == {}
    assert set(repaired.pairs) <= verifier.allowed(later)
    assert value(repaired.pairs) == max(value(pairs) for pairs in possible)
    assert set(repaired.moved) == still - set(repaired.pairs)
    assert set(repaired.added) == set(repaired.pairs) - still
    assert set(repaired.reasons) == {*repaired.moved, *repaired.added}


@pytest.mark.parametrize("seed", range(3))
def test_an_expert_who_drops_out_is_replaced_and_nobody_else_moves(seed):
    data = made_up(seed)
    match = solve(instance_of(data))
    gone = match.pairs[0][1]
    lost = [pair for pair in match.pairs if pair[1] == gone]
    repaired = repair(instance_of(data), match.pairs, gone_experts=[gone])
    assert repaired.moved == ()
    assert len(repaired.added) == len(lost)
    assert gone not in {expert for _bid, expert in repaired.pairs}
    assert set(match.pairs) - set(lost) <= set(repaired.pairs)
    assert all("接替" in repaired.reasons[pair] and gone in repaired.reasons[pair] for pair in repaired.added)


def test_one_pair_moves_when_nobody_else_can_step_in():
    # E1 may judge both, E2 only P0. When E0 leaves P1, E1 must go there and E2 takes P0.
    data = case([[0.1, 0.9, 0.5], [0.9, 0.5, 0.1]], loads=dict.fromkeys(range(3), (0, 1)), conflicts=[(1, 2)])
    repaired = repair(instance_of(data), [("P0", "E1"), ("P1", "E0")], gone_experts=["E0"])
    assert repaired.pairs == (("P0", "E2"), ("P1", "E1"))
    assert repaired.moved == (("P0", "E1"),)
    assert repaired.reasons["P0", "E1"] == "专家 E1 由申请 P0 改评申请 P1：不移动任何人时那里无人可补。"
    assert repaired.reasons["P1", "E1"] == "专家 E1 接替 E0 评审申请 P1。"


def test_a_standing_pair_that_has_become_a_conflict_does_not_stay():
    data = case([[0.9, 0.5]], conflicts=[(0, 0)])
    assert repair(instance_of(data), [("P0", "E0")]).pairs == (("P0", "E1"),)


def test_a_repair_that_is_impossible_names_what_is_missing():
    data = case([[0.9, 0.5]], demand=2)
    with pytest.raises(Infeasible) as refused:
        repair(instance_of(data), [("P0", "E0"), ("P0", "E1")], gone_pairs=[("P0", "E1")])
    assert [(r.kind, r.proposal) for r in refused.value.relaxations] == [("demand", "P0")]


def test_who_has_gone_is_never_asked_to_take_more():
    data = case([[0.9, 0.5], [0.9, 0.5]], loads=dict.fromkeys(range(2), (0, 1)))
    with pytest.raises(Infeasible) as refused:
        repair(instance_of(data), [("P0", "E0"), ("P1", "E1")], gone_experts=["E0"])
    assert [(r.kind, r.expert) for r in refused.value.relaxations] == [("max_load", "E1")]


# --- reasons --------------------------------------------------------------------------------------------


def causes(data: dict, bid: str) -> dict[str, dict[str, str]]:
    instance = instance_of(data)
    return {r.expert: {p.expert: p.cause for p in r.passed} for r in explain(instance, solve(instance), bid)}


def test_a_reason_tells_rank_and_every_better_expert_with_the_obstacle():
    data = case(
        [[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]],
        demand=[2, 0],
        units={2: "甲", 3: "乙", 4: "乙"},
        own={0: "甲"},
        conflicts=[(0, 1)],
        loads={0: (0, 0)},
    )
    instance = instance_of(data)
    first, second = explain(instance, solve(instance), "P0")
    assert (first.expert, first.rank, first.eligible) == ("E3", 2, 4)
    assert {p.expert: p.cause for p in first.passed} == {"E0": "FULL", "E1": "CONFLICT", "E2": "OWN_UNIT"}
    assert (second.expert, second.rank) == ("E5", 4)
    assert {p.expert: p.cause for p in second.passed}["E4"] == "UNIT_TAKEN"
    assert "E4（0.500）所在单位已有 E3 评审本申请" in [p.sentence for p in second.passed]
    assert second.sentence.startswith("专家 E5 与申请 P0 的亲和度 0.400，在 4 名可选专家中列第 4。")


def test_a_seat_kept_for_a_class_and_one_kept_for_a_minimum_load_are_told():
    data = case([[0.9, 0.8, 0.2]], demand=2, classes={2: "财务"}, mix={0: {"财务": 1}})
    assert causes(data, "P0") == {"E0": {}, "E2": {"E1": "CLASS_MIX"}}
    data = case([[0.9, 0.1]], loads={1: (1, 1)})
    assert causes(data, "P0") == {"E1": {"E0": "MIN_LOAD"}}


def test_whoever_gave_way_to_the_worst_bid_is_told():
    data = case([[1.0, 0.5], [0.6, 0.0]], loads={0: (0, 1), 1: (0, 1)})
    assert causes(data, "P0") == {"E1": {"E0": "FULL"}}


def test_an_answer_from_elsewhere_can_be_explained_and_an_unknown_bid_cannot():
    instance = instance_of(case([[0.9, 0.5]]))
    (reason,) = explain(instance, Match((("P0", "E1"),), {}), "P0")
    assert [p.cause for p in reason.passed] == ["BALANCE"]
    with pytest.raises(KeyError):
        explain(instance, Match((), {}), "P9")
