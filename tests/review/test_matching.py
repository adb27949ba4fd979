"""The fair optimal assignment of domain 3.4, judged by `matching_verifier`, which knows only the files."""

from __future__ import annotations

from copy import deepcopy
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from review.matching import Infeasible, candidates, search, solve
from review.matching.json_files import instance_of, result_of
from tests.review import matching_verifier as verifier
from tests.review.matching_cases import case, made_up, tiny_cases

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = range(4)


def answer(data: dict) -> dict:
    return result_of(solve(instance_of(data)))


def pairs_of(out: dict) -> list[tuple[str, str]]:
    return [tuple(pair) for pair in out["pairs"]]


def rank(data: dict) -> tuple[int, int]:
    return verifier.rank(data, pairs_of(answer(data)))


def has_demand(data: dict) -> bool:
    return any(p["demand"] for p in data["proposals"])


# --- the optimum --------------------------------------------------------------------------------------


@quick
@given(tiny_cases())
def test_no_permitted_assignment_is_fairer_and_none_as_fair_has_a_greater_sum(data):
    assume(has_demand(data))
    permitted = verifier.permitted(data)
    if not permitted:
        with pytest.raises(Infeasible):
            answer(data)
        return
    out = answer(data)
    assert verifier.faults(data, out) == []
    assert verifier.rank(data, pairs_of(out)) == max(verifier.rank(data, pairs) for pairs in permitted)
    assert out["stats"]["is_optimal"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_answer_keeps_every_rule_and_lies_within_a_bound_found_independently(seed):
    data = made_up(seed)
    out = answer(data)
    assert verifier.faults(data, out) == []
    level = round(out["stats"]["fairness_level"] * verifier.MICRO)
    bound = verifier.bound_at_level(data, level)
    mine = verifier.total(data, pairs_of(out))
    assert mine <= bound + 1
    assert bound - mine <= 0.01 * bound
    assert mine <= out["stats"]["total_bound"] * verifier.MICRO + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_fairness_conflict_the_sum_is_the_greatest_there_is(seed):
    data = made_up(seed)
    best, pairs = verifier.greatest_total(data)
    level = round(answer(data)["stats"]["fairness_level"] * verifier.MICRO)
    if verifier.worst(data, pairs) >= level:
        assert rank(data)[1] == best
    assert rank(data)[0] >= int(verifier.worst(data, pairs))


@pytest.mark.parametrize("seed", SEEDS)
def test_pricing_candidates_in_finds_what_all_pairs_at_once_find(seed, monkeypatch):
    """Large instances begin with a few candidates per bid: the bounds must hold and the level be near."""
    data = made_up(seed, max_load=5)
    exact = answer(data)["stats"]
    assert exact["is_optimal"]
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(candidates, "AFTER_PRICES", 1)
    monkeypatch.setattr(candidates, "BY_AFFINITY", 1)
    monkeypatch.setattr(candidates, "PER_PLACE", 0)
    out = answer(data)
    assert verifier.faults(data, out) == []
    assert exact["fairness_level"] <= out["stats"]["fairness_bound"]
    assert out["stats"]["fairness_level"] >= exact["fairness_level"] - 0.05
    if out["stats"]["fairness_level"] == exact["fairness_level"]:
        assert exact["total_affinity"] <= out["stats"]["total_bound"] + 1e-6
        assert out["stats"]["total_affinity"] >= 0.999 * exact["total_affinity"]


def test_the_worst_bid_is_raised_before_the_sum():
    # Together 1.8 with a bid at 0.0, or 1.1 with both at 0.5 and more.
    data = case([[1.0, 0.5], [0.6, 0.0]], loads={0: (0, 1), 1: (0, 1)})
    assert pairs_of(answer(data)) == [("P0", "E1"), ("P1", "E0")]


def test_one_unit_sends_one_expert_to_a_bid_and_those_without_a_unit_stand_for_themselves():
    data = case([[0.9, 0.8, 0.7, 0.1, 0.1]], demand=3, units={0: "甲", 1: "甲", 2: "甲"})
    assert pairs_of(answer(data)) == [("P0", "E0"), ("P0", "E3"), ("P0", "E4")]


def test_an_expert_of_the_bids_own_unit_is_never_assigned():
    assert pairs_of(answer(case([[0.9, 0.1]], units={0: "甲"}, own={0: "甲"}))) == [("P0", "E1")]


def test_a_class_gets_its_minimum():
    data = case([[0.9, 0.8, 0.2, 0.1]], demand=2, classes={2: "财务", 3: "财务"}, mix={0: {"财务": 1}})
    assert pairs_of(answer(data)) == [("P0", "E0"), ("P0", "E2")]


def test_an_expert_reaches_the_minimum_load_though_others_suit_better():
    data = case([[0.9, 0.1], [0.9, 0.2]], loads={1: (1, 2)})
    assert pairs_of(answer(data)) == [("P0", "E0"), ("P1", "E1")]


def test_negative_affinities_and_bids_that_ask_for_nobody_are_fine():
    data = case([[-0.5, -0.25], [1.0, 1.0]], demand=[1, 0])
    out = answer(data)
    assert (pairs_of(out), out["stats"]["worst_proposal"]) == ([("P0", "E1")], -0.25)


def test_nothing_to_assign_is_an_empty_answer():
    out = answer({"proposals": [], "experts": [], "affinity": [], "conflicts": []})
    assert out["pairs"] == []
    assert out["stats"]["mean_affinity"] is None


# --- metamorphic --------------------------------------------------------------------------------------


def permuted(data: dict, chance: Random) -> dict:
    rows = chance.sample(range(len(data["proposals"])), len(data["proposals"]))
    columns = chance.sample(range(len(data["experts"])), len(data["experts"]))
    return {
        "proposals": [data["proposals"][i] for i in rows],
        "experts": [data["experts"][j] for j in columns],
        "affinity": [[data["affinity"][i][j] for j in columns] for i in rows],
        "conflicts": chance.sample(data["conflicts"], len(data["conflicts"])),
    }


def renamed(data: dict, chance: Random) -> tuple[dict, dict[str, str]]:
    ids = [row["id"] for key in ("proposals", "experts") for row in data[key]]
    new = dict(zip(ids, chance.sample([f"改名{n:03}" for n in range(len(ids))], len(ids)), strict=True))
    other = deepcopy(data)
    for row in other["proposals"] + other["experts"]:
        row["id"] = new[row["id"]]
    other["conflicts"] = [[new[p], new[e]] for p, e in data["conflicts"]]
    return other, new


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_the_input_changes_nothing(seed):
    data = made_up(seed)
    first, second = answer(data), answer(permuted(data, Random(seed)))
    for out in (first, second):
        del out["stats"]["seconds"]
    assert first == second


@pytest.mark.parametrize("seed", SEEDS)
def test_other_ids_give_the_same_experts_the_same_bids(seed):
    """The affinities are random numbers of six digits, so the optimum is unique."""
    data = made_up(seed)
    other, new = renamed(data, Random(seed))
    assert sorted((new[p], new[e]) for p, e in pairs_of(answer(data))) == pairs_of(answer(other))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_expert_who_suits_no_bid_changes_nothing(seed):
    data = made_up(seed)
    more = deepcopy(data)
    more["experts"].append({"id": "E-none", "unit": "", "min_load": 0, "max_load": 3})
    for row in more["affinity"]:
        row.append(0)
    assert rank(more) == rank(data)


@pytest.mark.parametrize("seed", SEEDS)
def test_forbidding_a_pair_of_the_answer_never_makes_it_better(seed):
    data = made_up(seed, bids=14, people=10, max_load=6)
    pairs = pairs_of(answer(data))
    before = verifier.rank(data, pairs)
    for pair in Random(seed).sample(pairs, 5):
        assert rank({**data, "conflicts": [*data["conflicts"], list(pair)]}) <= before


@pytest.mark.parametrize("seed", SEEDS)
def test_forbidding_a_pair_that_was_not_chosen_changes_nothing(seed):
    data = made_up(seed, bids=14, people=10, max_load=6)
    chosen = set(pairs_of(answer(data)))
    other = next(pair for pair in sorted(verifier.allowed(data)) if pair not in chosen)
    assert rank({**data, "conflicts": [*data["conflicts"], list(other)]}) == verifier.rank(data, chosen)


def test_affinities_are_counted_in_millionths():
    data = case([[0.5000004, 0.5]], demand=1)
    assert rank(data)[1] == 500_000
    assert isinstance(instance_of(data).affinity, np.ndarray)


# --- the verifier itself can fail -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([["P0", "E0"]], "demand"),
        ([["P0", "E0"], ["P0", "E1"]], "unit"),
        ([["P0", "E0"], ["P0", "E2"]], "not allowed"),
        ([["P0", "E0"], ["P0", "E0"]], "twice"),
        ([["P0", "E0"], ["P0", "E3"]], "mean"),
    ],
)
def test_the_verifier_sees_what_is_wrong(pairs, told):
    data = case([[0.5, 0.5, 0.5, 0.5]], demand=2, units={0: "甲", 1: "甲"}, conflicts=[(0, 2)])
    out = {"pairs": pairs, "stats": {"mean_affinity": 0.4, "worst_proposal": 0.5}}
    assert any(told in fault for fault in verifier.faults(data, out))
