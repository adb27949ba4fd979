"""The workbook in which an expert scores offline: written with openpyxl, read back cell by cell.

One row per bid, one column per field of the sheet. Row 1 (hidden) holds the fields' paths and column A (hidden) the
bids' uuids; a hidden sheet holds the token that says whose workbook it is. Nothing here knows a database.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

SHEET, NOTES, TOKEN = "评分", "填写说明", "校验"
FIRST_ROW = 3
#: Columns before the fields: uuid, number, title.
FIXED = 3
#: A cell takes 32,767 characters.
PIECE = 30_000
MOST_BYTES, MOST_UNPACKED, MOST_ROWS = 2_000_000, 40_000_000, 200
HEAD, OPEN = PatternFill("solid", fgColor="1F4E8C"), PatternFill("solid", fgColor="FFFBEA")


class NotAWorkbook(Exception):
    """With a sentence for whoever uploaded it."""


@dataclass(frozen=True)
class Column:
    """A field. `most` for points (half steps up to it); `choices` are what a cell may say, label → value."""

    path: str
    heading: str
    most: int = 0
    choices: Mapping[str, str] | None = None
    width: int = 12


@dataclass(frozen=True)
class Row:
    uuid: str
    number: str
    title: str
    #: Path → text as the page shows it.
    texts: Mapping[str, str]
    is_open: bool = True


@dataclass(frozen=True)
class Filled:
    """A cell that came back: its text as the page would send it, or why it is none."""

    uuid: str
    path: str
    text: str
    fault: str = ""


def write(columns: Sequence[Column], rows: Sequence[Row], token: str, notes: Sequence[str]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    heads = ["", "申报编号", "项目名称", *(column.heading for column in columns), "合计"]
    for number, heading in enumerate(heads, start=1):
        cell = sheet.cell(2, number, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(number)].width = 14
    for number, column in enumerate(columns, start=FIXED + 1):
        sheet.cell(1, number, column.path)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
        _validate(sheet, column, get_column_letter(number), len(rows))
    sheet.column_dimensions["C"].width = 36
    for line, row in enumerate(rows, start=FIRST_ROW):
        _fill(sheet, line, columns, row)
    sheet.row_dimensions[1].hidden = sheet.column_dimensions["A"].hidden = True
    sheet.row_dimensions[2].height = 48
    sheet.freeze_panes = f"D{FIRST_ROW}"
    sheet.protection.sheet = True
    explained: Any = book.create_sheet(NOTES, 0)
    explained.column_dimensions["A"].width = 100
    for line, note in enumerate(notes, start=1):
        explained.cell(line, 1, note).alignment = Alignment(wrap_text=True)
    explained.protection.sheet = True
    hidden: Any = book.create_sheet(TOKEN)
    hidden.sheet_state = "veryHidden"
    for line in range(0, len(token), PIECE):
        hidden.cell(line // PIECE + 1, 1, token[line : line + PIECE])
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, line: int, columns: Sequence[Column], row: Row) -> None:
    for number, value in enumerate((row.uuid, row.number, row.title), start=1):
        sheet.cell(line, number, _words(value)).alignment = Alignment(wrap_text=True, vertical="top")
    points = []
    for number, column in enumerate(columns, start=FIXED + 1):
        cell, text = sheet.cell(line, number), row.texts.get(column.path, "")
        if column.most:
            points.append(cell.coordinate)
            cell.value, cell.number_format = _number(text), "0.0"
        else:
            labels = {value: label for label, value in (column.choices or {}).items()}
            cell.value, cell.number_format = _words(labels.get(text, text)) or None, "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.protection = Protection(locked=not row.is_open)
        if row.is_open:
            cell.fill = OPEN
    sheet.cell(line, FIXED + len(columns) + 1, f"=SUM({','.join(points)})" if points else None)


def _validate(sheet: Any, column: Column, letter: str, rows: int) -> None:
    first = f"{letter}{FIRST_ROW}"
    if column.most:
        rule = DataValidation(
            type="custom", formula1=f"AND(ISNUMBER({first}),{first}>=0,{first}<={column.most},MOD({first}*2,1)=0)",
            allow_blank=True, showErrorMessage=True, errorTitle="分数", error=f"0–{column.most} 分，步长 0.5 分。",
        )  # fmt: skip
    elif column.choices:
        rule = DataValidation(
            type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True, showErrorMessage=True,
            errorTitle=column.heading, error="请从下拉列表中选择。",
        )  # fmt: skip
    else:
        return
    rule.add(f"{first}:{letter}{FIRST_ROW + max(rows, 1) - 1}")
    sheet.add_data_validation(rule)


def _words(text: str) -> str:
    """Never a formula, whatever a bid is called, and no sign that a workbook cannot hold."""
    clean = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{clean}" if clean[:1] in ("=", "+", "-", "@") else clean


def _number(text: str) -> Decimal | str | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return text


def read(data: bytes, columns: Sequence[Column]) -> tuple[str, list[Filled]]:
    """Token and cells. Raises `NotAWorkbook`."""
    book = _opened(data)
    if SHEET not in book.sheetnames or TOKEN not in book.sheetnames:
        raise NotAWorkbook("这不是从本页下载的评分表，请重新下载。")
    token = "".join(str(cell.value or "") for (cell,) in book[TOKEN].iter_rows(max_col=1))
    sheet = book[SHEET]
    by_path = {column.path: column for column in columns}
    paths = {number: str(cell.value) for number, cell in enumerate(sheet[1], start=1) if cell.value in by_path}
    found = []
    for row in sheet.iter_rows(min_row=FIRST_ROW, max_row=FIRST_ROW + MOST_ROWS):
        uuid = str(row[0].value or "").strip()
        if uuid:
            found += [_filled(uuid, row[number - 1], by_path[path]) for number, path in paths.items()]
    return token, found


def _opened(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise NotAWorkbook("文件超过 2 MB，不是从本页下载的评分表。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise NotAWorkbook("文件展开后过大，不能读取。")
        return load_workbook(io.BytesIO(data))
    except NotAWorkbook:
        raise
    except Exception as error:  # whatever a library says to a broken file
        raise NotAWorkbook("文件无法读取，请用 Excel 或 WPS 另存为 .xlsx 后再上传。") from error


def _filled(uuid: str, cell: Any, column: Column) -> Filled:
    value = cell.value
    if cell.data_type == "f" or (isinstance(value, str) and value.startswith("=")):
        return Filled(uuid, column.path, "", "单元格是公式，请改为填写数值或文字。")
    if cell.data_type == "e":
        return Filled(uuid, column.path, "", f"单元格是错误值 {value}。")
    if value is None or (isinstance(value, str) and not value.strip()):
        return Filled(uuid, column.path, "")
    if column.most:
        return _points(uuid, value, column)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Filled(uuid, column.path, "", "单元格不是文字。")
    text = str(value).removeprefix("'").replace("\r\n", "\n").strip()
    if column.choices is None:
        return Filled(uuid, column.path, text)
    if text not in column.choices:
        return Filled(uuid, column.path, "", f"“{text[:20]}”不在可选项之内：{'、'.join(column.choices)}。")
    return Filled(uuid, column.path, column.choices[text])


def _points(uuid: str, value: Any, column: Column) -> Filled:
    try:
        points = Decimal(str(value).strip())
    except InvalidOperation:
        points = Decimal("NaN")
    if isinstance(value, bool) or not points.is_finite():
        return Filled(uuid, column.path, "", f"“{str(value)[:20]}”不是分数。")
    return Filled(uuid, column.path, f"{points.normalize():f}")
