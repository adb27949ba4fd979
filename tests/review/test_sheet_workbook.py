"""Offline scoring: the workbook comes back, each cell with its fate; another's, a stale or a broken one does no harm."""

import io
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from projects.draft_writing import Change
from projects.presets import PRESETS
from review.models import Assignment, ScoreSheet
from review.workbook_file import FIRST_ROW, SHEET, TOKEN, NotAWorkbook
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import COMMENT, SCORED, Review
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.score_sheet import ScoreSheetFlow
from workflows.sheet_workbook import Fate, fates, opened, save_as_drafts, workbook_of
from workflows.sheet_writing import write_sheet_cells

WHOLE = {"score_standing": 18, "score_technology": 26.0, "score_basis": 12.5, "score_market": 13, "score_benefit": 12,
         "recommendation": "推荐", "comment": COMMENT}  # fmt: skip


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    found = f.closed(2, rules=PRESETS["BANDED"])
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(found))))))


@pytest.fixture
def seat(base: Review, db: None) -> Assignment:
    return base.seats()[0]


def expert(seat: Assignment) -> User:
    return seat.expert.user


def downloaded(seat: Assignment) -> bytes:
    with on(SCORED):
        return workbook_of(seat, expert(seat))


def filled(data: bytes, *rows: dict[str, Any]) -> bytes:
    """The workbook with these cells by path, row by row."""
    book = load_workbook(io.BytesIO(data))
    sheet = book[SHEET]
    columns = {cell.value: cell.column for cell in sheet[1] if cell.value}
    for line, row in enumerate(rows, start=FIRST_ROW):
        for path, value in row.items():
            sheet.cell(line, columns[path]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def told(seat: Assignment, data: bytes) -> dict[str, Fate]:
    """Fates of the first bid by path."""
    with on(SCORED):
        found = fates(opened(data, seat, expert(seat)), seat, expert(seat))
    return {fate.column.path: fate for fate in found if fate.sheet.pk == found[0].sheet.pk}


def saved(seat: Assignment, data: bytes) -> int:
    with on(SCORED):
        return save_as_drafts(opened(data, seat, expert(seat)), seat, expert(seat))


def first(seat: Assignment) -> ScoreSheet:
    book = load_workbook(io.BytesIO(downloaded(seat)))
    return ScoreSheet.objects.get(assignment=seat, bid__uuid=book[SHEET].cell(FIRST_ROW, 1).value)


def on_the_page(sheet: ScoreSheet, path: str, base: str, text: str) -> None:
    with on(SCORED):
        write_sheet_cells(sheet, [Change(path, base, text, uuid4())], by=expert(sheet.assignment), client=uuid4())


def test_what_is_filled_in_offline_becomes_a_draft_and_is_never_handed_in(seat):
    data = filled(downloaded(seat), WHOLE, {"score_standing": "7.5"})
    kinds = Counter(fate.kind for fate in told(seat, data).values())
    assert kinds["new"] == len(WHOLE)
    assert saved(seat, data) == len(WHOLE) + 1
    sheet = first(seat)
    assert (sheet.state, sheet.total, sheet.comment, sheet.recommendation) == ("DRAFT", None, COMMENT, "RECOMMEND")
    assert {item.criterion: str(item.value) for item in sheet.items.all()}["BASIS"] == "12.5"
    assert not AuditEntry.objects.filter(object_type="review.scoresheet", transition="submit").exists()


def test_the_same_file_uploaded_again_changes_nothing(seat):
    data = filled(downloaded(seat), WHOLE)
    saved(seat, data)
    assert {fate.kind for fate in told(seat, data).values()} == {"unchanged"}
    assert saved(seat, data) == 0


def test_cells_are_new_changed_or_emptied_against_what_the_file_held(seat):
    saved(seat, filled(downloaded(seat), WHOLE))
    again = told(seat, filled(downloaded(seat), {"score_standing": 17, "comment": None, "veto_safety": "是"}))
    found = {path: (fate.kind, fate.was, fate.text) for path, fate in again.items() if fate.kind != "unchanged"}
    assert found == {
        "score_standing": ("changed", "18", "17"), "comment": ("changed", COMMENT, ""), "veto_safety": ("new", "", "on"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("score_standing", "=9+9", "单元格是公式"),
        ("comment", '=HYPERLINK("http://example.org")', "单元格是公式"),
        ("score_standing", "十八", "“十八”不是分数"),
        ("score_standing", True, "不是分数"),
        ("score_standing", 20.5, "最高 20 分"),
        ("score_standing", 18.3, "0.5 分的步长"),
        ("score_standing", -1, "不能小于 0"),
        ("score_standing", 10, "不在任何一档之内"),
        ("recommendation", "强烈推荐", "不在可选项之内"),
        ("comment", "长" * 1001, "1000"),
    ],
)
def test_a_cell_that_cannot_stand_is_refused_with_its_reason_and_the_others_are_saved(seat, path, value, sentence):
    data = filled(downloaded(seat), {"score_market": 13, path: value})
    found = told(seat, data)
    assert found[path].kind == "refused"
    assert sentence in found[path].why
    assert found["score_market"].kind == "new"
    assert saved(seat, data) == 1


def test_a_band_and_points_outside_it_are_refused_together_by_name(seat):
    data = filled(downloaded(seat), {"band_standing": "国内前三 16–20", "score_standing": 15})
    assert "“国内前三”（16–20 分），给分 15 不在其中" in told(seat, data)["score_standing"].why


def test_what_was_changed_here_after_the_download_is_a_conflict_and_stays(seat):
    data = filled(downloaded(seat), {"score_standing": 18, "score_market": 13})
    sheet = first(seat)
    on_the_page(sheet, "score_standing", "", "20")
    found = told(seat, data)
    assert (found["score_standing"].kind, found["score_standing"].was) == ("conflict", "20")
    assert saved(seat, data) == 1
    assert {item.criterion: item.value for item in sheet.items.all()} == {"STANDING": 20, "MARKET": 13}


def test_what_was_changed_only_here_is_not_set_back_by_an_old_file(seat):
    saved(seat, filled(downloaded(seat), {"score_standing": 18}))
    old = filled(downloaded(seat), {"score_market": 13})
    on_the_page(first(seat), "score_standing", "18", "20")
    assert told(seat, old)["score_standing"].kind == "unchanged"
    saved(seat, old)
    assert first(seat).items.get(criterion="STANDING").value == 20


def test_a_sheet_that_is_handed_in_is_locked_in_the_file_and_refused_from_an_older_one(seat):
    old = filled(downloaded(seat), {**WHOLE, "score_standing": 17})
    sheet = first(seat)
    with on(SCORED):
        points = {path: value for path, value in WHOLE.items() if path.startswith("score_")}
        perform(ScoreSheetFlow, sheet, "submit", by=expert(seat), recommendation="RECOMMEND", comment=COMMENT, **points)
    assert {fate.why for fate in told(seat, old).values() if fate.kind == "refused"} == {"这份评分表已提交，不能再填。"}
    assert saved(seat, old) == 0
    book = load_workbook(io.BytesIO(downloaded(seat)))
    assert book[SHEET].cell(FIRST_ROW, 4).protection.locked


def test_another_experts_or_a_forged_file_is_refused(base, seat):
    other = base.seats()[1]
    theirs = downloaded(other)
    with on(SCORED), pytest.raises(NotAWorkbook, match="另一轮评审或另一位专家"):
        opened(theirs, seat, expert(seat))
    book = load_workbook(io.BytesIO(downloaded(seat)))
    book[TOKEN]["A1"] = str(book[TOKEN]["A1"].value)[:-3] + "AAA"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(NotAWorkbook, match="校验码"):
        opened(out.getvalue(), seat, expert(seat))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"a,b,c\n", b"x" * 2_000_001])
def test_what_is_no_workbook_is_told_in_a_sentence(seat, data):
    with pytest.raises(NotAWorkbook):
        opened(data, seat, expert(seat))


def test_the_workbook_guards_what_is_typed_and_shows_no_formula_from_a_title(seat):
    bid = first(seat).bid
    type(bid).objects.filter(pk=bid.pk).update(title="=cmd|' /C calc'!A0")
    book = load_workbook(io.BytesIO(downloaded(seat)))
    sheet = book[SHEET]
    assert sheet.cell(FIRST_ROW, 3).data_type == "s"
    assert sheet.protection.sheet
    assert book[TOKEN].sheet_state == "veryHidden"
    rules = {(rule.type, rule.formula1) for rule in sheet.data_validations.dataValidation}
    assert any(kind == "custom" and "MOD(D3*2,1)=0" in formula and "<=20" in formula for kind, formula in rules)
    assert any(kind == "list" and "国内前三 16–20" in formula for kind, formula in rules)


def test_the_page_shows_each_cells_fate_first_and_saves_on_the_second_word(base, seat):
    url = reverse("sheets_workbook", args=[seat.pk])
    client = Client()
    client.force_login(expert(seat))
    with on(SCORED):
        file = client.get(url, {"download": 1})
        assert file["Content-Disposition"].endswith(f'-{seat.alias}.xlsx"')
        sent = SimpleUploadedFile("表.xlsx", filled(file.content, {"score_standing": 18, "score_market": "=1"}))
        shown = client.post(url, {"file": sent})
        html = shown.content.decode()
        assert "新填 1" in html
        assert "单元格是公式" in html
        assert ScoreSheet.objects.filter(assignment=seat, state="DRAFT").count() == 0, "looking writes nothing"
        done = client.post(url, {"cells": shown.context["cells"]}, follow=True)
        assert "已存为草稿：1 格" in done.content.decode()
        assert client.post(url, {}).status_code == 422
        stranger = Client()
        stranger.force_login(expert(base.seats()[1]))
        assert stranger.get(url).status_code == 404
