"""What a proven draw was, in plain Chinese lines; `scripts/replay-draw` prints the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from review.draw import Candidate, DrawResult

SOURCES = {"standby": "备选", "pool": "候选名单"}


def summary(document: dict[str, Any], result: DrawResult) -> Iterator[str]:
    """`result`: what the replay gave."""
    record, labels = document["record"], document["labels"]

    def named(code: str) -> str:
        return f"{code}（{labels[code]}）" if labels.get(code, code) != code else code

    yield document["about"]
    yield f"算法 {record['algorithm']}，种子与抽取前的承诺 {record['seed_commitment']} 一致"
    out = "，".join(f"{named(code)} {n}" for code, n in sorted(record["filters"].items())) or "无"
    yield f"专家库 {len(record['candidates']) + sum(record['filters'].values())} 人，抽取前剔除：{out}"
    yield f"进入抽取 {len(record['candidates'])} 人，每单位至多 {record['unit_cap']} 人"
    by_id = {row[0]: Candidate(*row) for row in record["candidates"]}
    for what, ids in (("席位", record["seats"]), ("备选", record["standbys"])):
        for kind in sorted(record["plan"]["seats"]):
            own = [name for name in ids if by_id[name].seat_type == kind]
            if own:
                yield f"{what} {named(kind)} {len(own)} 人：{_listed(own)}"
    if record["passed_over"]:
        yield f"抽到而因单位上限未入席：{_listed(record['passed_over'])}"
    for no, step in enumerate(record["redraws"], start=1):
        away = f"；当时不能参加：{_listed(step['unavailable'])}" if step["unavailable"] else ""
        source = SOURCES[step["source"]]
        yield f"递补 {no}：{step['missing']} 退出，{step['replacement']} 递补（来自{source}）{away}"
    if record["redraws"]:
        yield f"现评审组：{_listed(c.id for c in result.seats)}"
    yield from _on_record(document)
    yield "✓ 重放一致：抽取结果由事先承诺的种子和名单逐位决定，与审计链相符。"


def _on_record(document: dict[str, Any]) -> Iterator[str]:
    for proof, what in zip(document["proofs"], _steps(len(document["proofs"])), strict=True):
        entry, anchor = proof["entry"], proof["anchor"]
        leads = f"通到第 {anchor['seq']} 条的锚点 {anchor['hash']}" if anchor else "尚未锚定，稍后重新下载可核验到锚点"
        yield f"{what}：审计链第 {entry['seq']} 条，{entry['at']}，{entry['actor_name']}；{leads}"


def _steps(count: int) -> list[str]:
    return ["承诺", "抽取", *(f"递补 {no}" for no in range(1, count - 1))]


def _listed(ids: Iterable[str]) -> str:
    return " ".join(ids)
