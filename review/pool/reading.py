"""A table of experts as it came: XLSX or CSV bytes → cells as text. Knows no column's meaning. No Django import.

What is taken: one sheet, a header row among the first rows, at most `MOST_ROWS` rows. Formulas are not
computed and not taken; a cell that held one is marked.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 5 * 1024 * 1024
#: What an XLSX may unpack to: its XML compresses well, a bomb far better.
MOST_UNPACKED = 120 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 60
LONGEST_CELL = 4_000
#: The header is looked for this far down: titles and notes often stand above it.
HEADER_WITHIN = 5
SHEET = "专家"
#: Stands for a cell that held a formula.
FORMULA = "\x01formula"
#: By their marks; without one a text is UTF-8 or, from older spreadsheets, GB 18030 (which contains GBK).
ENCODINGS = ("utf-8-sig", "gb18030")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class TableRefused(Exception):
    """The file as a whole cannot be read. The sentence names the cure."""


@dataclass(frozen=True)
class Row:
    """A line of the file (1 is its first) and its cells by heading; empty ones are left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    headings: list[str]
    rows: list[Row]


def read_table(name: str, data: bytes, key_heading: str) -> Table:
    """Read the bytes of a file. `key_heading` is a heading that only the header row holds. Raises TableRefused."""
    if len(data) > MOST_BYTES:
        raise TableRefused(f"文件有 {len(data) / 1024 / 1024:.1f} MB，超过 5 MB；请删去图片和无关工作表，或分成几份。")
    if not data.strip():
        raise TableRefused("文件是空的；请下载模板，填好后再上传。")
    lines = _of_xlsx(data) if data[:2] == b"PK" else _of_csv(name, data)
    return _table(lines, key_heading)


def _table(lines: Iterable[tuple[int, list[str]]], key_heading: str) -> Table:
    headings: list[str] | None = None
    rows: list[Row] = []
    for line, cells in lines:
        if headings is None:
            found = ["".join(cell.split()).strip("*＊") for cell in cells]
            if key_heading in found:
                headings = _headings(found)
            elif line >= HEADER_WITHIN:
                break
            continue
        filled = {h: cell for h, cell in zip(headings, cells, strict=False) if h and cell}
        if not filled:
            continue
        if len(rows) == MOST_ROWS:
            raise TableRefused(f"超过 {MOST_ROWS:,} 行；请分成几份依次导入。")
        rows.append(Row(line, filled))
    if headings is None:
        raise TableRefused(f"前 {HEADER_WITHIN} 行里没有找到表头“{key_heading}”；请使用模板的表头，不要合并单元格。")
    if not rows:
        raise TableRefused("表头下面没有数据；请从表头的下一行起，每人填一行。")
    return Table([h for h in headings if h], rows)


def _headings(found: list[str]) -> list[str]:
    twice = sorted({h for h in found if h and found.count(h) > 1})
    if twice:
        raise TableRefused(f"表头“{'、'.join(twice)}”出现了两次；请删去重复的一列。")
    return found


# --- XLSX -------------------------------------------------------------------------------------------


def _of_xlsx(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise TableRefused("文件解压后过大；请把数据另存为新的工作簿后再上传。")
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise TableRefused(
            "不是可以读取的 XLSX 文件；请用 WPS 或 Excel 另存为“.xlsx”或“CSV UTF-8”后再上传。"
        ) from error
    try:
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        sheet.reset_dimensions()  # type: ignore[union-attr]  # some programs write a wrong size into the file
        for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            yield line, [_text(cell) for cell in cells]
    except (KeyError, ValueError, IndexError, SyntaxError) as error:
        raise TableRefused("XLSX 文件已损坏，读到一半无法继续；请重新另存后再上传。") from error
    finally:
        book.close()


def _text(cell: Any) -> str:
    """A cell as a person sees it, roughly: whole numbers without point, days as 2026-01-31."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _tidy(str(value))


def _tidy(text: str) -> str:
    """Without marks that no sheet shows, and no longer than any column takes plus a little, so that it is noticed."""
    storable = text.encode("utf-8", "ignore").decode()  # half a surrogate pair cannot be stored
    return storable.replace("\x00", "").replace("\ufeff", "").replace("\xa0", " ").strip()[:LONGEST_CELL]


# --- CSV --------------------------------------------------------------------------------------------


def _of_csv(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(name, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            # Formulas are text here; `columns` judges what begins like one.
            yield reader.line_num, [_tidy(cell) for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise TableRefused(f"第 {reader.line_num} 行的引号不成对；请检查该行，或改用 XLSX 模板。") from error


def _decoded(name: str, data: bytes) -> str:
    if data[:2] in UTF_16_MARKS:
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in data[:1000]:
        raise TableRefused(f"“{name}”不是 XLSX 或 CSV 文件；请用模板，或另存为“CSV UTF-8”。")
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableRefused("文字编码既不是 UTF-8 也不是 GBK；请另存为“CSV UTF-8”或 XLSX 后再上传。")
