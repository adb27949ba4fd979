"""Whether `record.json` proves its draw: replayed bit for bit, and as the audit chain has it (domain 3.4).

`manage.py replay_draw` asks here. `scripts/replay-draw` says the same in the same words without this
project; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.draw import ALGORITHM, SEED_BYTES, DrawResult, ReplayMismatch, replay
from workflows.audit import link_hash
from workflows.canonical import sha256_of
from workflows.draw_shape import Malformed

UNLIKE = "与重放结果不一致。"
COMMITTED = ("seed_commitment", "candidate_digest", "filters")
BECAUSE = {
    "algorithm": f"本程序只能重放 {ALGORITHM}。",
    "seed_commitment": "种子与抽取前的承诺不符。",
    "candidates": "候选名单有重复或不合规的编号，或次序被改动。",
    "candidate_digest": "候选名单与它的摘要不符。",
    "plan": "按记录的名单、席位和单位上限抽不出评审组。",
}
TOLD = ("at", "actor_id", "actor_name", "role", "object_type", "object_id", "transition", "from_state", "to_state")


class Differs(ValueError):
    """`field`: the first place of the document that is not what it should be."""

    def __init__(self, field: str, because: str) -> None:
        super().__init__(f"✗ {field}：{because}")
        self.field = field


def check(document: dict[str, Any], seed_hex: str | None = None) -> DrawResult:
    """Replay and compare with the chain. Raises Differs, or Malformed when there is no seed to replay with."""
    seed = _seed(seed_hex or document["seed"])
    try:
        result = replay(document["record"], seed)
    except ReplayMismatch as mismatch:
        raise Differs(f"record.{mismatch.field}", BECAUSE.get(mismatch.field, UNLIKE)) from mismatch
    for no, proof in enumerate(document["proofs"], start=1):
        _check_proof(proof, f"proofs[{no}]")
    for field, holds, because in _agreement(document):
        if not holds:
            raise Differs(field, because)
    return result


def _seed(text: str | None) -> bytes:
    if text is None:
        raise Malformed("记录里还没有种子：评审结束后公开，届时重新下载；已知种子可用 --seed 给出。")
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES or len(text) != 2 * SEED_BYTES:
        raise Malformed("种子应是 64 位十六进制数，请核对后重试。")
    return seed


def _check_proof(proof: Mapping[str, Any], path: str) -> None:
    """The entry matches its link, and its links lead to its anchor."""
    entry, anchor = proof["entry"], proof["anchor"]
    digest = sha256_of([*(entry[name] for name in TOLD), entry["reason"], sha256_of(entry["payload"])])
    seq, head = entry["seq"], link_hash(entry["seq"], entry["prev_hash"], digest, entry["recorded_at"])
    if head != entry["hash"]:
        raise Differs(f"{path}.entry", "审计记录与它的链接值不符。")
    for digest, recorded_at in proof["links"]:
        seq += 1
        head = link_hash(seq, head, digest, recorded_at)
    if (anchor is None and proof["links"]) or (anchor is not None and (seq, head) != (anchor["seq"], anchor["hash"])):
        raise Differs(f"{path}.anchor", "链条通不到它所称的锚点。")


def _agreement(document: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """(field, whether the record and the chain's entries say the same there, what is wrong otherwise)."""
    record, entries = document["record"], [proof["entry"] for proof in document["proofs"]]
    redraws = record["redraws"]
    yield "record.redraws", len(entries) == 2 + len(redraws), "承诺、抽取和每次递补应各有一条审计记录。"
    committed, drawn = entries[:2]
    steps = ["begin_draw", "draw", *["redraw"] * len(redraws)]
    for no, (entry, step) in enumerate(zip(entries, steps, strict=True), start=1):
        yield f"proofs[{no}].entry.transition", entry["transition"] == step, f"这一条审计记录应是 {step}。"
        same = all(entry[name] == committed[name] for name in ("object_type", "object_id"))
        yield f"proofs[{no}].entry.object_id", same, "这一条审计记录属于另一轮评审。"
        ordered = no == 1 or entry["seq"] > entries[no - 2]["seq"]
        yield f"proofs[{no}].entry.seq", ordered, "这一条审计记录应在前一条之后：先承诺，后抽取。"
    for name in COMMITTED:
        yield f"record.{name}", record[name] == committed["payload"].get(name), "与抽取前上链的不一致。"
    parts = [committed["payload"].get("public_entropy"), drawn["payload"].get("called_out")]
    same = record["public_entropy"] == "|".join(str(part) for part in parts if part)
    yield "record.public_entropy", same, "与上链的标书摘要和现场报出的内容不一致。"
    for no, entry in enumerate(entries[1:]):
        same = entry["payload"].get("draw_digest") == sha256_of({**record, "redraws": redraws[:no]})
        yield f"proofs[{no + 2}].entry.payload.draw_digest", same, "上链的摘要与这份记录不符。"
    yield "about", document["about"] == committed["payload"].get("about"), "与上链的评审轮次不一致。"
    yield "committed_at", document["committed_at"] == committed["at"], "与审计记录的时间不一致。"
    yield "drawn_at", document["drawn_at"] == drawn["at"], "与审计记录的时间不一致。"
    yield "witness.name", document["witness"]["name"] == drawn["actor_name"], "与执行抽取的人不一致。"
    yield "witness.role", document["witness"]["role"] == drawn["role"], "与执行抽取的人的角色不一致。"
    yield "proofs[2].entry.actor_id", drawn["actor_id"] != committed["actor_id"], "见证人就是启动抽取的人。"
