"""How lenient each expert is beside those who judged the same bids: an additive mixed model. No Django import.

score(expert, bid) = quality(bid) + severity(expert) + noise. Quality is a free number for each bid, so
that only differences within a bid tell anything and nobody seems strict for having judged weak bids.
Severities are draws from a normal distribution of mean 0, which is what shrinks them: little evidence,
little said.

Absorbing the bids leaves A s = c over experts (A: the Laplacian of who judged beside whom). With
λ = variance of severity ÷ variance of noise and A = U diag(d) Uᵀ, everything follows from d and Uᵀc. λ is
not estimated at one point, as REML would: its REML likelihood, over a grid and with a half-Cauchy prior on
√λ, weighs the answers, so that a panel of five does not pass for certain about a variance it hardly sees.

Eigenvectors of d = 0 are the levels of unconnected groups of experts: nothing can be said about these, so
severities are relative to the mean of the experts of one's own group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: √λ from “no expert differs” to “experts differ twenty times as much as their noise”.
_ROOT_LAMBDA = np.geomspace(0.01, 20, 160)
#: Scores come in half points; rounding alone makes a variance of 0.5²/12, so noise is never nil.
_ROUNDING = 0.25 / 12


@dataclass(frozen=True, eq=False)
class Fit:
    """Posterior of the severities in points (+ lenient): means, covariances, and both standard deviations."""

    mean: Floats
    covariance: Floats
    noise_sd: float
    severity_sd: float


def fit(expert: Ints, bid: Ints, score: Floats) -> Fit:
    """One row per sheet; experts and bids numbered densely from 0. Needs two experts on some bid.

    Raises ValueError when no two experts judged the same bid. Memory grows with experts².
    """
    experts, bids = int(expert.max()) + 1, int(bid.max()) + 1
    sizes = np.bincount(bid, minlength=bids)
    freedom = len(score) - bids
    if freedom < 1:
        raise ValueError("no two experts judged the same bid")
    within = score - (np.bincount(bid, score, minlength=bids) / sizes)[bid]
    right = np.bincount(expert, within, minlength=experts)
    d, u = np.linalg.eigh(_laplacian(expert, bid, sizes, experts))
    known = d > 1e-9 * max(1.0, float(d.max()))
    d, u = d[known], u[:, known]
    gamma: Floats = u.T @ right
    return _posterior(d, u, gamma, float(within @ within), freedom)


def _laplacian(expert: Ints, bid: Ints, sizes: Ints, experts: int) -> Floats:
    """Number of bids per expert on the diagonal, minus 1 ÷ panel size for each pair on a common bid."""
    found = np.diag(np.bincount(expert, minlength=experts).astype(np.float64))
    for _, panel in panels(expert, bid, sizes):
        each = np.broadcast_to(panel[:, :, None], (*panel.shape, panel.shape[1]))
        np.subtract.at(found, (each, each.transpose(0, 2, 1)), 1 / panel.shape[1])
    return found


def panels(expert: Ints, bid: Ints, sizes: Ints) -> Iterator[tuple[Ints, Ints]]:
    """For each panel size that occurs: the bids that have it, and their experts (bids × size)."""
    ordered = expert[np.argsort(bid, kind="stable")]
    begins = np.cumsum(sizes) - sizes
    for n in np.unique(sizes):
        bids = np.flatnonzero(sizes == n)
        yield bids, ordered[begins[bids][:, None] + np.arange(n)]


def _posterior(d: Floats, u: Floats, gamma: Floats, total: float, freedom: int) -> Fit:
    lam = _ROOT_LAMBDA**2
    pull = d[None, :] + 1 / lam[:, None]  # grid × eigenvalues
    residual = total + freedom * _ROUNDING - (gamma**2 / pull).sum(axis=1)
    log_weight = -0.5 * np.log1p(lam[:, None] * d).sum(axis=1) - 0.5 * freedom * np.log(residual)
    # The grid is even in log √λ; the half-Cauchy density of √λ has √λ as its Jacobian there.
    log_weight += np.log(_ROOT_LAMBDA) - np.log1p(lam)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    # Given λ, the severities are t-distributed: noise is integrated out. `wide` is that distribution's variance.
    noise = residual / freedom
    wide = residual / max(freedom - 2, 1)
    means = gamma / pull
    centre = weight @ means
    spread = (means - centre) * np.sqrt(weight)[:, None]
    inner = np.diag((weight * wide) @ (1 / pull)) + spread.T @ spread
    return Fit(
        mean=u @ centre,
        covariance=u @ inner @ u.T,
        noise_sd=float(np.sqrt(weight @ noise)),
        severity_sd=float(np.sqrt(weight @ (noise * lam))),
    )
