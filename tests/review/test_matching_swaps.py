"""The table of swaps that is kept up after every exchange says what one built anew would say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.matching_families import FAMILIES, Size
from review.matching import Instance, search, solve
from review.matching.board import Board, board_of
from review.matching.swaps import NEVER, Swaps

SIZE = Size(24, 15, 3)


def with_exceptions(size: Size) -> Instance:
    """Half of the bids may have two of a unit."""
    plain = FAMILIES["few_units"](size)
    units = sorted({e.unit for e in plain.experts})
    return replace(plain, unit_exceptions={(p.id, units[0]): 1 for p in plain.proposals[::2]})


KINDS = {name: FAMILIES[name] for name in ("topics", "ties", "least_loads", "classes", "few_units")} | {
    "exceptions": with_exceptions
}


def swaps_of(instance: Instance, level: int) -> tuple[Board, Swaps]:
    board = board_of(instance)
    swaps = Swaps(board, board.pairs(solve(instance).pairs))
    swaps.set_floor(level * board.demand)
    return board, swaps


def allowed_swaps(swaps: Swaps) -> list[tuple[int, int, int]]:
    people = range(len(swaps.gain) - 1)
    return [(int(swaps.via[a, b]), a, b) for a in people for b in people if swaps.gain[a, b] > NEVER]


def breaks_a_rule(board: Board, swaps: Swaps, bid: int) -> bool:
    panel = swaps.panel[bid]
    groups = [int(board.group[e]) for e in panel]
    kinds = [int(board.kind[e]) for e in panel]
    return (
        len(set(panel)) != board.demand[bid]
        or any(groups.count(g) > 1 + board.extra.get((bid, g), 0) for g in groups)
        or any(kinds.count(kind) < least for row, kind, least in board.mix.tolist() if row == bid)
        or any(board.score[bid, e] < -1_000_000_000 for e in panel)
        or swaps.sum[bid] != sum(int(board.score[bid, e]) for e in panel)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_after_any_swaps_the_table_is_what_one_built_anew_would_be(kind):
    board, swaps = swaps_of(KINDS[kind](SIZE), level=100_000)
    chance = np.random.default_rng(1)
    for _ in range(60):
        moves = [move for move in allowed_swaps(swaps) if swaps.may([move])]
        if not moves:
            break
        swaps.apply([moves[chance.integers(len(moves))]])
        assert not any(breaks_a_rule(board, swaps, bid) for bid in range(board.shape[0]))
        assert np.all(swaps.sum >= swaps.floor)
        anew = Swaps(board, swaps.pairs)
        anew.set_floor(swaps.floor)
        assert np.array_equal(swaps.gain, anew.gain)
        for bid, gone, comer in allowed_swaps(swaps):
            assert gone in swaps.panel[bid]
            assert swaps.worth([(bid, gone, comer)]) == swaps.gain[gone, comer]


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "stars"])
def test_up_to_three_thousand_pairs_nothing_is_left_unproven(name):
    """`stars`, where a few experts suit everyone best, keeps a gap."""
    stats = solve(FAMILIES[name](Size(60, 24, 3))).stats
    assert stats["is_optimal"]
    assert stats["fairness_level"] == stats["fairness_bound"]


@pytest.mark.parametrize(("name", "share"), [("generalists", 1), ("stars", 0.95), ("short_and_tight", 0.95)])
def test_exchanges_alone_raise_every_bid_near_the_highest_level_there_can_be(name, share, monkeypatch):
    monkeypatch.setattr(search, "SMALL", 0)
    stats = solve(FAMILIES[name](Size(300, 75, 5))).stats
    assert stats["fairness_level"] >= share * stats["fairness_bound"]
