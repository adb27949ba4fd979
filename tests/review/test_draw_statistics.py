"""10,000 draws: uniform within every stratum, independent across strata, biased by the cap as the cap intends.

Every limit is the value that a fair draw with fresh seeds exceeds once in a million runs (a false-alarm
rate of 1e-6 for each limit, 1e-5 for the file). The seeds are fixed, so each test gives the same answer
every time; a change of the algorithm is the only thing that can make one fail.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import combinations, permutations, product
from math import comb, sqrt

import pytest

from review.draw import Candidate, DrawResult, SeatPlan, draw

DRAWS = 10_000
ENTROPY = "福彩3D 2026128期 7 0 3"
#: Degrees of freedom → the 1 - 1e-6 quantile of the chi-square distribution.
LIMIT = {3: 30.66, 9: 44.81, 23: 70.55, 39: 96.13, 119: 207.2}
#: The same for one normal deviate, both sides.
SIGMAS = 4.89
#: And when 1e-6 is shared among at most 45 groups.
WORST_SIGMAS = 5.61

#: Stratum → (candidates, seats). The nominees of a mixed panel are a stratum like any other (domain 2.5).
STRATA = {"TECHNICAL": (10, 3), "TECHNICAL/NOMINATED": (5, 2), "FINANCE": (4, 1)}


def seed_no(n: int) -> bytes:
    return hashlib.sha256(f"seed {n}".encode()).digest()


def in_each_stratum() -> list[Candidate]:
    return [Candidate(f"{kind}{i}", kind, f"unit-{kind}-{i}") for kind, (n, _k) in STRATA.items() for i in range(n)]


@pytest.fixture(scope="module")
def draws() -> list[DrawResult]:
    candidates, plan = in_each_stratum(), SeatPlan({kind: k for kind, (_n, k) in STRATA.items()})
    return [draw(candidates, plan, seed_no(n), ENTROPY) for n in range(DRAWS)]


def taken(result: DrawResult, kind: str) -> tuple[str, ...]:
    return tuple(sorted(c.id for c in result.seats if c.seat_type == kind))


def chi_square(counts: Counter, cells: int) -> float:
    """Of `counts` against the same number in each of `cells` cells, those that never came up included."""
    total = sum(counts.values())
    expected = total / cells
    return sum((n - expected) ** 2 for n in counts.values()) / expected + (cells - len(counts)) * expected


@pytest.mark.parametrize("kind", ["TECHNICAL", "TECHNICAL/NOMINATED"])
def test_every_set_of_people_fills_the_seats_of_a_stratum_equally_often(draws, kind):
    """All of them: inclusion of one, of a pair, of any combination follow from it."""
    n, k = STRATA[kind]
    counts = Counter(taken(result, kind) for result in draws)
    assert set(counts) == set(combinations(sorted(f"{kind}{i}" for i in range(n)), k))
    assert chi_square(counts, comb(n, k)) < LIMIT[comb(n, k) - 1]


def is_suspicious(panels: list[tuple[str, ...]], size: int) -> bool:
    """Whether some group of `size` sits together too often or too seldom, the false alarm shared among all groups."""
    n, k = STRATA["TECHNICAL"]
    share = comb(k, size) / comb(n, size)
    counts = Counter(group for panel in panels for group in combinations(panel, size))
    return max(abs(count - DRAWS * share) for count in counts.values()) > WORST_SIGMAS * sqrt(
        DRAWS * share * (1 - share)
    )


@pytest.mark.parametrize("size", [1, 2])
def test_nobody_and_no_pair_is_drawn_more_often_than_chance_allows(draws, size):
    """Told one by one, because this is what somebody who was never drawn asks for."""
    assert not is_suspicious([taken(result, "TECHNICAL") for result in draws], size)


def test_a_friend_seated_in_every_twentieth_panel_would_be_seen(draws):
    """The limits are not so wide that anything passes."""
    panels = [taken(result, "TECHNICAL") for result in draws]
    bent = [panel if n % 20 or "TECHNICAL7" in panel else ("TECHNICAL7", *panel[1:]) for n, panel in enumerate(panels)]
    assert is_suspicious(bent, 1)


def test_who_sits_for_one_stratum_says_nothing_about_who_sits_for_another(draws):
    counts = Counter((taken(result, "TECHNICAL/NOMINATED"), taken(result, "FINANCE")) for result in draws)
    assert len(counts) == comb(5, 2) * 4
    assert chi_square(counts, comb(5, 2) * 4) < LIMIT[39]


def test_every_candidate_is_standby_equally_often(draws):
    counts = Counter(c.id for result in draws for c in result.standbys if c.seat_type == "TECHNICAL")
    assert sum(counts.values()) == DRAWS
    assert chi_square(counts, 10) < LIMIT[9]


def test_every_order_is_drawn_equally_often_over_public_values_too():
    candidates = [Candidate(f"T{i}", "TECHNICAL", f"unit{i}") for i in range(4)]
    results = (draw(candidates, SeatPlan({"TECHNICAL": 3}), seed_no(0), f"{ENTROPY} {n}") for n in range(DRAWS))
    counts = Counter(tuple(c.id for c in [*r.seats, *r.standbys]) for r in results)
    assert set(counts) == set(permutations(c.id for c in candidates))
    assert chi_square(counts, 24) < LIMIT[23]


def test_the_cap_per_unit_lowers_the_chance_of_a_large_units_members_by_what_it_must():
    """Four of one unit and six of six units for three seats, one per unit.

    No seat goes to the large unit with probability 6/10 · 5/9 · 4/8 = 1/6; so each of its members sits
    with 5/24 (0.208), anybody else with 13/36 (0.361), instead of 0.3 for all.
    """
    large = [Candidate(f"L{i}", "TECHNICAL", "甲大学") for i in range(4)]
    small = [Candidate(f"S{i}", "TECHNICAL", f"unit{i}") for i in range(6)]
    plan = SeatPlan({"TECHNICAL": 3}, 0)
    counts = Counter(c.id for n in range(DRAWS) for c in draw([*large, *small], plan, seed_no(n), ENTROPY).seats)
    of_large = Counter({c.id: counts[c.id] for c in large})
    sent = sum(of_large.values())
    assert abs(sent - DRAWS * 5 / 6) < SIGMAS * sqrt(DRAWS * 5 / 6 / 6)
    assert chi_square(of_large, 4) < LIMIT[3], "among themselves they are equal"
    assert all(counts[one.id] < counts[other.id] for one, other in product(large, small))
