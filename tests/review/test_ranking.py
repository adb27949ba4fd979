"""Tie order and outcome split of domain 3.3."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.scoring import Entry, Outcome, TieUnresolved, rank, split_outcomes

D = Decimal


def entry(id, score="85.00", top="20", **more) -> Entry:
    return Entry(id, D(score), D(top), **more)


def places(entries):
    return [(r.id, r.rank, r.decided_by) for r in rank(entries)]


entries_strategy = st.lists(
    st.builds(
        entry,
        st.uuids().map(str),
        st.sampled_from(["70", "80", "90"]),
        st.sampled_from(["20", "21"]),
        group_mean=st.none() | st.just(D(80)) | st.just(D(81)),
        requested_yuan=st.none() | st.integers(1, 3),
        ballot=st.none() | st.integers(1, 3),
        vetoed=st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda e: e.id,
)


def test_the_higher_score_ranks_first():
    assert places([entry("a", "80.00"), entry("b", "90.00")]) == [("b", 1, "score"), ("a", 2, "score")]


def test_equal_scores_are_decided_by_the_heaviest_criterion():
    tied = [entry("a", top="20"), entry("b", top="21.5"), entry("c", "84.99", top="25")]
    assert places(tied) == [("b", 1, "top_criterion"), ("a", 2, "top_criterion"), ("c", 3, "score")]


def test_then_by_the_mean_of_the_user_or_technical_experts():
    tied = [entry("a", group_mean=D(80)), entry("b", group_mean=D(81))]
    assert places(tied) == [("b", 1, "group_mean"), ("a", 2, "group_mean")]


def test_then_by_less_money():
    tied = [entry("a", requested_yuan=3_000_000), entry("b", requested_yuan=2_000_000)]
    assert places(tied) == [("b", 1, "requested_yuan"), ("a", 2, "requested_yuan")]


def test_then_by_the_ballot_that_the_chair_runs():
    tied = [entry("a", ballot=2), entry("b", ballot=1)]
    assert places(tied) == [("b", 1, "ballot"), ("a", 2, "ballot")]


def test_without_a_ballot_the_tie_stays_and_each_bid_names_the_others():
    first, second, third = rank([entry("b"), entry("a"), entry("c", "70.00")])
    assert [(r.id, r.rank, r.tied_with, r.needs_ballot) for r in (first, second)] == [
        ("a", 1, ("b",), True),
        ("b", 1, ("a",), True),
    ]
    assert (third.rank, third.needs_ballot) == (3, False)


def test_a_value_that_one_tied_bid_lacks_decides_nothing():
    tied = [entry("a", group_mean=D(90), requested_yuan=2), entry("b", group_mean=None, requested_yuan=1)]
    assert places(tied) == [("b", 1, "requested_yuan"), ("a", 2, "requested_yuan")]


def test_a_vetoed_bid_ranks_after_all_others():
    assert [r.id for r in rank([entry("a", "95.00", vetoed=True), entry("b", "61.00")])] == ["b", "a"]


@given(entries_strategy, st.randoms())
def test_the_ranking_does_not_depend_on_the_order_of_input(entries, random):
    assert rank(entries) == rank(random.sample(entries, len(entries)))


@given(entries_strategy)
def test_ranks_run_with_the_scores_and_only_ties_share_them(entries):
    ranked = rank(entries)
    assert sorted(r.id for r in ranked) == sorted(e.id for e in entries)
    for before, after in pairwise(ranked):
        assert (before.vetoed, -before.score) <= (after.vetoed, -after.score)
        assert (before.rank == after.rank) == (after.id in before.tied_with)
    assert all(r.rank == i for i, r in enumerate(ranked, start=1) if not r.tied_with)


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([], "no scores"),
        ([entry("a"), entry("a", "80.00")], "listed twice"),
        ([Entry("a", 85.0, D(20))], "not float"),  # type: ignore[arg-type]
        ([Entry("a", D(85), 20.5)], "not float"),  # type: ignore[arg-type]
        ([Entry("a", D(85), D(20), group_mean=80.5)], "not float"),  # type: ignore[arg-type]
    ],
)
def test_entries_that_cannot_be_ranked_are_refused(entries, fault):
    with pytest.raises(ValueError, match=fault):
        rank(entries)


def outcomes(entries, quota, **rules):
    return {r.id: r.outcome for r in split_outcomes(rank(entries), quota, **rules)}


def test_the_quota_is_awarded_the_next_is_reserve_the_rest_is_not_funded():
    bids = [entry("a", "91"), entry("b", "85"), entry("c", "80"), entry("d", "76")]
    results = split_outcomes(rank(bids), 1, D(75), 2)
    assert [(r.id, r.outcome) for r in results] == [
        ("a", Outcome.AWARD),
        ("b", Outcome.RESERVE),
        ("c", Outcome.RESERVE),
        ("d", Outcome.REJECT),
    ]
    assert [r.reason for r in results] == [
        "得分 91.00，排名第 1，达到合格线，在 1 个立项名额之内。",
        "得分 85.00，排名第 2，达到合格线，列备选第 1 位。",
        "得分 80.00，排名第 3，达到合格线，列备选第 2 位。",
        "得分 76.00，排名第 4，达到合格线，但立项与备选名额已满。",
    ]


def test_the_pass_score_counts_even_within_the_quota():
    bids = [entry("a", "75.00"), entry("b", "74.99")]
    assert outcomes(bids, 2) == {"a": Outcome.AWARD, "b": Outcome.REJECT}


def test_a_vetoed_bid_is_never_funded_and_uses_up_no_place():
    bids = [entry("a", "95", vetoed=True), entry("b", "80")]
    results = {r.id: r for r in split_outcomes(rank(bids), 1)}
    assert results["b"].outcome == Outcome.AWARD
    assert results["a"].outcome == Outcome.REJECT
    assert results["a"].reason == "触发一票否决事项，不予立项。"


@pytest.mark.parametrize(("quota", "reserve"), [(1, 1), (0, 1)])
def test_a_tie_across_a_cut_must_be_settled_by_ballot_first(quota, reserve):
    with pytest.raises(TieUnresolved, match="抽签") as caught:
        split_outcomes(rank([entry("a"), entry("b"), entry("c", "70")]), quota, reserve_count=reserve)
    assert caught.value.ids == ("a", "b")


def test_a_tie_across_the_second_place_of_two_is_found():
    bids = [entry("a", "95"), entry("b"), entry("c"), entry("d", "80")]
    with pytest.raises(TieUnresolved) as caught:
        split_outcomes(rank(bids), 2)
    assert caught.value.ids == ("b", "c")


def test_without_places_nothing_needs_a_ballot():
    tied = [entry("a"), entry("b")]
    assert set(outcomes(tied, 0, reserve_count=0).values()) == {Outcome.REJECT}


def test_one_reserve_is_the_default():
    bids = [entry("a", "95"), entry("b", "90"), entry("c", "85")]
    assert outcomes(bids, 1) == {"a": Outcome.AWARD, "b": Outcome.RESERVE, "c": Outcome.REJECT}


def test_a_tie_on_one_side_of_the_cuts_does_no_harm():
    assert set(outcomes([entry("a"), entry("b")], 2).values()) == {Outcome.AWARD}
    below = [entry("a", "60"), entry("b", "60")]
    assert set(outcomes(below, 1).values()) == {Outcome.REJECT}


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        split_outcomes(rank([entry("a")]), -1)
    with pytest.raises(ValueError, match="must be a Decimal or int"):
        split_outcomes(rank([entry("a")]), 1, 75.0)  # type: ignore[arg-type]


@given(entries_strategy, st.integers(0, 4), st.integers(0, 3))
def test_no_more_than_the_quota_is_ever_awarded_and_no_worse_bid_before_a_better(entries, quota, reserve):
    ranked = rank(entries)
    try:
        results = split_outcomes(ranked, quota, D(75), reserve)
    except TieUnresolved:
        return
    found = [r.outcome for r in results]
    assert found == sorted(found, key=[Outcome.AWARD, Outcome.RESERVE, Outcome.REJECT].index)
    assert found.count(Outcome.AWARD) <= quota
    assert found.count(Outcome.RESERVE) <= reserve
    worthy = sum(not e.vetoed and e.score >= 75 for e in entries)
    assert found.count(Outcome.AWARD) == min(quota, worthy)
