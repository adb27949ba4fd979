"""What is given when not everything fits: within every bound, best first, and nothing more would fit."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from review.matching import Expert, Instance, Proposal
from review.matching.filling import fill


def case(rows: list[list[float]], *, demand: int = 2, most: int = 1, **more: object) -> Instance:
    experts = [Expert(f"E{j}", f"u{j}", 0, most, "AB"[j % 2]) for j in range(len(rows[0]))]
    return Instance([Proposal(f"P{i}", demand) for i in range(len(rows))], experts, np.array(rows), **more)  # type: ignore[arg-type]


def test_the_best_pair_comes_first_and_a_full_expert_takes_no_more() -> None:
    assert fill(case([[0.9, 0.2], [0.8, 0.1]], demand=1)) == (("P0", "E0"), ("P1", "E1"))


def test_what_stands_stays() -> None:
    assert fill(case([[0.9, 0.2], [0.8, 0.1]]), [("P1", "E0")]) == (("P0", "E1"), ("P1", "E0"))


def test_a_place_that_a_class_needs_is_kept_for_it() -> None:
    proposals = [Proposal("P0", 1, "", {"B": 1})]
    experts = [Expert("E0", "", 0, 1, "A"), Expert("E1", "", 0, 1, "B")]
    assert fill(Instance(proposals, experts, np.array([[0.9, 0.1]]))) == (("P0", "E1"),)


def test_nobody_in_conflict_nobody_of_the_bids_own_unit_and_no_second_one_of_a_unit() -> None:
    experts = [Expert("E0", "x", 0, 9), Expert("E1", "y", 0, 9), Expert("E2", "y", 0, 9), Expert("E3", "z", 0, 9)]
    instance = Instance([Proposal("P0", 4, "x")], experts, np.array([[0.9, 0.8, 0.7, 0.6]]), frozenset({("P0", "E3")}))
    assert fill(instance) == (("P0", "E1"),)


@settings(max_examples=100)
@given(st.data())
def test_every_bound_holds_and_nothing_more_fits(data: st.DataObject) -> None:
    bids, people = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    rows = [[data.draw(st.integers(0, 9)) / 10 for _ in range(people)] for _ in range(bids)]
    barred = data.draw(st.sets(st.tuples(st.integers(0, bids - 1), st.integers(0, people - 1)), max_size=5))
    conflicts = frozenset((f"P{i}", f"E{j}") for i, j in barred)
    demand, most = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))
    found = fill(case(rows, demand=demand, most=most, conflicts=conflicts))
    panel, load = Counter(p for p, _e in found), Counter(e for _p, e in found)
    assert not conflicts & set(found)
    assert all(n <= demand for n in panel.values())
    assert all(n <= most for n in load.values())
    others = {(f"P{i}", f"E{j}") for i in range(bids) for j in range(people)} - set(found) - conflicts
    assert all(panel[p] == demand or load[e] == most for p, e in others)
