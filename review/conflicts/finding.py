"""What the rules answer with, and what they are called. No Django import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

BLOCK, WARN = "BLOCK", "WARN"

#: Each rule in a few words that name nobody, fit for the expert himself: before his pledge he knows no bidder,
#: and never who asked for him to stay away (domain 3.5, 3.6).
RULES = {
    "C01": "与申请或参与单位同属一个法人",
    "C02": "与申请人或参与人有近亲属关系",
    "C03": "本人参与同一榜单的揭榜",
    "C04": "追溯期内曾在申请或参与单位任职",
    "C05": "追溯期内曾任申请或参与单位董事、监事",
    "C06": "追溯期内曾为申请或参与单位控股股东、实际控制人",
    "C07": "有其他可能影响公正的关系",
    "C08": "与申请人有导师、学生关系",
    "C09": "与申请人有合作成果或合作项目",
    "C10": "申请方提出回避并被采纳",
    "C11": "管理部门、监督部门工作人员或其近亲属",
    "C12": "来自需求单位或其关联单位",
    "C13": "科研诚信限制期内",
    "C14": "追溯期内为申请方提供有偿咨询或代写",
}
#: Said to the expert instead of C10, which is the team's secret.
UNNAMED = "与申请方有应当回避的情形"


class Finding(NamedTuple):
    """A rule that speaks against a pair, and the fact it rests on: who, what, when, from where."""

    expert_id: int
    bid_id: int
    code: str
    severity: str
    evidence: str


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per pair and rule, in that order: the graver severity, every evidence once."""
    found: dict[tuple[int, int, str], Finding] = {}
    for one in findings:
        key = one.expert_id, one.bid_id, one.code
        before = found.get(key)
        if before is None:
            found[key] = one
        elif one.evidence != before.evidence:
            severity = BLOCK if BLOCK in (before.severity, one.severity) else WARN
            told = "；".join(dict.fromkeys([*before.evidence.split("；"), one.evidence]))
            found[key] = before._replace(severity=severity, evidence=told)
        elif one.severity == BLOCK:
            found[key] = one
    return [found[key] for key in sorted(found)]


def words_for_expert(codes: Iterable[str]) -> list[str]:
    """The rules that keep an expert away, in words he may read."""
    return list(dict.fromkeys(UNNAMED if code == "C10" else RULES[code] for code in sorted(codes)))
