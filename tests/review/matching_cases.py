"""Instances for the tests of matching, as the content of `in.json`."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st


def case(affinity, *, demand=1, loads=None, units=None, own=None, conflicts=(), classes=None, mix=None) -> dict:
    """Bids P0…, experts E0…; `loads`: (min, max) per expert, 0 to all bids unless told."""
    bids, people = len(affinity), len(affinity[0])
    demands = demand if isinstance(demand, list) else [demand] * bids
    return {
        "proposals": [
            {"id": f"P{i}", "demand": demands[i], "unit": (own or {}).get(i, ""), "class_mix": (mix or {}).get(i, {})}
            for i in range(bids)
        ],
        "experts": [
            {
                "id": f"E{j}",
                "unit": (units or {}).get(j, ""),
                "min_load": (loads or {}).get(j, (0, bids))[0],
                "max_load": (loads or {}).get(j, (0, bids))[1],
                "class": (classes or {}).get(j, ""),
            }
            for j in range(people)
        ],
        "affinity": affinity,
        "conflicts": [[f"P{i}", f"E{j}"] for i, j in conflicts],
    }


@st.composite
def tiny_cases(draw, bids=3, people=4) -> dict:
    """Small enough to try everything; many are infeasible."""
    number = st.integers(0, 1000).map(lambda n: n / 1000) | st.sampled_from([0.0, 0.5])
    rows = draw(st.lists(st.lists(number, min_size=people, max_size=people), min_size=bids, max_size=bids))
    lows = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=people, max_size=people))
    loads = {j: (low, low + draw(st.integers(0, 2))) for j, low in enumerate(lows)}
    cells = st.tuples(st.integers(0, bids - 1), st.integers(0, people - 1))
    return case(
        rows,
        demand=draw(st.lists(st.integers(0, 2), min_size=bids, max_size=bids)),
        loads=loads,
        units={j: draw(st.sampled_from(["", "", "甲", "乙"])) for j in range(people)},
        own={0: draw(st.sampled_from(["", "甲"]))},
        conflicts=draw(st.lists(cells, max_size=2, unique=True)),
        classes={0: "产业", 1: "产业"},
        mix=draw(st.sampled_from([{}, {0: {"产业": 1}}])) if rows else {},
    )


def made_up(seed: int, *, bids=24, people=16, demand=3, max_load=6, min_load=1) -> dict:
    """Topics, units and a tight supply; feasible for the seeds used."""
    chance = Random(seed)
    bid_topic, topic = [chance.randrange(5) for _ in range(bids)], [chance.randrange(5) for _ in range(people)]
    rows = [
        [round(min(1.0, 0.55 * (bid_topic[i] == topic[j]) + chance.random() * 0.45), 6) for j in range(people)]
        for i in range(bids)
    ]
    return case(
        rows,
        demand=demand,
        loads=dict.fromkeys(range(people), (min_load, max_load)),
        units={j: f"U{chance.randrange(9)}" for j in range(people)},
        own={i: f"U{chance.randrange(20)}" for i in range(bids)},
        conflicts=[(i, j) for i in range(bids) for j in range(people) if chance.random() < 0.02],
    )
