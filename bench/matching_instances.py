"""Made-up instances with topics: the same seed gives the same instance. Affinities have six decimals."""

from __future__ import annotations

import numpy as np

from review.matching import Expert, Instance, Proposal

SEED = 20_260


def dense(proposals: int = 2000, experts: int = 500, demand: int = 5, max_load: int = 24) -> Instance:
    """Every pair has an affinity: nine tenths of the cosine of two topic mixtures over 40 topics, and noise.

    150 units; a pair is in conflict by chance (0.76 %) or by unit, together about 1.4 %: 14,000 of a million.
    """
    chance = np.random.default_rng(SEED)
    bids, people = chance.dirichlet(np.full(40, 0.06), proposals), chance.dirichlet(np.full(40, 0.1), experts)
    for mixture in (bids, people):
        mixture /= np.linalg.norm(mixture, axis=1)[:, None]
    affinity = np.clip(0.9 * bids @ people.T + chance.normal(0, 0.05, (proposals, experts)), 0, 1).round(6)
    bid_unit, expert_unit = chance.integers(0, 150, proposals), chance.integers(0, 150, experts)
    conflicts = np.argwhere(chance.random((proposals, experts)) < 0.0076)
    return Instance(
        [Proposal(f"P{i:05}", demand, f"U{unit:04}") for i, unit in enumerate(bid_unit)],
        [Expert(f"E{j:05}", f"U{unit:04}", 0, max_load) for j, unit in enumerate(expert_unit)],
        affinity,
        frozenset((f"P{i:05}", f"E{j:05}") for i, j in conflicts.tolist()),
    )


def sparse(proposals: int = 20_000, experts: int = 5000, demand: int = 3, max_load: int = 15) -> Instance:
    """Affinity only where a bid (two of 400 topics) and an expert (three) share a topic; 800 units, no conflicts.

    About 75 experts suit a bid; all others have nought.
    """
    chance = np.random.default_rng(SEED)
    mixtures = []
    for count, topics in ((proposals, 2), (experts, 3)):
        mixture = np.zeros((count, 400), np.float32)
        at, much = chance.integers(0, 400, (count, topics)), chance.uniform(0.3, 1, (count, topics))
        np.put_along_axis(mixture, at, much.astype(np.float32), axis=1)
        mixtures.append(mixture)
    affinity = mixtures[0] @ mixtures[1].T
    suits = affinity > 0
    affinity[suits] += chance.uniform(0, 0.1, int(suits.sum())).astype(np.float32)
    affinity = (affinity / 2.2).round(6)
    units = chance.integers(0, 800, experts)
    return Instance(
        [Proposal(f"P{i:05}", demand) for i in range(proposals)],
        [Expert(f"E{j:05}", f"U{unit:04}", 0, max_load) for j, unit in enumerate(units)],
        affinity,
    )
