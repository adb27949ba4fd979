"""Instances and results as JSON files: `in.json` is read strictly, `out.json` appears whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.matching.instance import LARGEST_AFFINITY, BadInstance, Expert, Instance, Proposal
from review.matching.relaxations import Infeasible
from review.matching.solver import Match


def read_instance(path: Path) -> Instance:
    """Raises BadInstance with a sentence that names the field and the cure; OSError when unreadable.

    Beside the four keys of the contract: `affinity_sparse` [[proposal, expert, number], …] instead of
    `affinity` (what is not listed is 0), a proposal's `class_mix` {class: minimum}, an expert's `class`,
    `unit_exceptions` [[proposal, unit, how many more], …]. Other keys are ignored.
    """
    try:
        data = json.loads(path.read_bytes())
    except ValueError as fault:  # both bad JSON and bad UTF-8
        raise BadInstance(f"文件不是有效的 JSON（UTF-8）：{fault}。") from fault
    return instance_of(data)


def instance_of(data: Any) -> Instance:
    if not isinstance(data, dict):
        raise BadInstance("文件最外层应为对象，含 proposals、experts、affinity、conflicts。")
    proposals = [_proposal(no, row) for no, row in enumerate(_list(data, "proposals"))]
    experts = [_expert(no, row) for no, row in enumerate(_list(data, "experts"))]
    if ("affinity" in data) == ("affinity_sparse" in data):
        raise BadInstance("affinity 与 affinity_sparse 应给出且只给出一个。")
    if "affinity" in data:
        affinity = _dense(_list(data, "affinity"), len(proposals), len(experts))
    else:
        affinity = _sparse(data, proposals, experts)
    conflicts = _rows(data, "conflicts", "[申请编号, 专家编号]", (str, str))
    exceptions = _rows(
        {"unit_exceptions": [], **data}, "unit_exceptions", "[申请编号, 单位, 可多派人数]", (str, str, int)
    )
    more = {(proposal, unit): count for proposal, unit, count in exceptions}
    return Instance(proposals, experts, affinity, frozenset((p, e) for p, e in conflicts), more)


def data_of(instance: Instance) -> dict[str, Any]:
    """What `instance_of` reads back to the same instance."""
    return {
        "proposals": [
            {"id": p.id, "demand": p.demand, "unit": p.unit, "class_mix": dict(p.class_mix)} for p in instance.proposals
        ],
        "experts": [
            {"id": e.id, "unit": e.unit, "min_load": e.min_load, "max_load": e.max_load, "class": e.expert_class}
            for e in instance.experts
        ],
        "affinity": instance.affinity.tolist(),
        "conflicts": [list(pair) for pair in sorted(instance.conflicts)],
        "unit_exceptions": [[bid, unit, more] for (bid, unit), more in sorted(instance.unit_exceptions.items())],
    }


def result_of(match: Match) -> dict[str, Any]:
    return {"pairs": [list(pair) for pair in match.pairs], "stats": match.stats}


def refusal_of(refused: Infeasible, seconds: float) -> dict[str, Any]:
    cost = sum(r.cost for r in refused.relaxations)
    return {
        "pairs": [],
        "stats": {"seconds": round(seconds, 3), "mean_affinity": None, "worst_proposal": None, "relaxation_cost": cost},
        "relaxations": [r.as_json() for r in refused.relaxations],
    }


def write_whole(path: Path, data: dict[str, Any]) -> None:
    """Write beside and rename, so that nobody ever reads half a file. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _list(data: dict[str, Any], key: str) -> list[Any]:
    if not isinstance(data.get(key), list):
        raise BadInstance(f"{key} 应为列表{'，实为别的值' if key in data else '，但没有给出'}。")
    return list(data[key])


def _rows(data: dict[str, Any], key: str, shape: str, types: tuple[Any, ...]) -> list[list[Any]]:
    rows = _list(data, key)
    for no, row in enumerate(rows):
        fits = isinstance(row, list) and len(row) == len(types)
        if not fits or not all(isinstance(v, t) and v is not True for v, t in zip(row, types, strict=True)):
            raise BadInstance(f"{key}[{no}] 应为 {shape}，实为 {row!r}。")
    return rows


def _proposal(no: int, row: Any) -> Proposal:
    _object("proposals", no, row, {"id", "demand"})
    mix = row.get("class_mix") or {}
    if not isinstance(mix, dict):
        raise BadInstance(f"proposals[{no}].class_mix 应为“类别：最少人数”的对象，实为 {mix!r}。")
    return Proposal(row["id"], row["demand"], row.get("unit") or "", mix)


def _expert(no: int, row: Any) -> Expert:
    _object("experts", no, row, {"id", "max_load"})
    return Expert(row["id"], row.get("unit") or "", row.get("min_load", 0), row["max_load"], row.get("class") or "")


def _object(key: str, no: int, row: Any, needed: set[str]) -> None:
    if not isinstance(row, dict):
        raise BadInstance(f"{key}[{no}] 应为对象，实为 {row!r}。")
    if missing := sorted(needed - set(row)):
        raise BadInstance(f"{key}[{no}] 缺少 {'、'.join(missing)}，请补上。")


def _dense(rows: list[Any], height: int, width: int) -> NDArray[np.float64]:
    if len(rows) != height:
        raise BadInstance(f"affinity 有 {len(rows)} 行，应与 proposals 一样为 {height} 行。")
    matrix = np.empty((height, width))
    for no, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            size = len(row) if isinstance(row, list) else "不是列表"
            raise BadInstance(f"affinity[{no}] 应为 {width} 个数（每名专家一个），实为 {size}。")
        if not {type(v) for v in row} <= {float, int}:
            raise BadInstance(f"affinity[{no}] 中有不是数的值；没有亲和度时请填 0。")
        try:
            matrix[no] = row
        except OverflowError as fault:
            raise BadInstance(f"affinity[{no}] 中有过大的数，应在 ±{LARGEST_AFFINITY:g} 以内。") from fault
    return matrix


def _sparse(data: dict[str, Any], proposals: list[Proposal], experts: list[Expert]) -> NDArray[np.float64]:
    rows = _rows(data, "affinity_sparse", "[申请编号, 专家编号, 亲和度]", (str, str, (int, float)))
    row_of, column_of = {p.id: no for no, p in enumerate(proposals)}, {e.id: no for no, e in enumerate(experts)}
    matrix = np.zeros((len(proposals), len(experts)))
    for no, (proposal, expert, value) in enumerate(rows):
        if proposal not in row_of or expert not in column_of:
            raise BadInstance(f"affinity_sparse[{no}] 指向不存在的编号：{proposal}、{expert}。")
        matrix[row_of[proposal], column_of[expert]] = value
    return matrix
