"""The workbook to fill in: one sheet with the headings, one with examples, one that explains the columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.models import Organisation
from config.csv_stream import plain_cell
from review.models import Expert
from review.pool.columns import COLUMNS, labels_of
from review.pool.reading import SHEET

HEAD = PatternFill("solid", fgColor="1F4E8C")
NEEDED = PatternFill("solid", fgColor="A52A22")
#: Columns in which the sheet offers what may be chosen.
CHOSEN: dict[str, Any] = {
    "unit_kind": Organisation.Kind, "seat_type": Expert.SeatType, "gender": Expert.Gender, "education": Expert.Education,
    "degree": Expert.Degree, "employment": Expert.Employment,
}  # fmt: skip
#: So many rows are prepared for typing.
PREPARED = 500
NOTES = (
    "每人一行，从表头的下一行填起；红色栏目新专家必填。不要合并单元格，不要使用公式。",
    "按手机或邮箱认人：库中已有的更新，没有的新增；留空的栏目保持原样。",
    "一格填多项时用顿号分开。证件号和银行卡号不在此表：由专家本人在“专家资料”中填写。",
    "上传后先显示每一行的结果，确认之后才写入专家库。",
)


def template() -> bytes:
    return _workbook([], [[column.example for column in COLUMNS]])


def filled(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with these rows, in the order of COLUMNS."""
    return _workbook(rows, [])


def _workbook(rows: Iterable[Sequence[Any]], examples: Iterable[Sequence[Any]]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    _head(sheet)
    _fill(sheet, rows)
    for name, choices in CHOSEN.items():
        offered = DataValidation(type="list", formula1=f'"{",".join(labels_of(choices).values())}"', allow_blank=True)
        letter = get_column_letter([column.field for column in COLUMNS].index(name) + 1)
        offered.add(f"{letter}2:{letter}{PREPARED + 1}")
        sheet.add_data_validation(offered)
    if examples:
        shown: Any = book.create_sheet("示例")
        _head(shown)
        _fill(shown, examples)
    _explain(book.create_sheet("填写说明"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Any) -> None:
    for number, column in enumerate(COLUMNS, start=1):
        cell = sheet.cell(1, number, column.heading)
        cell.font, cell.alignment = Font(bold=True, color="FFFFFF"), Alignment(vertical="center")
        cell.fill = NEEDED if column.needed else HEAD
        # Text, or a spreadsheet turns phone numbers and 520.20 into other numbers.
        sheet.column_dimensions[get_column_letter(number)].number_format = "@"
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(32, 2 * len(column.heading) + 6))
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "B2"


def _fill(sheet: Any, rows: Iterable[Sequence[Any]]) -> None:
    for line, row in enumerate(rows, start=2):
        for number, value in enumerate(row, start=1):
            cell = sheet.cell(line, number, plain_cell(value) if value else None)
            cell.number_format = "@"


def _explain(sheet: Any) -> None:
    for line, note in enumerate(NOTES, start=1):
        sheet.cell(line, 1, note)
    for number, heading in enumerate(("栏目", "新专家必填", "例", "说明"), start=1):
        cell = sheet.cell(len(NOTES) + 2, number, heading)
        cell.font = Font(bold=True)
    for line, column in enumerate(COLUMNS, start=len(NOTES) + 3):
        choices = CHOSEN.get(column.field)
        note = column.note or ("可选：" + "、".join(labels_of(choices).values()) if choices else "")
        for number, value in enumerate((column.heading, "是" if column.needed else "", column.example, note), start=1):
            sheet.cell(line, number, value)
    for letter, width in zip("ABCD", (22, 12, 36, 60), strict=True):
        sheet.column_dimensions[letter].width = width
