"""Severity of experts and calibrated scores: what is said, what is left unsaid, and how often it is wrong.

Seeds are fixed, so nothing here fails by chance. Beside each statistic stands how often it would fail if
the seed were random, from the spread of the figure over repetitions.
"""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.calibration import MATTERS, Verdict, calibrate
from tests.review.worlds import kendall, world

D = Decimal
totals = st.integers(0, 200).map(lambda halves: D(halves) / 2)


def rows(*experts):
    return {
        f"E{n}": {f"b{i}": D(str(v)) for i, v in enumerate(row) if v is not None} for n, row in enumerate(experts, 1)
    }


def points(panel):
    return {e.expert: e.points for e in calibrate(panel).experts}


QUALITIES = (60, 70, 65, 80, 75, 90, 55, 85)
EVEN = rows(*[[q + d for q in QUALITIES] for d in (-6, 0, 6)])


def test_a_strict_and_a_lenient_expert_are_told_apart_from_the_one_between():
    strict, middle, lenient = calibrate(EVEN).experts
    assert (strict.verdict, middle.verdict, lenient.verdict) == (Verdict.SEVERE, Verdict.ORDINARY, Verdict.LENIENT)
    assert -6 <= strict.points <= -5.8  # hardly shrunk: there is no noise but that of half points
    assert lenient.reason.startswith("据 8 项共同评审的申报，比同组 3 位专家的平均高 ")


def test_little_evidence_is_shrunk_towards_nought():
    noisy = rows([60, 90, 60, 90, 70], [70, 70, 80, 80, 75], [75, 65, 85, 70, 80])
    raw = float(
        np.mean([60, 90, 60, 90, 70]) - np.mean([v for row in noisy.values() for v in map(float, row.values())])
    )
    assert 0 < points(noisy)["E1"] / raw < 0.8


def test_an_expert_is_not_strict_for_having_judged_weak_bids():
    """Only differences within a bid count: E4 gives low totals, but so does everyone to these bids."""
    weak = {f"w{i}": D(40 + i) for i in range(8)}
    panel = {**EVEN, "E4": dict(weak)}
    panel["E2"] = {**panel["E2"], **weak}
    assert abs(points(panel)["E4"]) < 1


@pytest.mark.parametrize(
    ("panel", "reason"),
    [
        (rows([80, 70, 60, 50], [70, 60, 50, 40], [60, 50, 40, 30]), "只有 4 项，不足 5 项，历史不足"),
        (rows([80, 70, 60, 50, 90], [70, 60, 50, 40, 80]), "可比的专家只有 2 人，不足 3 人"),
    ],
)
def test_without_enough_history_nothing_is_said(panel, reason):
    for expert in calibrate(panel).experts:
        assert (expert.verdict, expert.points, expert.low, expert.high) == (Verdict.UNKNOWN, None, None, None)
        assert reason in expert.reason


def test_bids_that_nobody_else_judged_are_no_history():
    alone = {**EVEN["E3"], **{f"x{i}": D(90) for i in range(20)}}
    expert = calibrate({**EVEN, "E3": alone}).experts[2]
    assert expert.bids == 8
    assert expert.points == pytest.approx(points(EVEN)["E3"], abs=0.01)


def test_where_no_two_experts_judged_one_bid_there_is_no_answer():
    assert calibrate({"E1": {"b1": D(80)}, "E2": {"b2": D(70)}, "E3": {}}) is None
    assert calibrate({}) is None


def test_experts_who_share_no_bid_are_not_compared():
    other = {f"F{e[1:]}": {f"c{b}": t / 2 for b, t in row.items()} for e, row in EVEN.items()}
    found = calibrate({**EVEN, **other})
    assert found.groups == (("E1", "E2", "E3"), ("F1", "F2", "F3"))
    assert "专家分为 2 组" in found.notes[1]
    assert {b.group for b in found.bids if b.bid.startswith("c")} == {1}
    # The second panel gives half the points, and is no stricter for it: each is held against its own.
    for name in "EF":
        assert sum(e.points for e in found.experts if e.expert.startswith(name)) == pytest.approx(0, abs=0.05)


def test_one_bid_in_common_joins_two_panels_through_others():
    other = {f"F{e[1:]}": {f"c{b}": t for b, t in row.items()} for e, row in EVEN.items()}
    other["F1"]["b0"] = D(60)
    found = calibrate({**EVEN, **other})
    assert len(found.groups) == 1
    assert len(found.notes) == 1


def test_history_of_earlier_rounds_narrows_the_interval():
    later = {e: {f"later-{b}": t for b, t in row.items()} for e, row in EVEN.items()}
    noisy = rows(*[[q + d + (i * n) % 7 for i, q in enumerate(QUALITIES)] for n, d in enumerate((-6, 0, 3), 2)])
    more = {e: {**row, **{f"later-{b}": t for b, t in row.items()}} for e, row in noisy.items()}
    assert later.keys() == more.keys()
    one, two = calibrate(noisy).experts[0], calibrate(more).experts[0]
    assert two.bids == 2 * one.bids
    assert two.high - two.low < one.high - one.low


def test_a_calibrated_score_takes_the_severity_of_its_experts_off():
    panel = rows([64, 74, 54, 69, 59, 72], [70, 80, 60, 75, 65, None], [76, 86, 66, 81, 71, 84])
    *_, last = calibrate(panel).bids
    assert last.mean == 78.0
    assert last.points == pytest.approx(78, abs=0.2)  # one strict and one lenient expert: nothing to take off
    strict_only = {**panel, "E3": {b: t for b, t in panel["E3"].items() if b != "b5"}}
    *_, last = calibrate(strict_only).bids
    assert (last.mean, last.points) == (72.0, pytest.approx(78, abs=0.3))
    assert last.low < last.points < last.high


def test_advice_says_that_it_is_advice():
    assert calibrate(EVEN).notes == ("校准分只供参考，不改变按公布规则得出的分数。",)


def test_floats_are_refused():
    with pytest.raises(ValueError, match="not float"):
        calibrate({"E1": {"b1": 80.0}, "E2": {"b1": D(70)}})


@given(
    st.lists(st.lists(totals, min_size=6, max_size=6), min_size=3, max_size=5), st.integers(0, 5), st.integers(1, 20)
)
@settings(max_examples=40)
def test_a_better_bid_changes_nobodys_severity(table, which, more):
    """Quality is a free number for each bid; what all experts give more is the bid's, not theirs."""
    table = [[t / 2 for t in row] for row in table]
    better = [[t + more if i == which else t for i, t in enumerate(row)] for row in table]
    before, after = points(rows(*table)), points(rows(*better))
    assert after == {e: pytest.approx(p, abs=0.02) for e, p in before.items()}
    assert sum(before.values()) == pytest.approx(0, abs=0.05)


def verdicts(repetitions, seed, **shape):
    """(experts truly off by 3 or more and planted, of these flagged, all others below 3, of these flagged)."""
    rng, counts = np.random.default_rng(seed), np.zeros(4, dtype=int)
    for _ in range(repetitions):
        made = world(rng, **shape)
        for expert in calibrate(made.panel).experts:
            flagged = expert.verdict in (Verdict.LENIENT, Verdict.SEVERE)
            if int(expert.expert[1:]) < shape["biased"]:
                counts += (1, flagged, 0, 0)
            elif abs(made.truth(expert.expert)) < MATTERS:
                counts += (0, 0, 1, flagged)
    return counts


@pytest.mark.parametrize(
    ("shape", "least", "most"),
    [
        # Ten points of bias, measured over 2,000 rounds: 89 % flagged, 0.3 % of the ordinary experts flagged.
        ({"experts": 5, "bids": 12, "per_bid": 5, "biased": 1}, 0.70, 0.03),
        # The others differ by a deviation of 2, measured over 500 rounds: 99 % flagged, 0.2 % of the ordinary.
        ({"experts": 30, "bids": 100, "per_bid": 5, "biased": 3, "severity_sd": 2}, 0.88, 0.02),
    ],
)
def test_planted_bias_is_flagged_and_ordinary_experts_are_not(shape, least, most):
    """Were the seed random, a bound would fail in fewer than 1 of 1,000 runs (binomial tail at those rates)."""
    planted, found, ordinary, false = verdicts(100 if shape["experts"] < 10 else 40, 20260520, **shape)
    assert found / planted >= least
    assert false / ordinary <= most


def test_without_any_difference_hardly_anyone_is_flagged():
    """Measured: none of 9,000, so fewer than 1 of 3,000; four or more of 900 then come in less than 1 of 1,000 runs."""
    *_, ordinary, false = verdicts(100, 7, experts=9, bids=20, per_bid=5, biased=0)
    assert ordinary == 900
    assert false <= 3


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """Nominal 95 %; measured over 1,500 worlds 94.4 % and 94.0 %.

    Over 150 worlds the shares have standard errors of 0.008 and 0.005; a random seed would leave the
    bounds, four of them away, in fewer than 1 of 10,000 runs.
    """
    rng, experts, bids = np.random.default_rng(11), [], []
    for _ in range(150):
        made = world(rng, experts=8, bids=16, per_bid=4, severity_sd=abs(rng.normal(0, 4)))
        found = calibrate(made.panel)
        experts += [e.low <= made.truth(e.expert) <= e.high for e in found.experts if e.points is not None]
        level = made.severity.mean()
        bids += [b.low <= made.quality[int(b.bid[1:])] + level <= b.high for b in found.bids]
    assert 0.91 <= np.mean(experts) <= 0.99
    assert 0.90 <= np.mean(bids) <= 0.99


def test_calibration_raises_the_rank_correlation_with_the_truth():
    """Where panels differ from bid to bid. Measured gain in Kendall's tau: 0.037 a world, standard deviation 0.017.

    The mean of 40 worlds has a standard error of 0.003; a random seed would fail the bound of 0.02 in fewer
    than 1 of 100,000 runs.
    """
    rng, gains = np.random.default_rng(5), []
    for _ in range(40):
        made = world(rng, experts=30, bids=100, per_bid=5, biased=3, severity_sd=2)
        found = calibrate(made.panel)
        truth = [float(made.quality[int(b.bid[1:])]) for b in found.bids]
        gains.append(kendall([b.points for b in found.bids], truth) - kendall([b.mean for b in found.bids], truth))
    assert np.mean(gains) > 0.02


def test_where_everyone_judges_everything_calibration_leaves_the_order_alone():
    made = world(np.random.default_rng(3), experts=5, bids=20, per_bid=5, biased=2)
    found = calibrate(made.panel)
    shifts = {round(b.points - b.mean, 1) for b in found.bids}
    assert shifts == {0.0}
