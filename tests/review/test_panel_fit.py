"""Can a panel be seated under the cap per unit? (domain 3.4: at most one expert per legal unit)"""

import pytest

from review.panel_fit import can_fill

SEATS = {"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1}


def units(prefix: str, seat_type: str, number: int) -> dict[tuple[str, str], int]:
    return {(seat_type, f"{prefix}{n}"): 1 for n in range(number)}


def test_five_experts_of_five_units_fill_a_panel_of_three_one_and_one():
    supply = units("甲", "TECHNICAL", 3) | units("乙", "INDUSTRY", 1) | units("丙", "FINANCE", 1)
    assert can_fill(SEATS, supply, {unit: 1 for _, unit in supply})


@pytest.mark.parametrize("seat_type", SEATS)
def test_one_expert_too_few_in_any_seat_type_leaves_the_panel_open(seat_type):
    supply = units("甲", "TECHNICAL", 3) | units("乙", "INDUSTRY", 1) | units("丙", "FINANCE", 1)
    supply.pop(next(key for key in supply if key[0] == seat_type))
    assert not can_fill(SEATS, supply, {unit: 1 for _, unit in supply})


def test_two_experts_of_one_unit_count_for_one_seat():
    supply = {("TECHNICAL", "甲"): 2}
    assert not can_fill({"TECHNICAL": 2}, supply, {"甲": 1})
    assert can_fill({"TECHNICAL": 2}, supply, {"甲": 2})
    assert can_fill({"TECHNICAL": 1}, supply, {"甲": 1})


def test_a_unit_gives_its_one_place_to_the_seat_that_nobody_else_can_take():
    supply = {("TECHNICAL", "甲"): 1, ("TECHNICAL", "乙"): 1, ("FINANCE", "甲"): 1}
    assert can_fill({"TECHNICAL": 1, "FINANCE": 1}, supply, {"甲": 1, "乙": 1})
    assert not can_fill({"TECHNICAL": 2, "FINANCE": 1}, supply, {"甲": 1, "乙": 1})


def test_a_unit_that_is_not_named_has_no_room_and_one_without_people_no_use():
    assert not can_fill({"TECHNICAL": 1}, {("TECHNICAL", "甲"): 1}, {})
    assert not can_fill({"TECHNICAL": 1}, {("TECHNICAL", "甲"): 1}, {"甲": 0})
    assert not can_fill({"TECHNICAL": 1}, {("TECHNICAL", "甲"): 0}, {"甲": 1})


def test_no_open_seats_are_filled_by_nobody():
    assert can_fill({}, {}, {})
    assert can_fill({"TECHNICAL": 0}, {}, {})


def test_a_long_chain_of_moves_is_found():
    kinds = [f"K{n}" for n in range(30)]
    supply = {(kind, f"U{n}"): 1 for n, kind in enumerate(kinds)}
    supply |= {(kind, f"U{n + 1}"): 1 for n, kind in enumerate(kinds)}
    room = {f"U{n}": 1 for n in range(31)}
    assert can_fill(dict.fromkeys(kinds, 1), supply, room)
    assert can_fill({**dict.fromkeys(kinds, 1), "K0": 2}, supply, room)
    assert not can_fill({**dict.fromkeys(kinds, 1), "K0": 3}, supply, room)
