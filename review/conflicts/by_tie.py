"""C02, C04–C09 and C14: relations on file for an expert, declared, imported or noted by the secretary."""

from __future__ import annotations

from collections.abc import Iterator

from review.conflicts.case import Case, Tie
from review.conflicts.finding import BLOCK, WARN, Finding
from review.conflicts.lookback import first_day
from review.models import ExpertTie

Kind = ExpertTie.Kind
KINDS: dict[str, str] = {
    Kind.RELATIVE: "近亲属",
    Kind.EMPLOYED: "任职",
    Kind.DIRECTOR: "担任董事、监事",
    Kind.SHAREHOLDER: "控股股东、实际控制人",
    Kind.OTHER: "其他关系",
    Kind.ADVISOR_STUDENT: "导师与学生",
    Kind.COAUTHOR: "合作论文、专利或项目",
    Kind.CONSULTANT: "有偿顾问、代写",
}
SOURCES: dict[str, str] = {"DECLARED": "本人申报", "IMPORTED": "批量导入", "SECRETARY": "评审秘书登记"}


def c02_relatives(case: Case) -> Iterator[Finding]:
    """Spouse, direct line, collateral to the third generation, close in-laws (基金条例 20 条); no look-back."""
    return _tied(case, "C02", Kind.RELATIVE, must_be_checked=False)


def c04_employed(case: Case) -> Iterator[Finding]:
    """Employed by bidder or partner within three years (招标投标法实施条例, domain 3.5)."""
    return _tied(case, "C04", Kind.EMPLOYED, must_be_checked=False)


def c05_director(case: Case) -> Iterator[Finding]:
    return _tied(case, "C05", Kind.DIRECTOR, must_be_checked=False)


def c06_shareholder(case: Case) -> Iterator[Finding]:
    return _tied(case, "C06", Kind.SHAREHOLDER, must_be_checked=False)


def c07_other(case: Case) -> Iterator[Finding]:
    return _tied(case, "C07", Kind.OTHER, must_be_checked=True)


def c08_advisor_student(case: Case) -> Iterator[Finding]:
    return _tied(case, "C08", Kind.ADVISOR_STUDENT, must_be_checked=True)


def c09_coauthor(case: Case) -> Iterator[Finding]:
    return _tied(case, "C09", Kind.COAUTHOR, must_be_checked=True)


def c14_consultant(case: Case) -> Iterator[Finding]:
    return _tied(case, "C14", Kind.CONSULTANT, must_be_checked=True)


def _tied(case: Case, code: str, kind: str, *, must_be_checked: bool) -> Iterator[Finding]:
    """Ties of one kind that still count. A name that is only part of what was written always wants checking."""
    since = first_day(case.on, case.lookback.get(code, 0))
    for tie in case.ties:
        if tie.kind != kind or (tie.until is not None and tie.until < since):
            continue
        is_checked = tie.state == ExpertTie.State.CONFIRMED
        said, source = _said(case, tie)
        for bid, part, is_sure in _subject(case, tie):
            severity = BLOCK if is_checked or (is_sure and not must_be_checked) else WARN
            yield Finding(tie.expert, bid, code, severity, f"{said}，对应{part}，{source}")


def _subject(case: Case, tie: Tie) -> Iterator[tuple[int, str, bool]]:
    """(bid, in what part, whether it is surely meant) of what a tie is towards."""
    if tie.person_id is not None:
        yield from ((bid, part, True) for bid, part in case.bids_of_person.get(tie.person_id, {}).items())
        return
    if tie.organisation_id is not None:
        unit, is_sure = case.units.legal(tie.organisation_id), True
    else:
        named = case.units.named(tie.unit_name)
        if named is None:
            return
        unit, is_sure = named.unit, named.sure
    found = case.bids_named(tie.person_name, unit) if tie.person_name else case.bids_of_unit.get(unit, {})
    yield from ((bid, part, is_sure) for bid, part in found.items())


def _said(case: Case, tie: Tie) -> tuple[str, str]:
    """“任职：某某公司（2021-03-01 至 2024-05-31）” and “来源：本人申报（未核实）”. Kept on file, and so the same in
    every language."""
    dates = f"{tie.since or '起始不详'} 至 {tie.until or '今'}"
    note = f"，{tie.note}" if tie.note else ""
    checked = "已核实" if tie.state == ExpertTie.State.CONFIRMED else "未核实"
    return f"{KINDS[tie.kind]}：{tie.subject(case.units)}（{dates}）{note}", f"来源：{SOURCES[tie.source]}（{checked}）"
