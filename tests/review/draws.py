"""Draw records as the platform hands them out, made without the platform: for the tests of the replay.

The chain around them is computed here from the published formula.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from review.draw import Candidate, DrawResult, NotEnoughCandidates, SeatPlan, commit, draw, redraw_seat, snapshot_digest

SEED = bytes(range(32))
KINDS = ["FINANCE", "TECHNICAL", "TECHNICAL/NOMINATED"]
AT = "2026-05-11T0{n}:00:00.000000+00:00"


def sha256_of(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Chain:
    """Entries one behind the other, each with a stranger's entry between."""

    def __init__(self) -> None:
        self.seq, self.head = 40, "e" * 64
        self.links: list[tuple[int, list[str]]] = []
        self.entries: list[dict[str, Any]] = []

    def add(self, transition: str, actor: int | None, name: str, role: str, payload: dict[str, Any]) -> None:
        told = {
            "at": AT.format(n=len(self.entries)), "actor_id": actor, "actor_name": name, "role": role,
            "object_type": "review.reviewround", "object_id": "7", "transition": transition,
            "from_state": "DRAWING", "to_state": "CONFIRMED",
        }  # fmt: skip
        self._link(sha256_of(["something else"]))
        before = self.head
        digest = sha256_of([*told.values(), "", sha256_of(payload)])
        self._link(digest)
        entry = {**told, "reason": "", "payload": payload, "seq": self.seq, "prev_hash": before}
        self.entries.append({**entry, "recorded_at": AT.format(n=8), "hash": self.head})

    def _link(self, digest: str) -> None:
        recorded_at = AT.format(n=8)
        self.seq += 1
        self.head = hashlib.sha256(f"{self.seq}|{self.head}|{digest}|{recorded_at}".encode()).hexdigest()
        self.links.append((self.seq, [digest, recorded_at]))

    def proofs(self) -> list[dict[str, Any]]:
        anchor = {"seq": self.seq, "hash": self.head}
        return [
            {"entry": entry, "links": [link for seq, link in self.links if seq > entry["seq"]], "anchor": anchor}
            for entry in self.entries
        ]


def document_of(result: DrawResult, seed: bytes, about: str, called_out: str = "") -> dict[str, Any]:
    """`record.json` of a draw; `called_out` is already part of the record's entropy."""
    record, chain = result.record, Chain()
    entropy = record["public_entropy"].split("|")[0]
    committed = {name: record[name] for name in ("seed_commitment", "candidate_digest", "filters")}
    chain.add("begin_draw", 3, "经办人", "OFF", {**committed, "public_entropy": entropy, "about": about})
    for count in range(len(record["redraws"]) + 1):
        digest = {"draw_digest": sha256_of({**record, "redraws": record["redraws"][:count]})}
        if count:
            chain.add("redraw", None, "系统", "SYSTEM", digest)
        else:
            chain.add("draw", 4, "监督员", "SUP", {**digest, "called_out": called_out})
    document = {
        "format": "jiebang-draw-1", "about": about, "record": record, "seed": seed.hex(),
        "witness": {"name": "监督员", "role": "SUP"}, "committed_at": AT.format(n=0), "drawn_at": AT.format(n=1),
        "revealed_at": AT.format(n=9), "labels": {"C01": "单位回避", "TECHNICAL": "技术"}, "proofs": chain.proofs(),
    }  # fmt: skip
    return json.loads(json.dumps(document))  # as from a file: no part of it is another part


def with_redraws(result: DrawResult, seed: bytes, missing: list[int], declined: list[int]) -> DrawResult:
    """Redraw the seats at these places, one after the other, as long as somebody is left."""
    for at, other in zip(missing, declined, strict=True):
        names = [row[0] for row in result.record["candidates"]]
        seated = {c.id for c in result.seats}
        away = {names[other % len(names)]} - seated
        try:
            result = redraw_seat(result.record, seed, result.seats[at % len(result.seats)].id, unavailable=away)
        except NotEnoughCandidates:
            break
    return result


@st.composite
def documents(make: st.DrawFn) -> dict[str, Any]:
    """Any draw that can be made, of several strata, units and caps, with filters, redraws and standbys."""
    rows = make(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("甲乙丙丁戊己")), min_size=4, max_size=24))
    candidates = [Candidate(f"{n * 7919 % 97:02x}{n}", kind, unit) for n, (kind, unit) in enumerate(rows)]
    have = {kind: sum(c.seat_type == kind for c in candidates) for kind in KINDS}
    seats = {kind: make(st.integers(0, min(3, n))) for kind, n in have.items()}
    plan, cap = SeatPlan(seats, make(st.integers(0, 2))), make(st.integers(1, 3))
    seed = make(st.binary(min_size=32, max_size=32))
    filters = make(st.dictionaries(st.sampled_from(["C01", "FIELD", "YEARLY_CAP"]), st.integers(1, 9)))
    called_out = make(st.sampled_from(["", "703", "春眠不觉晓"]))
    entropy = "|".join(filter(None, ["ab" * 32, called_out]))
    try:
        result = draw(candidates, plan, seed, entropy, unit_cap=cap, filters=filters)
    except (NotEnoughCandidates, ValueError):
        result = draw(candidates, SeatPlan({candidates[0].seat_type: 1}, 1), seed, entropy, filters=filters)
    places = make(st.lists(st.integers(0, 9), max_size=3))
    result = with_redraws(result, seed, places, [place * 5 + 1 for place in places])
    return document_of(result, seed, "SD-2026-01-001 第1轮评审", called_out)


def example(redraws: int = 2) -> dict[str, Any]:
    """One fixed record: seven seats of three strata, a unit of four people, two redraws."""
    candidates = [Candidate(f"t{n:02d}", "TECHNICAL", f"u{min(n, 8)}") for n in range(12)]
    candidates += [Candidate(f"n{n:02d}", "TECHNICAL/NOMINATED", f"v{n}") for n in range(6)]
    candidates += [Candidate(f"f{n:02d}", "FINANCE", f"u{n}") for n in range(4)]
    plan = SeatPlan({"TECHNICAL": 3, "TECHNICAL/NOMINATED": 3, "FINANCE": 1})
    result = draw(candidates, plan, SEED, "ab" * 32 + "|703", filters={"C01": 7, "YEARLY_CAP": 3})
    result = with_redraws(result, SEED, [0, 4][:redraws], [3, 11][:redraws])
    assert commit(SEED) == result.record["seed_commitment"]
    assert snapshot_digest(candidates) == result.record["candidate_digest"]
    return document_of(result, SEED, "SD-2026-01-001 第1轮评审", "703")
