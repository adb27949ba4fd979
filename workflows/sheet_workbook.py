"""Scoring offline: whose workbook it is, what becomes of each of its cells, and saving them as drafts.

A workbook carries what its cells held when it was downloaded, so that coming back it is one more window of the
expert: what he changed is written, what changed here meanwhile stays and is shown as a conflict. Nothing is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django import forms
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from projects.draft_writing import Change
from projects.rules import CriterionRule
from projects.text_merge import settle
from review.models import Assignment, ScoreSheet
from review.reading_order import in_reading_order
from review.workbook_file import Column, Filled, NotAWorkbook, Row, read, write
from workflows.score_sheet import criteria_of
from workflows.sheet_checks import BAND, PREFIX, VETO, band_fault, band_of
from workflows.sheet_writing import draft_form, texts_of, write_sheet_cells

SALT = "score-sheets-workbook"
LABELS = {
    "new": gettext_noop("新填"),
    "changed": gettext_noop("修改"),
    "merged": gettext_noop("合并"),
    "unchanged": gettext_noop("未变"),
    "refused": gettext_noop("不接受"),
    "conflict": gettext_noop("冲突"),
}
NOTES = (
    "每份申请一行，黄色单元格可以填写；其余单元格已锁定。分数按 0.5 分的步长，档次、综合意见从下拉列表中选。",
    "请勿使用公式，勿增删行列。“合计”自动计算，上传时不读取。",
    "填好后回到评审任务的“离线评分”页上传：先显示每一格的结果，确认后存为草稿；提交仍在网页上逐份进行。",
    "下载之后又在网页上改过的格子不会被覆盖，会列为冲突。文件只能由您本人上传，只用于本轮评审；请勿转交他人。",
)


@dataclass(frozen=True)
class Fate:
    """What becomes of one cell, with what stands here now and what came."""

    sheet: ScoreSheet
    column: Column
    kind: str
    was: str
    text: str
    why: str = ""

    @property
    def label(self) -> str:
        return _(LABELS[self.kind])

    @property
    def shown_was(self) -> str:
        return self._as_in_the_file(self.was)

    @property
    def shown_text(self) -> str:
        return self._as_in_the_file(self.text)

    def _as_in_the_file(self, text: str) -> str:
        return next((label for label, value in (self.column.choices or {}).items() if value == text), text)


def sheets_of_seat(seat: Assignment) -> list[ScoreSheet]:
    rows = seat.sheets.exclude(state="VOID").select_related(
        "bid", "assignment__round__chair__expert", "assignment__round__challenge__challenge_list",
        "assignment__expert__user",
    )  # fmt: skip
    return in_reading_order(rows, seat.pk, lambda row: row.bid.uuid)


def columns_of(criteria: Sequence[CriterionRule]) -> list[Column]:
    found = []
    for c in criteria:
        if c.veto:
            continue
        found.append(Column(PREFIX + c.code.lower(), f"{c.name}（{c.max_score}）", most=c.max_score))
        if c.bands:
            choices = {f"{band.label} {band.low}–{band.high}": band.label for band in c.bands}
            found.append(Column(BAND + c.code.lower(), f"{c.name}：档次", choices=choices, width=18))
    grounds = ScoreSheet.VetoGround
    found += [Column(VETO + g.value.lower(), f"一票否决：{g.label}", choices={"是": "on"}, width=10) for g in grounds]
    opinions = {str(label): value for value, label in ScoreSheet.Recommendation.choices}
    return [
        *found, Column("veto_reason", "一票否决理由", width=30), Column("recommendation", "综合意见", choices=opinions),
        Column("comment", "评审意见（不少于 20 字）", width=60),
    ]  # fmt: skip


def workbook_of(seat: Assignment, user: User) -> bytes:
    """All sheets of the seat as they stand; those that are handed in are locked."""
    rows, bases = [], {}
    sheets = sheets_of_seat(seat)
    for sheet in sheets:
        form_class = draft_form(sheet, user)
        texts = texts_of(sheet, form_class) if form_class else {}
        rows.append(Row(str(sheet.bid.uuid), sheet.bid.number or "", sheet.bid.title, texts, form_class is not None))
        bases[str(sheet.bid.uuid)] = {path: text for path, text in texts.items() if text}
    token = signing.dumps({"seat": seat.pk, "user": user.pk, "bases": bases}, salt=SALT, compress=True)
    return write(columns_of(criteria_of(sheets[0])) if sheets else [], rows, token, NOTES)


def opened(data: bytes, seat: Assignment, user: User) -> list[tuple[Filled, str]]:
    """The cells of an uploaded workbook with what they held when it was downloaded. Raises `NotAWorkbook`."""
    sheets = sheets_of_seat(seat)
    token, filled = read(data, columns_of(criteria_of(sheets[0])) if sheets else [])
    try:
        held = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NotAWorkbook(_("表格的校验码缺失或被改动，请重新下载后填写。")) from error
    if held["seat"] != seat.pk or held["user"] != user.pk:
        raise NotAWorkbook(_("这份表格属于另一轮评审或另一位专家，不能在这里上传。"))
    return [(cell, held["bases"].get(cell.uuid, {}).get(cell.path, "")) for cell in filled]


def fates(cells: Sequence[tuple[Filled, str]], seat: Assignment, user: User) -> list[Fate]:
    """In the order of the workbook. A cell of a bid that is not this seat's is left out: there is no such row."""
    sheets = {str(sheet.bid.uuid): sheet for sheet in sheets_of_seat(seat)}
    found: list[Fate] = []
    for uuid, sheet in sheets.items():
        own = [(cell, base) for cell, base in cells if cell.uuid == uuid]
        columns = {column.path: column for column in columns_of(criteria_of(sheet))}
        form_class = draft_form(sheet, user)
        if form_class is None:
            sentence = _("这份评分表已提交，不能再填。")
            found += [
                Fate(sheet, columns[c.path], "refused", "", c.text, sentence) for c, base in own if c.text != base
            ]
            continue
        now = texts_of(sheet, form_class)
        faults = _faults(sheet, form_class, {**now, **{c.path: c.text for c, _base in own if not c.fault}})
        found += [_fate(sheet, columns[c.path], c, base, now[c.path], faults) for c, base in own]
    return found


def _faults(sheet: ScoreSheet, form_class: type[forms.Form], texts: Mapping[str, str]) -> dict[str, str]:
    bound = form_class(texts)
    bound.is_valid()
    faults = {path: " ".join(str(error) for error in errors) for path, errors in bound.errors.items()}
    for criterion in criteria_of(sheet):
        path = PREFIX + criterion.code.lower()
        value = bound.cleaned_data.get(path)
        if value is not None and path not in faults:
            faults[path] = band_fault(criterion, value, band_of(criterion, value, bound.cleaned_data))
    return faults


def _fate(sheet: ScoreSheet, column: Column, cell: Filled, base: str, now: str, faults: Mapping[str, str]) -> Fate:
    if cell.fault:
        return Fate(sheet, column, "refused", now, cell.text, cell.fault)
    if cell.text in (now, base):
        return Fate(sheet, column, "unchanged", now, cell.text)
    if fault := faults.get(column.path):
        return Fate(sheet, column, "refused", now, cell.text, fault)
    became, text = settle(base, cell.text, now, merges=column.path in ("comment", "veto_reason"))
    if became == "conflict":
        return Fate(sheet, column, became, now, cell.text, _("下载之后在网页上改过，保留网页上的内容。"))
    return Fate(sheet, column, "merged" if became == "merged" else "changed" if now else "new", now, text)


def save_as_drafts(cells: Sequence[tuple[Filled, str]], seat: Assignment, user: User) -> int:
    """Write what may be written; the number of cells. Raises `Refused` when scoring is over."""
    base_of = {(cell.uuid, cell.path): (cell, base) for cell, base in cells}
    by_sheet: dict[int, tuple[ScoreSheet, list[Change]]] = {}
    for fate in fates(cells, seat, user):
        if fate.kind in ("new", "changed", "merged"):
            cell, base = base_of[str(fate.sheet.bid.uuid), fate.column.path]
            change = Change(cell.path, base, cell.text, uuid4())
            by_sheet.setdefault(fate.sheet.pk, (fate.sheet, []))[1].append(change)
    for sheet, changes in by_sheet.values():
        write_sheet_cells(sheet, changes, by=user, client=_client(seat))
    return sum(len(changes) for _sheet, changes in by_sheet.values())


def _client(seat: Any) -> UUID:
    return uuid5(NAMESPACE_URL, f"{SALT}/{seat.pk}")
