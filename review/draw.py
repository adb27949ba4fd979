"""The draw of a review panel: committed seed, strata, replayable (domain 3.4). No Django import.

1. Before the draw the system publishes `commit(seed)` and `snapshot_digest(candidates)`.
2. A public value that nobody could know at that time (a lottery result, a number called out by the
   witness) is the public entropy. The seed's owner cannot choose it, and it alone predicts nothing.
3. Every candidate gets a lot: HMAC-SHA256(key = SHA-256(seed ‖ entropy), message = seat type | id).
   Candidates are taken in the order of their lots.
4. After the round the seed is revealed, and anyone repeats the draw from its record with `replay`.

Why the order is uniform: HMAC under a secret random key behaves as a random function, so the lots of
different candidates are independent, uniform 256-bit numbers, and the order of independent uniform
numbers is every permutation with the same probability (equal lots have probability 2^-256 per pair).
A lot depends on its candidate alone: neither the order of input nor other candidates can move it.

The cap per unit comes on top: a candidate is passed over when the unit has sent its share, or when
taking this person would leave another seat that nobody could fill. The panel is therefore the first
one in the order of the lots among all panels that keep the rules, a candidate who gets no seat changes
nothing for the others, and a large unit's members have a smaller chance each, as the cap intends.

A seat type is any name. A mixed panel (domain 2.5: half recommended by the department, half from the
pool) is a plan with a seat type of its own for the nominees, say "TECHNICAL/NOMINATED": they are drawn
by lot among themselves, and the cap per unit holds across both halves.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from review.panel_fit import can_fill

ALGORITHM = "hmac-sha256-lots/1"
SEED_BYTES = 32


@dataclass(frozen=True)
class Candidate:
    """An eligible expert, conflicts and caps per year already filtered. `unit` is the legal person."""

    id: str
    seat_type: str
    unit: str


@dataclass(frozen=True)
class SeatPlan:
    """Seats per seat type, and how many standbys each type gets."""

    seats: Mapping[str, int]
    standby_per_type: int = 1


@dataclass(frozen=True)
class DrawResult:
    """The panel and its standbys in the order of their lots; `record` is all that `replay` needs.

    After a redraw `seats` and `standbys` are the present ones, while `record["seats"]` keeps the
    original draw and `record["redraws"]` every replacement.
    """

    seats: tuple[Candidate, ...]
    standbys: tuple[Candidate, ...]
    record: dict[str, Any] = field(compare=False)

    def standby_gaps(self, plan: SeatPlan) -> dict[str, int]:
        """Seat types that have fewer standbys than planned, with how many are missing."""
        have = Counter(s.seat_type for s in self.standbys)
        gaps = {kind: plan.standby_per_type - have[kind] for kind, n in plan.seats.items() if n}
        return {kind: gap for kind, gap in gaps.items() if gap > 0}


class NotEnoughCandidates(ValueError):
    """The pool cannot fill the plan. `shortages`: seat type → (seats needed, candidates at hand)."""

    def __init__(self, message: str, shortages: dict[str, tuple[int, int]]) -> None:
        super().__init__(message)
        self.shortages = shortages


class ReplayMismatch(ValueError):
    """The record does not follow from the seed. `field` names the first entry that differs."""

    def __init__(self, field: str, because: str = "") -> None:
        super().__init__(f"抽取记录的“{field}”与重放结果不一致。{because}")
        self.field = field


def commit(seed: bytes) -> str:
    """SHA-256 of the seed in hex, published before the draw. Raises ValueError unless 32 bytes long.

    The seed must be random (`secrets.token_bytes(32)`), else it could be guessed from the commitment.
    """
    return hashlib.sha256(_seed(seed)).hexdigest()


def snapshot_digest(candidates: Sequence[Candidate]) -> str:
    """SHA-256 in hex of the candidate set, independent of its order. Raises ValueError for a double id."""
    text = json.dumps(_rows(candidates), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def draw(
    candidates: Sequence[Candidate],
    plan: SeatPlan,
    seed: bytes,
    public_entropy: str,
    *,
    unit_cap: int = 1,
    filters: Mapping[str, int] | None = None,
) -> DrawResult:
    """Draw a panel and its standbys (domain 3.4).

    `unit_cap`: how many members one legal unit may send. `filters`: what the caller sorted out before
    and how many that were, for the record. A standby comes from a unit that has room beside the whole
    panel, so that one can step in for anybody; where such people lack there are fewer (`standby_gaps`).
    Raises NotEnoughCandidates when the plan cannot be filled, ValueError for a wrong seed, blank
    entropy, double ids or negative counts.
    """
    _check(plan, unit_cap, public_entropy)
    rows, counts = _rows(candidates), dict(filters or {})
    order = _by_lot(candidates, seed, public_entropy)
    seats, passed_over = _take(order, plan, unit_cap)
    standbys = _standbys(order, seats, plan, unit_cap)
    record = {
        "algorithm": ALGORITHM,
        "seed_commitment": commit(seed),
        "public_entropy": public_entropy,
        "candidate_digest": snapshot_digest(candidates),
        "candidates": rows,
        "filters": counts,
        "plan": {"seats": dict(plan.seats), "standby_per_type": plan.standby_per_type},
        "unit_cap": unit_cap,
        "lots_digest": hashlib.sha256(json.dumps([c.id for c in order]).encode()).hexdigest(),
        "seats": [c.id for c in seats],
        "standbys": [c.id for c in standbys],
        "passed_over": passed_over,
        "redraws": [],
    }
    return DrawResult(tuple(seats), tuple(standbys), record)


def replay(record: Mapping[str, Any], seed: bytes) -> DrawResult:
    """Repeat a recorded draw and all its redraws. Raises ReplayMismatch that names the first difference.

    `filters` cannot be recomputed here; like the record as a whole it is guarded by the audit chain.
    """
    try:
        return _replayed(record, seed)
    except ReplayMismatch:
        raise
    except KeyError as missing:
        raise ReplayMismatch(str(missing.args[0]), "记录中没有这一项。") from missing
    except (TypeError, ValueError, AttributeError) as fault:
        raise ReplayMismatch("record", f"记录无法重放：{fault}") from fault


def _replayed(record: Mapping[str, Any], seed: bytes) -> DrawResult:
    if record["algorithm"] != ALGORITHM:
        raise ReplayMismatch("algorithm", f"本程序只能重放 {ALGORITHM}。")
    if record["seed_commitment"] != commit(seed):
        raise ReplayMismatch("seed_commitment", "公开的种子与抽取前的承诺不符。")
    candidates = [Candidate(*row) for row in record["candidates"]]
    with _fault_of("candidates"):
        digest = snapshot_digest(candidates)
    if record["candidate_digest"] != digest:
        raise ReplayMismatch("candidate_digest", "候选名单在抽取后被改动。")
    plan = SeatPlan(record["plan"]["seats"], record["plan"]["standby_per_type"])
    entropy, unit_cap, filters = record["public_entropy"], record["unit_cap"], record["filters"]
    with _fault_of("plan"):
        result = draw(candidates, plan, seed, entropy, unit_cap=unit_cap, filters=filters)
    for name in ("candidates", "lots_digest", "seats", "standbys", "passed_over"):
        if record[name] != result.record[name]:
            raise ReplayMismatch(name)
    for no, step in enumerate(record["redraws"], start=1):
        with _fault_of(f"redraws[{no}]"):
            result = _redraw(result, seed, step["missing"], step["unavailable"])
        if step != result.record["redraws"][-1]:
            raise ReplayMismatch(f"redraws[{no}]")
    return result


@contextmanager
def _fault_of(field: str) -> Iterator[None]:
    """A value that no draw would have accepted is a difference of its own field."""
    try:
        yield
    except ValueError as fault:
        raise ReplayMismatch(field, f"记录无法重放：{fault}") from fault


def redraw_seat(
    record: Mapping[str, Any], seed: bytes, missing: str, *, unavailable: Collection[str] = ()
) -> DrawResult:
    """Fill the one seat that `missing` leaves; nobody else moves (domain 3.4).

    First the standbys of that seat type in their order, then the rest of the pool in the order of the
    lots of the original draw, so that nobody can try again until a wanted name comes up. `unavailable`:
    ids that were asked and declined or must now be recused; they stay out for the rest of the round.
    Raises ReplayMismatch when the record was tampered with, ValueError when `missing` holds no seat,
    NotEnoughCandidates when nobody is left.
    """
    return _redraw(replay(record, seed), seed, missing, unavailable)


def _redraw(before: DrawResult, seed: bytes, missing: str, unavailable: Collection[str]) -> DrawResult:
    record = before.record
    gone = {missing, *unavailable}
    for step in record["redraws"]:
        gone |= {step["missing"], *step["unavailable"]}
    left = next((c for c in before.seats if c.id == missing), None)
    if left is None:
        raise ValueError(f"{missing} holds no seat of this panel")
    staying = [c for c in before.seats if c.id != missing]
    seated = sorted(c.id for c in staying if c.id in unavailable)
    if seated:
        raise ValueError(f"still on the panel, redraw their seats one by one: {', '.join(seated)}")
    used = Counter(c.unit for c in staying)
    standbys = [c for c in before.standbys if c.id not in gone]
    pool = _by_lot([Candidate(*row) for row in record["candidates"]], seed, record["public_entropy"])
    barred = gone | {c.id for c in staying}
    fit = (
        c
        for c in (*standbys, *pool)
        if c.seat_type == left.seat_type and c.id not in barred and used[c.unit] < record["unit_cap"]
    )
    found = next(fit, None)
    if found is None:
        message = f"{left.seat_type} 席已无可递补的专家，请补充专家库后另行抽取。"
        raise NotEnoughCandidates(message, {left.seat_type: (1, 0)})
    step = {
        "missing": missing,
        "unavailable": sorted(unavailable),
        "replacement": found.id,
        "source": "standby" if found in standbys else "pool",
    }
    seats = tuple(found if c.id == missing else c for c in before.seats)
    standbys = [c for c in standbys if c.id != found.id]
    return DrawResult(seats, tuple(standbys), {**record, "redraws": [*record["redraws"], step]})


def _by_lot(candidates: Sequence[Candidate], seed: bytes, public_entropy: str) -> list[Candidate]:
    key = hashlib.sha256(_seed(seed) + public_entropy.encode()).digest()

    def lot(c: Candidate) -> tuple[bytes, str]:
        return hmac.digest(key, f"{c.seat_type}|{c.id}".encode(), "sha256"), c.id

    return sorted(candidates, key=lot)


def _take(order: list[Candidate], plan: SeatPlan, unit_cap: int) -> tuple[list[Candidate], list[str]]:
    """The first panel in the order of lots, and the ids passed over while their seat type was open."""
    needs = Counter({kind: n for kind, n in plan.seats.items() if n})
    supply = Counter((c.seat_type, c.unit) for c in order)
    room = {c.unit: unit_cap for c in order}
    if not can_fill(needs, supply, room):
        raise _shortage(order, plan, unit_cap)
    seats: list[Candidate] = []
    passed_over: list[str] = []
    for c in order:
        supply[c.seat_type, c.unit] -= 1
        if not needs[c.seat_type]:
            continue
        if room[c.unit] and can_fill(needs - Counter([c.seat_type]), supply, {**room, c.unit: room[c.unit] - 1}):
            needs[c.seat_type] -= 1
            room[c.unit] -= 1
            seats.append(c)
        else:
            passed_over.append(c.id)
    return seats, passed_over


def _standbys(order: list[Candidate], seats: list[Candidate], plan: SeatPlan, unit_cap: int) -> list[Candidate]:
    used, seated = Counter(c.unit for c in seats), {c.id for c in seats}
    left = Counter({kind: plan.standby_per_type for kind, n in plan.seats.items() if n})
    standbys = []
    for c in order:
        if c.id not in seated and left[c.seat_type] > 0 and used[c.unit] < unit_cap:
            left[c.seat_type] -= 1
            standbys.append(c)
    return standbys


def _shortage(order: list[Candidate], plan: SeatPlan, unit_cap: int) -> NotEnoughCandidates:
    have = Counter(c.seat_type for c in order)
    short = {kind: (n, have[kind]) for kind, n in sorted(plan.seats.items()) if have[kind] < n}
    if short:
        parts = "，".join(f"{kind} 席需 {need} 人而候选 {got} 人" for kind, (need, got) in short.items())
        return NotEnoughCandidates(f"{parts}。请扩充专家库或调整席位后再抽取。", short)
    message = f"各席位候选人数足够，但每单位至多 {unit_cap} 人时无法凑齐。请增加其他单位的专家后再抽取。"
    return NotEnoughCandidates(message, {kind: (n, have[kind]) for kind, n in sorted(plan.seats.items())})


def _rows(candidates: Sequence[Candidate]) -> list[list[str]]:
    ids = Counter(c.id for c in candidates)
    double = sorted(i for i, n in ids.items() if n > 1)
    if double:
        raise ValueError(f"a candidate is listed more than once: {', '.join(double)}")
    for c in candidates:
        if not (isinstance(c.id, str) and c.id and c.seat_type) or "|" in c.seat_type:
            raise ValueError(f"a candidate needs an id and a seat type without '|', both text: {c!r}")
    return sorted([c.id, c.seat_type, c.unit] for c in candidates)


def _seed(seed: bytes) -> bytes:
    if not isinstance(seed, bytes) or len(seed) != SEED_BYTES:
        raise ValueError(f"the seed must be {SEED_BYTES} bytes")
    return seed


def _check(plan: SeatPlan, unit_cap: int, public_entropy: str) -> None:
    if not any(plan.seats.values()) or min(plan.seats.values()) < 0 or plan.standby_per_type < 0:
        raise ValueError("a plan needs at least one seat and no negative numbers")
    if unit_cap < 1:
        raise ValueError("unit_cap must be at least 1")
    if not public_entropy.strip():
        raise ValueError("public entropy is missing: without it the seed's owner could try seeds beforehand")
