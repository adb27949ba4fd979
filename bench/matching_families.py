"""Kinds of instances people bring, each at any size: the same seed gives the same instance.

Every family but those of `SHORT` has an answer. Affinities have at most six decimals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.matching import Expert, Instance, Proposal

Numbers = NDArray[Any]
TOPICS = 12
#: Places there are for every seat there is, unless the family says otherwise.
ROOM = 1.2


@dataclass(frozen=True)
class Size:
    proposals: int
    experts: int
    demand: int
    seed: int = 20_260

    @property
    def shape(self) -> tuple[int, int]:
        return self.proposals, self.experts

    @property
    def chance(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def load(self, room: float = ROOM) -> int:
        return int(np.ceil(room * self.proposals * self.demand / self.experts))


def made(
    size: Size,
    affinity: Numbers,
    *,
    demand: Numbers | None = None,
    loads: tuple[Numbers | int, Numbers | int] | None = None,
    units: int | None = None,
    conflicts: float = 0.01,
) -> Instance:
    """`loads`: least and most per expert; `units`: how many (a third as many as experts unless told)."""
    chance, (bids, people) = np.random.default_rng(size.seed + 1), size.shape
    low, high = (np.broadcast_to(part, people) for part in loads or (0, size.load()))
    wanted = np.broadcast_to(size.demand if demand is None else demand, bids)
    units = units or max(2 * size.demand + 1, people // 3)
    bid_unit, unit = chance.integers(0, 2 * units, bids), chance.permutation(np.arange(people) % units)
    barred = np.argwhere(chance.random(size.shape) < conflicts)
    return Instance(
        [Proposal(f"P{i:05}", int(wanted[i]), f"U{bid_unit[i]:04}") for i in range(bids)],
        [Expert(f"E{j:05}", f"U{unit[j]:04}", int(low[j]), int(high[j])) for j in range(people)],
        np.asarray(affinity, np.float64).round(6),
        frozenset((f"P{i:05}", f"E{j:05}") for i, j in barred.tolist()),
    )


def _topical(size: Size, shares: Numbers | None = None, within: float = 0.55) -> Numbers:
    """`within` more for the bid's topic. `shares`: how the experts are spread over the topics."""
    chance = size.chance
    bid, person = chance.integers(0, TOPICS, size.proposals), chance.choice(TOPICS, size.experts, p=shares)
    return within * (bid[:, None] == person) + (1 - within) * chance.random(size.shape)


def uniform(size: Size) -> Instance:
    return made(size, size.chance.random(size.shape))


def topics(size: Size) -> Instance:
    return made(size, _topical(size))


def equal(size: Size) -> Instance:
    return made(size, np.full(size.shape, 0.7))


def zeros(size: Size) -> Instance:
    return made(size, np.zeros(size.shape))


def yes_no(size: Size) -> Instance:
    return made(size, size.chance.random(size.shape) < 0.15)


def yes_no_scarce(size: Size) -> Instance:
    """Fewer experts who suit than seats: the level is held down everywhere at once."""
    return made(size, size.chance.random(size.shape) < 1.5 * size.demand / size.experts)


def ties(size: Size) -> Instance:
    return made(size, size.chance.integers(0, 5, size.shape) / 4)


def sparse(size: Size) -> Instance:
    chance = size.chance
    return made(size, chance.random(size.shape) * (chance.random(size.shape) < 0.06))


def hopeless(size: Size) -> Instance:
    """A few bids that nobody suits."""
    affinity = _topical(size)
    affinity[:: max(2, size.proposals // 5)] = 0
    return made(size, affinity)


def short_topic(size: Size) -> Instance:
    """One topic has a quarter of the experts it needs."""
    shares = np.full(TOPICS, (1 - 0.25 / TOPICS) / (TOPICS - 1))
    shares[0] = 0.25 / TOPICS
    return made(size, _topical(size, shares, within=0.85))


def exact_supply(size: Size) -> Instance:
    """As many places as seats."""
    places = size.proposals * size.demand
    loads = places // size.experts + (np.arange(size.experts) < places % size.experts)
    return made(size, _topical(size), loads=(0, loads))


def least_loads(size: Size) -> Instance:
    return made(size, _topical(size), loads=(int(0.8 * size.load(1.0)), size.load(1.3)))


def short_and_tight(size: Size) -> Instance:
    """A topic short of experts, hardly a place to spare, everyone with a minimum."""
    shares = np.linspace(0.1, 2, TOPICS)
    return made(
        size, _topical(size, shares / shares.sum(), within=0.85), loads=(int(0.8 * size.load(1.0)), size.load(1.03))
    )


def fixed_loads(size: Size) -> Instance:
    """Everyone exactly the same number, as far as it divides."""
    places = size.proposals * size.demand
    loads = places // size.experts + (np.arange(size.experts) < places % size.experts)
    return made(size, size.chance.random(size.shape), loads=(loads, loads))


def generalists(size: Size) -> Instance:
    """A third of the experts suits every bid, all others none."""
    return made(size, np.broadcast_to(np.arange(size.experts) % 3 == 0, size.shape))


def few_units(size: Size) -> Instance:
    return made(size, _topical(size), units=size.demand + 3)


def many_conflicts(size: Size) -> Instance:
    return made(size, _topical(size), conflicts=0.4)


def stars(size: Size) -> Instance:
    """The same few experts suit every bid best."""
    chance = size.chance
    return made(size, 0.7 * chance.random(size.experts) ** 3 + 0.3 * chance.random(size.shape))


def texts(size: Size) -> Instance:
    """Cosines of mixtures of topics, as texts give them; the topics' supply and demand differ."""
    chance = size.chance
    bids, people = (chance.dirichlet(np.full(TOPICS, 0.15), n) for n in size.shape)
    for mixture in (bids, people):
        mixture /= np.linalg.norm(mixture, axis=1)[:, None]
    return made(size, bids @ people.T)


def unlike_demands(size: Size) -> Instance:
    demand = size.chance.integers(1, 2 * size.demand, size.proposals)
    return made(size, _topical(size), demand=demand, loads=(0, int(1.2 * demand.sum() / size.experts) + 1))


def classes(size: Size) -> Instance:
    """A third of the experts is of a class of which every bid wants one."""
    plain = topics(size)
    kinds = ["财务" if no % 3 == 0 else "技术" for no in range(size.experts)]
    return replace(
        plain,
        proposals=[replace(p, class_mix={"财务": 1}) for p in plain.proposals],
        experts=[replace(e, expert_class=kind) for e, kind in zip(plain.experts, kinds, strict=True)],
    )


def too_few_places(size: Size) -> Instance:
    return made(size, _topical(size), loads=(0, size.proposals * size.demand // size.experts - 1))


def barred_bids(size: Size) -> Instance:
    """A few bids for whom nearly everyone is in conflict."""
    plain = topics(size)
    barred = {(p.id, e.id) for p in plain.proposals[::50] for e in plain.experts[size.demand - 1 :]}
    return replace(plain, conflicts=plain.conflicts | barred)


FAMILIES: dict[str, Callable[[Size], Instance]] = {
    made.__name__: made
    for made in (
        uniform, topics, equal, zeros, yes_no, yes_no_scarce, ties, sparse, hopeless, short_topic, exact_supply,
        least_loads, short_and_tight, fixed_loads, few_units, many_conflicts, stars, texts, generalists, unlike_demands, classes,
    )
}  # fmt: skip
#: These have none, and must be told so as fast.
SHORT: dict[str, Callable[[Size], Instance]] = {made.__name__: made for made in (too_few_places, barred_bids)}
