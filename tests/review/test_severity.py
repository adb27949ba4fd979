"""The absorbed equations of the severity model against the whole model, written out with dense matrices."""

import numpy as np
import pytest

from review.calibration.severity import _ROOT_LAMBDA, _ROUNDING, fit


def whole_model(expert, bid, score):
    """Posterior mean and deviations of severities about their mean, by generalised least squares per variance ratio."""
    x, z = np.eye(bid.max() + 1)[bid], np.eye(expert.max() + 1)[expert]
    freedom = len(score) - x.shape[1]
    log_weight, means, seconds = [], [], []
    for root in _ROOT_LAMBDA:
        lam = root**2
        inverse = np.linalg.inv(np.eye(len(score)) + lam * z @ z.T)
        about = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
        rest = score @ about @ score + freedom * _ROUNDING
        determinants = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(x.T @ inverse @ x)[1]
        log_weight.append(-0.5 * determinants - 0.5 * freedom * np.log(rest) + np.log(root) - np.log1p(lam))
        blup = lam * z.T @ about @ score
        centred = np.eye(len(blup)) - 1 / len(blup)
        covariance = centred @ (lam * np.eye(len(blup)) - lam**2 * z.T @ about @ z) @ centred
        means.append(blup)
        seconds.append(rest / (freedom - 2) * np.diag(covariance) + blup**2)
    weight = np.exp(np.array(log_weight) - max(log_weight))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    return mean, np.sqrt(weight @ np.array(seconds) - mean**2)


@pytest.mark.parametrize("seed", range(5))
def test_absorbing_the_bids_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    experts, bids = 6, 9
    pairs = [(e, b) for b in range(bids) for e in rng.choice(experts, rng.integers(2, 5), replace=False)]
    expert, bid = np.array(pairs).T
    expert = np.unique(expert, return_inverse=True)[1]
    score = (
        np.rint(2 * (rng.normal(70, 8, bids)[bid] + rng.normal(0, 4, experts)[expert] + rng.normal(0, 4, len(bid)))) / 2
    )
    mean, deviation = whole_model(expert, bid, score)
    found = fit(expert, bid, score)
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(deviation, abs=1e-6)


def test_scores_that_fit_exactly_are_not_taken_for_certain():
    """Without the noise of half points the likelihood would have no maximum."""
    expert, bid = (grid.ravel() for grid in np.meshgrid(np.arange(3), np.arange(6), indexing="ij"))
    found = fit(expert, bid, 60.0 + 4 * bid + 5 * expert)
    assert found.mean == pytest.approx([-5, 0, 5], abs=0.05)
    assert 0 < found.noise_sd < 0.5


def test_one_judge_for_each_bid_says_nothing_about_anyone():
    with pytest.raises(ValueError, match="no two experts judged the same bid"):
        fit(np.array([0, 1]), np.array([0, 1]), np.array([80.0, 70.0]))
