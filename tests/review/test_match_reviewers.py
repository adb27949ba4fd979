"""`manage.py match_reviewers`: the files and exit codes others rely on."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.review import matching_verifier as verifier
from tests.review.matching_cases import case, made_up


def run(folder: Path, data) -> tuple[int, dict | None, str]:
    """Exit code, out.json (None when there is none) and what was said."""
    source, out, said = folder / "in.json", folder / "out.json", io.StringIO()
    source.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    code = 0
    try:
        call_command("match_reviewers", instance=source, out=out, stdout=said, stderr=said)
    except CommandError as refused:
        code = refused.returncode
        said.write(str(refused))
    return code, json.loads(out.read_text(encoding="utf-8")) if out.exists() else None, said.getvalue()


def only_contract_keys(data: dict) -> dict:
    return {
        "proposals": [{key: p[key] for key in ("id", "demand", "unit")} for p in data["proposals"]],
        "experts": [{key: e[key] for key in ("id", "unit", "min_load", "max_load")} for e in data["experts"]],
        "affinity": data["affinity"],
        "conflicts": data["conflicts"],
    }


def test_a_feasible_instance_is_answered_with_exit_code_0(tmp_path):
    data = only_contract_keys(made_up(0))
    code, out, said = run(tmp_path, data)
    assert code == 0
    assert verifier.faults(data, out) == []
    assert {"seconds", "mean_affinity", "worst_proposal"} <= set(out["stats"])
    assert "relaxations" not in out
    assert "已分配 72 对" in said


def test_the_same_input_gives_the_same_file_but_for_the_seconds(tmp_path):
    texts = []
    for _ in range(2):
        _code, out, _said = run(tmp_path, made_up(2))
        out["stats"]["seconds"] = 0
        texts.append(json.dumps(out))
    assert texts[0] == texts[1]


def test_an_infeasible_instance_is_answered_with_exit_code_2_and_what_would_help(tmp_path):
    code, out, said = run(tmp_path, case([[0.5], [0.5]], loads={0: (0, 1)}))
    assert code == 2
    sentence = "专家 E0 的最多承担数由 1 份增为 2 份。"
    assert out["relaxations"] == [{"kind": "max_load", "expert": "E0", "by": 1, "cost": 3, "sentence": sentence}]
    assert out["pairs"] == []
    assert out["stats"]["relaxation_cost"] == 3
    assert sentence in said


def test_the_process_itself_ends_with_the_code(tmp_path):
    (tmp_path / "in.json").write_text(json.dumps(case([[0.5]], conflicts=[(0, 0)])), encoding="utf-8")
    command = [sys.executable, "manage.py", "match_reviewers", "--instance", str(tmp_path / "in.json")]
    done = subprocess.run([*command, "--out", str(tmp_path / "out.json")], cwd=settings.BASE_DIR, capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "申请 P0 的评审人数由 1 人减为 0 人。" in done.stderr.decode()


def test_affinities_may_be_listed_one_by_one(tmp_path):
    data = case([[0.0, 0.9], [0.8, 0.0]])
    data["affinity_sparse"] = [["P0", "E1", 0.9], ["P1", "E0", 0.8]]
    _code, dense, _said = run(tmp_path, {k: v for k, v in data.items() if k != "affinity_sparse"})
    _code, sparse, _said = run(tmp_path, {k: v for k, v in data.items() if k != "affinity"})
    assert dense["pairs"] == sparse["pairs"] == [["P0", "E1"], ["P1", "E0"]]


def test_a_unit_may_be_allowed_another_expert_at_a_bid(tmp_path):
    data = {**case([[0.9, 0.8, 0.1]], demand=2, units={0: "甲", 1: "甲"}), "unit_exceptions": [["P0", "甲", 1]]}
    assert run(tmp_path, data)[1]["pairs"] == [["P0", "E0"], ["P0", "E1"]]


def changed(**changes) -> dict:
    return {**case([[0.5, 0.5]]), **changes}


def expert(**changes) -> dict:
    return {"id": "E0", "unit": "", "min_load": 0, "max_load": 1, **changes}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{", "不是有效的 JSON"),
        ("[]", "最外层应为对象"),
        ({}, "proposals 应为列表，但没有给出"),
        (changed(experts={}), "experts 应为列表"),
        (changed(proposals=[{"id": "P0"}]), "proposals[0] 缺少 demand"),
        (changed(proposals=["P0"]), "proposals[0] 应为对象"),
        (changed(proposals=[{"id": "P0", "demand": -1}]), "申请 P0 的 demand 应为非负整数，实为 -1"),
        (changed(proposals=[{"id": "P0", "demand": 1.5}]), "申请 P0 的 demand"),
        (changed(proposals=[{"id": "P0", "demand": True}]), "申请 P0 的 demand"),
        (changed(proposals=[{"id": 7, "demand": 1}]), "proposals[0].id 应为非空文本，实为 7"),
        (changed(proposals=[{"id": "P0", "demand": 1, "class_mix": {"财务": "1"}}]), "class_mix"),
        (changed(experts=[expert(), expert()]), "experts[1].id 与前面重复：E0"),
        (changed(experts=[expert(min_load=2), expert(id="E1")]), "专家 E0 的 min_load、max_load"),
        (changed(experts=[expert(unit=3), expert(id="E1")]), "专家 E0 的 unit"),
        (changed(affinity=[]), "affinity 有 0 行，应与 proposals 一样为 1 行"),
        (changed(affinity=[[0.5]]), "affinity[0] 应为 2 个数"),
        (changed(affinity=[[0.5, "高"]]), "affinity[0] 中有不是数的值"),
        (changed(affinity=[[0.5, None]]), "没有亲和度时请填 0"),
        (json.dumps(case([[0.5, 0.5]])).replace("[[0.5, 0.5]]", "[[0.5, NaN]]"), "affinity 应为 ±1000 以内的数"),
        (changed(affinity=[[0.5, 1e9]]), "affinity 应为 ±1000 以内的数"),
        (changed(affinity=[[0.5, 10**400]]), "affinity[0] 中有过大的数"),
        (changed(affinity_sparse=[]), "应给出且只给出一个"),
        (changed(conflicts=[["P0"]]), "conflicts[0] 应为 [申请编号, 专家编号]"),
        (changed(conflicts=[["E0", "P0"]]), "指向不存在的编号"),
        (changed(unit_exceptions=[["P0", "甲", -1]]), "unit_exceptions"),
        (changed(unit_exceptions=7), "unit_exceptions 应为列表"),
    ],
)  # fmt: skip
def test_a_malformed_instance_is_refused_with_the_field_and_the_cure(tmp_path, data, told):
    code, out, said = run(tmp_path, data)
    assert (code, out) == (1, None)
    assert told in said
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def test_a_missing_file_and_a_missing_folder_are_told_by_name(tmp_path):
    with pytest.raises(CommandError, match=r"none\.json"):
        call_command("match_reviewers", instance=tmp_path / "none.json", out=tmp_path / "out.json")
    (tmp_path / "in.json").write_text(json.dumps(case([[0.5]])))
    with pytest.raises(CommandError, match="请检查路径和权限"):
        call_command("match_reviewers", instance=tmp_path / "in.json", out=tmp_path / "no" / "out.json")


def test_an_earlier_answer_stays_when_the_next_instance_is_malformed(tmp_path):
    _code, before, _said = run(tmp_path, case([[0.5]]))
    code, after, _said = run(tmp_path, "{")
    assert (code, after) == (1, before)
