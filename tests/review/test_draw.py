"""The expert draw of domain 3.4: committed, uniform, independent of input order, replayable."""

import hashlib
import json
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.draw import (
    Candidate,
    NotEnoughCandidates,
    ReplayMismatch,
    SeatPlan,
    commit,
    draw,
    redraw_seat,
    replay,
    snapshot_digest,
)
from review.panel_fit import can_fill

SEED = bytes(range(32))
ENTROPY = "福彩3D 2026128期 7 0 3"
PLAN = SeatPlan({"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1}, standby_per_type=1)


def seed_no(n: int) -> bytes:
    return hashlib.sha256(f"seed {n}".encode()).digest()


def pool(technical=12, industry=5, finance=5) -> list[Candidate]:
    sizes = {"TECHNICAL": technical, "INDUSTRY": industry, "FINANCE": finance}
    return [Candidate(f"{t[0]}{i:02d}", t, f"unit-{t}-{i}") for t, n in sizes.items() for i in range(n)]


def ids(candidates):
    return [c.id for c in candidates]


small_pools = st.lists(
    st.tuples(st.sampled_from(["TECHNICAL", "FINANCE"]), st.sampled_from("甲乙丙丁")), min_size=2, max_size=9
).map(lambda rows: [Candidate(f"E{i}", kind, unit) for i, (kind, unit) in enumerate(rows)])
small_plans = st.tuples(st.integers(0, 3), st.integers(1, 2)).map(
    lambda n: SeatPlan({"TECHNICAL": n[0], "FINANCE": n[1]})
)


def test_the_draw_fills_every_seat_and_names_a_standby_for_each_type():
    result = draw(pool(), PLAN, SEED, ENTROPY)
    assert Counter(c.seat_type for c in result.seats) == PLAN.seats
    assert Counter(c.seat_type for c in result.standbys) == {"TECHNICAL": 1, "INDUSTRY": 1, "FINANCE": 1}
    assert not set(ids(result.seats)) & set(ids(result.standbys))
    assert result.standby_gaps(PLAN) == {}


def test_the_record_holds_what_a_witness_needs():
    candidates = pool()
    record = draw(candidates, PLAN, SEED, ENTROPY, filters={"C01": 3, "C13": 1, "年度上限": 2}).record
    assert record["algorithm"] == "hmac-sha256-lots/1"
    assert record["seed_commitment"] == commit(SEED) == hashlib.sha256(SEED).hexdigest()
    assert record["candidate_digest"] == snapshot_digest(candidates)
    assert record["public_entropy"] == ENTROPY
    assert record["filters"] == {"C01": 3, "C13": 1, "年度上限": 2}
    assert SEED.hex() not in json.dumps(record)


def test_the_lots_are_the_published_formula():
    candidates = pool(technical=4, industry=0, finance=0)
    key = hashlib.sha256(SEED + ENTROPY.encode()).digest()

    def by_hand(c):  # HMAC written out, so that this test does not share the code it checks
        block = key.ljust(64, b"\0")
        inner, outer = bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
        message = f"TECHNICAL|{c.id}".encode()
        return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()

    expected = sorted(candidates, key=by_hand)
    result = draw(candidates, SeatPlan({"TECHNICAL": 4}, 0), SEED, ENTROPY)
    assert ids(result.seats) == ids(expected)


@given(st.randoms())
def test_the_order_of_input_changes_nothing(random):
    candidates = pool()
    shuffled = random.sample(candidates, len(candidates))
    assert draw(shuffled, PLAN, SEED, ENTROPY).record == draw(candidates, PLAN, SEED, ENTROPY).record


@given(small_pools, small_plans, st.integers(0, 50), st.sampled_from(["TECHNICAL", "FINANCE", "MANAGEMENT"]))
def test_a_candidate_who_is_not_taken_changes_nothing_for_the_others(candidates, plan, n, kind):
    for unit in ("甲", "戊"):
        more = [*candidates, Candidate("new", kind, unit)]
        try:
            one, other = draw(candidates, plan, seed_no(n), ENTROPY), draw(more, plan, seed_no(n), ENTROPY)
        except NotEnoughCandidates:
            continue
        if "new" not in ids(other.seats):
            assert other.seats == one.seats
            if "new" not in ids(other.standbys):
                assert other.standbys == one.standbys


@pytest.mark.parametrize("changed", ["seed", "entropy"])
def test_another_seed_or_another_public_value_gives_another_draw(changed):
    results = {
        tuple(ids(draw(pool(), PLAN, *args).seats))
        for args in [(seed_no(n), ENTROPY) if changed == "seed" else (SEED, f"{ENTROPY} {n}") for n in range(20)]
    }
    assert len(results) == 20


@given(small_pools, small_plans, st.integers(1, 2), st.integers(0, 20))
@settings(max_examples=200)
def test_the_panel_keeps_the_rules_and_is_the_first_in_the_order_of_lots(candidates, plan, cap, n):
    everybody = draw(
        candidates, SeatPlan(Counter(c.seat_type for c in candidates), 0), seed_no(n), ENTROPY, unit_cap=99
    )
    order = list(everybody.seats)
    needs = {kind: k for kind, k in plan.seats.items() if k}

    def keeps_the_rules(panel):
        return Counter(c.seat_type for c in panel) == needs and max(Counter(c.unit for c in panel).values()) <= cap

    panels = filter(keeps_the_rules, combinations(order, sum(needs.values())))  # in the order of lots
    first = next(panels, None)
    if first is None:
        with pytest.raises(NotEnoughCandidates):
            draw(candidates, plan, seed_no(n), ENTROPY, unit_cap=cap)
    else:
        result = draw(candidates, plan, seed_no(n), ENTROPY, unit_cap=cap)
        assert result.seats == first
        assert all(
            keeps_the_rules([s, *(c for c in first if c != out)])
            for s, out in product(result.standbys, first)
            if s.seat_type == out.seat_type
        )


def test_a_scarce_finance_expert_is_not_lost_to_the_cap_per_unit():
    # The only finance expert works where most technical candidates work.
    candidates = [Candidate(f"T{i}", "TECHNICAL", "甲大学") for i in range(9)]
    candidates += [Candidate("T9", "TECHNICAL", "乙大学"), Candidate("F0", "FINANCE", "甲大学")]
    for n in range(30):
        result = draw(candidates, SeatPlan({"TECHNICAL": 1, "FINANCE": 1}, 0), seed_no(n), ENTROPY)
        assert set(ids(result.seats)) == {"T9", "F0"}


def test_who_was_passed_over_is_recorded():
    candidates = [Candidate(f"T{i}", "TECHNICAL", "甲大学") for i in range(5)] + pool(2, 0, 0)
    for n in range(10):
        result = draw(candidates, SeatPlan({"TECHNICAL": 3}, 0), seed_no(n), ENTROPY)
        assert Counter(c.unit for c in result.seats)["甲大学"] == 1
        assert set(result.record["passed_over"]) <= {f"T{i}" for i in range(5)}


def test_too_few_candidates_name_the_seat_type_and_the_numbers():
    with pytest.raises(NotEnoughCandidates, match="FINANCE 席需 1 人而候选 0 人") as caught:
        draw(pool(finance=0), PLAN, SEED, ENTROPY)
    assert caught.value.shortages == {"FINANCE": (1, 0)}


def test_a_cap_that_leaves_seats_open_is_named_as_the_reason():
    one_unit = [replace(c, unit="甲大学") for c in pool()]
    with pytest.raises(NotEnoughCandidates, match="每单位至多 1 人时无法凑齐"):
        draw(one_unit, PLAN, SEED, ENTROPY)
    assert len(draw(one_unit, PLAN, SEED, ENTROPY, unit_cap=5).seats) == 5


def test_one_standby_for_each_seat_type_is_the_default():
    assert len(draw(pool(), SeatPlan({"TECHNICAL": 2, "FINANCE": 1}), SEED, ENTROPY).standbys) == 2


def test_missing_standbys_are_told():
    result = draw(pool(technical=3, industry=3), PLAN, SEED, ENTROPY)
    assert result.standby_gaps(PLAN) == {"TECHNICAL": 1}


def test_the_record_replays_after_a_trip_through_json():
    result = draw(pool(), PLAN, SEED, ENTROPY, filters={"C01": 3})
    record = json.loads(json.dumps(result.record, sort_keys=True))
    assert replay(record, SEED) == result


@pytest.mark.parametrize(
    ("field", "forge"),
    [
        ("algorithm", lambda r: r.update(algorithm="mine/1")),
        ("seed_commitment", lambda r: r.update(seed_commitment="0" * 64)),
        ("candidate_digest", lambda r: r["candidates"].append(["friend", "TECHNICAL", "unit"])),
        ("candidate_digest", lambda r: r["candidates"].pop()),
        ("lots_digest", lambda r: r.update(public_entropy="another")),
        ("seats", lambda r: r["seats"].reverse()),
        ("seats", lambda r: r["seats"].__setitem__(0, "friend")),
        ("seats", lambda r: r["plan"]["seats"].update(TECHNICAL=4)),
        ("standbys", lambda r: r["standbys"].pop()),
        ("passed_over", lambda r: r["passed_over"].append("T00")),
        ("redraws[1]", lambda r: r["redraws"][0].update(replacement="friend")),
        ("redraws[1]", lambda r: r["redraws"][0].update(source="pool")),
        ("redraws", lambda r: r.pop("redraws")),
        ("redraws[1]", lambda r: r["redraws"][0].update(missing="friend")),
        ("record", lambda r: r.update(candidates=[["T00"]])),
        ("plan", lambda r: r["plan"]["seats"].update(TECHNICAL=99)),
        ("candidates", lambda r: r["candidates"].append(r["candidates"][0])),
        ("candidates", lambda r: r["candidates"].reverse()),
    ],
)
def test_a_forged_record_is_found_and_the_entry_named(field, forge):
    result = draw(pool(), PLAN, SEED, ENTROPY)
    record = redraw_seat(result.record, SEED, result.seats[0].id).record
    forged = json.loads(json.dumps(record))
    forge(forged)
    with pytest.raises(ReplayMismatch) as caught:
        replay(forged, SEED)
    assert caught.value.field == field


def test_another_seed_than_the_committed_one_is_found():
    with pytest.raises(ReplayMismatch, match="种子与抽取前的承诺不符"):
        replay(draw(pool(), PLAN, SEED, ENTROPY).record, seed_no(1))


def test_a_redraw_takes_the_standby_and_moves_nobody_else():
    before = draw(pool(), PLAN, SEED, ENTROPY)
    missing = next(c for c in before.seats if c.seat_type == "TECHNICAL")
    standby = next(c for c in before.standbys if c.seat_type == "TECHNICAL")
    after = redraw_seat(before.record, SEED, missing.id)
    assert after.seats == tuple(standby if c == missing else c for c in before.seats)
    assert standby not in after.standbys
    assert after.record["redraws"] == [
        {"missing": missing.id, "unavailable": [], "replacement": standby.id, "source": "standby"}
    ]
    assert after.record["seats"] == before.record["seats"]
    assert replay(after.record, SEED) == after


def test_without_a_standby_the_pool_is_used_in_the_order_of_the_same_lots():
    before = draw(pool(), PLAN, SEED, ENTROPY)
    missing = next(c for c in before.seats if c.seat_type == "FINANCE")
    declined = next(c.id for c in before.standbys if c.seat_type == "FINANCE")
    after = redraw_seat(before.record, SEED, missing.id, unavailable=[declined])
    replacement = next(c for c in after.seats if c.seat_type == "FINANCE")
    assert after.record["redraws"][0]["source"] == "pool"
    third = draw(pool(), SeatPlan({"FINANCE": 3}, 0), SEED, ENTROPY).seats[2]
    assert replacement == third


def test_whoever_dropped_out_never_comes_back():
    result, gone = draw(pool(), PLAN, SEED, ENTROPY), set()
    for _ in range(9):
        out = next(c.id for c in result.seats if c.seat_type == "TECHNICAL")
        gone.add(out)
        result = redraw_seat(result.record, SEED, out)
        assert not gone & set(ids(result.seats))
    with pytest.raises(NotEnoughCandidates, match="已无可递补"):
        redraw_seat(result.record, SEED, next(c.id for c in result.seats if c.seat_type == "TECHNICAL"))
    assert replay(json.loads(json.dumps(result.record)), SEED) == result


@given(small_pools, small_plans, st.integers(0, 20), st.data())
def test_a_redraw_keeps_the_cap_per_unit(candidates, plan, n, data):
    try:
        before = draw(candidates, plan, seed_no(n), ENTROPY)
        after = redraw_seat(before.record, seed_no(n), data.draw(st.sampled_from(ids(before.seats))))
    except NotEnoughCandidates:
        return
    assert max(Counter(c.unit for c in after.seats).values()) == 1
    assert Counter(c.seat_type for c in after.seats) == Counter(c.seat_type for c in before.seats)


def test_half_of_a_mixed_panel_is_drawn_from_the_nominees_and_a_vacancy_stays_in_its_half():
    nominees = [Candidate(f"N{i}", "TECHNICAL/NOMINATED", f"unit-TECHNICAL-{i}") for i in range(6)]
    plan = SeatPlan({"TECHNICAL": 2, "TECHNICAL/NOMINATED": 2, "FINANCE": 1})
    panels = set()
    for n in range(30):
        result = draw([*pool(), *nominees], plan, seed_no(n), ENTROPY)
        nominated = [c for c in result.seats if c.seat_type == "TECHNICAL/NOMINATED"]
        panels.add(tuple(ids(nominated)))
        assert len(nominated) == 2
        assert max(Counter(c.unit for c in result.seats).values()) == 1, "the cap holds across both halves"
        after = redraw_seat(result.record, seed_no(n), nominated[0].id)
        assert next(c for c in after.seats if c not in result.seats).seat_type == "TECHNICAL/NOMINATED"
    assert len(panels) > 10, "being nominated seats nobody"


def test_a_redraw_refuses_who_holds_no_seat_and_who_still_holds_one():
    result = draw(pool(), PLAN, SEED, ENTROPY)
    with pytest.raises(ValueError, match="holds no seat"):
        redraw_seat(result.record, SEED, "nobody")
    with pytest.raises(ValueError, match="still on the panel"):
        redraw_seat(result.record, SEED, result.seats[0].id, unavailable=[result.seats[1].id])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"seed": b"short"}, "32 bytes"),
        ({"seed": SEED.hex()}, "32 bytes"),
        ({"public_entropy": "  "}, "public entropy is missing"),
        ({"candidates": [*pool(), *pool(1, 0, 0)]}, "listed more than once: T00"),
        ({"candidates": [Candidate("1", "A|B", "u")]}, "without '|'"),
        ({"candidates": [Candidate(7, "TECHNICAL", "u")]}, "both text"),
        ({"plan": SeatPlan({})}, "at least one seat"),
        ({"plan": SeatPlan({"TECHNICAL": -1, "FINANCE": 1})}, "no negative"),
        ({"unit_cap": 0}, "unit_cap"),
    ],
)
def test_input_that_would_spoil_the_draw_is_refused(change, fault):
    arguments = {"candidates": pool(), "plan": PLAN, "seed": SEED, "public_entropy": ENTROPY, **change}
    with pytest.raises(ValueError, match=fault):
        draw(**arguments)


def test_the_snapshot_digest_sees_every_change_but_not_the_order():
    candidates = pool()
    digest = snapshot_digest(candidates)
    assert snapshot_digest(candidates[::-1]) == digest
    for changed in (
        candidates[1:],
        [replace(candidates[0], unit="elsewhere"), *candidates[1:]],
        [replace(candidates[0], seat_type="FINANCE"), *candidates[1:]],
    ):
        assert snapshot_digest(changed) != digest


def test_seats_can_be_filled_only_by_moving_others():
    # A takes 甲 or 乙, B takes 甲 or 丙, C takes 甲: the last seat moves both of the others.
    supply = {("A", "甲"): 1, ("A", "乙"): 1, ("B", "甲"): 1, ("B", "丙"): 1, ("C", "甲"): 1}
    room = {"甲": 1, "乙": 1, "丙": 1}
    assert can_fill({"A": 1, "B": 1, "C": 1}, supply, room)
    assert not can_fill({"A": 1, "B": 2, "C": 1}, supply, room)
    assert not can_fill({"A": 1, "B": 1, "C": 1}, supply, {"甲": 1, "乙": 1})


def test_a_seat_may_return_to_a_unit_that_it_gave_up_before():
    # C pushes A from 甲 to 乙; then E needs 乙, so that A goes back to 甲, C to 丙 and B to 丁.
    supply = {("A", "甲"): 1, ("A", "乙"): 1, ("B", "丙"): 1, ("B", "丁"): 1}
    supply |= {("C", "甲"): 1, ("C", "丙"): 1, ("E", "乙"): 1}
    assert can_fill(dict.fromkeys("ABCE", 1), supply, dict.fromkeys("甲乙丙丁", 1))


def can_fill_by_trial(needs: tuple, room: tuple, supply: tuple) -> bool:
    """The same question by trying everything; kinds and units by position."""

    @cache
    def fits(needs, room, supply):
        kind = next((i for i, n in enumerate(needs) if n), None)
        if kind is None:
            return True
        return any(
            fits(
                less(needs, kind),
                less(room, unit),
                (*supply[:kind], less(supply[kind], unit), *supply[kind + 1 :]),
            )
            for unit in range(len(room))
            if room[unit] and supply[kind][unit]
        )

    def less(numbers, at):
        return (*numbers[:at], numbers[at] - 1, *numbers[at + 1 :])

    return fits(needs, room, supply)


def test_whether_seats_can_be_filled_agrees_with_trying_everything():
    random = Random(20260302)
    answers = Counter()
    for _ in range(10_000):
        density = random.random()
        needs = tuple(random.randint(0, 2) for _ in range(5))
        room = tuple(random.randint(0, 3) for _ in range(5))
        supply = tuple(tuple(random.randint(1, 2) if random.random() < density else 0 for _ in room) for _ in needs)
        named = {(str(i), str(j)): n for i, row in enumerate(supply) for j, n in enumerate(row)}
        answer = can_fill({str(i): n for i, n in enumerate(needs)}, named, {str(j): n for j, n in enumerate(room)})
        assert answer == can_fill_by_trial(needs, room, supply), (needs, room, supply)
        answers[answer] += 1
    assert min(answers.values()) > 2_000


def test_a_pool_of_five_thousand_is_drawn_within_a_second():
    sizes = {"TECHNICAL": 4000, "INDUSTRY": 500, "FINANCE": 500}
    candidates = [Candidate(f"{t}{i}", t, f"unit{i % 700}") for t, n in sizes.items() for i in range(n)]
    began = time.process_time()
    draw(candidates, SeatPlan({"TECHNICAL": 5, "INDUSTRY": 2, "FINANCE": 2}, 3), SEED, ENTROPY)
    assert time.process_time() - began < 1
