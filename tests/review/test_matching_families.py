"""Every kind of instance is answered: all rules kept, the level told is reached, neither bound is beaten."""

from __future__ import annotations

import json

import pytest

from bench.matching_families import FAMILIES, SHORT, Size
from review.matching import Infeasible, relaxed, solve
from review.matching.json_files import data_of, result_of
from tests.review import matching_verifier as verifier

SIZE = Size(60, 24, 3)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_answer_keeps_every_rule_and_its_bounds_hold(name):
    instance = FAMILIES[name](SIZE)
    data, out = data_of(instance), result_of(solve(instance))
    pairs, stats = [tuple(pair) for pair in out["pairs"]], out["stats"]
    assert verifier.faults(data, out) == []
    level = round(stats["fairness_level"] * verifier.MICRO)
    assert verifier.worst(data, pairs) >= level - 0.5
    assert stats["fairness_level"] <= stats["fairness_bound"]
    total = verifier.total(data, pairs)
    assert total <= stats["total_bound"] * verifier.MICRO + 1
    assert stats["gap"] * verifier.MICRO == pytest.approx(stats["total_bound"] * verifier.MICRO - total, abs=1)
    assert stats["gap"] <= 0.02 * abs(stats["total_bound"])


@pytest.mark.parametrize("name", ["exact_supply", "short_topic", "stars", "yes_no_scarce", "least_loads"])
def test_the_sums_bound_agrees_with_one_found_independently(name):
    """Both bound the best sum at the level, so neither may be below what is reached; ours is as tight."""
    instance = FAMILIES[name](Size(30, 15, 3))
    data, stats = data_of(instance), solve(instance).stats
    other = verifier.bound_at_level(data, round(stats["fairness_level"] * verifier.MICRO), rounds=12)
    assert stats["total_affinity"] * verifier.MICRO <= other + 1
    assert stats["total_bound"] * verifier.MICRO <= other * 1.001 + 1


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_instance_gives_the_same_answer(name):
    first, second = (result_of(solve(FAMILIES[name](SIZE))) for _ in range(2))
    for out in (first, second):
        del out["stats"]["seconds"]
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize("name", SHORT)
def test_what_is_lacking_is_told_and_giving_way_helps(name):
    instance = SHORT[name](SIZE)
    with pytest.raises(Infeasible) as refused:
        solve(instance)
    assert solve(relaxed(instance, refused.value.relaxations)).pairs
