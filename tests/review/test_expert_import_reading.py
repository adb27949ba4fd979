"""Reading a table: encodings, separators, headings, limits. Pure: no database."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.affinity.disciplines import FIRST_LEVEL, is_within, normalise_discipline, with_ancestors
from review.pool import reading
from review.pool.columns import BY_HEADING, COLUMNS, CellFault, read_cell
from review.pool.reading import FORMULA, TableRefused, read_table
from review.pool.template import filled, template
from tests.pool_factories import csv_of, xlsx_of

HEAD = ("姓名", "职称")


def cells(data: bytes, name: str = "a.csv") -> list[tuple[int, dict[str, str]]]:
    return [(row.line, row.cells) for row in read_table(name, data, "姓名").rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_is_read_in_every_encoding_and_with_every_separator_that_spreadsheets_write(
    encoding: str, separator: str
) -> None:
    data = csv_of(["李镕基", "研究员"], head=HEAD, encoding=encoding, separator=separator)
    assert cells(data) == [(2, {"姓名": "李镕基", "职称": "研究员"})]


def test_rare_characters_of_names_survive_gb18030() -> None:
    assert cells(csv_of(["㛃𬭎", "教授"], head=HEAD, encoding="gb18030"))[0][1]["姓名"] == "㛃𬭎"


def test_xlsx_numbers_days_and_formulas_come_as_a_person_reads_them() -> None:
    data = xlsx_of(
        ["李四", 13800000001.0, date(2026, 1, 31), "=1+1", None], head=("姓名", "手机", "诚信核查日", "职称", "职务")
    )
    found = cells(data, "a.xlsx")
    assert found == [(2, {"姓名": "李四", "手机": "13800000001", "诚信核查日": "2026-01-31", "职称": FORMULA})]


def test_the_header_may_stand_below_a_title_and_empty_rows_do_not_count() -> None:
    data = "专家名单,\n,\n姓名 *,职称\n,\n李四,教授\n".encode()
    assert cells(data) == [(5, {"姓名": "李四", "职称": "教授"})]


def test_a_quoted_cell_may_hold_separators_and_lines() -> None:
    assert cells('姓名,职称\n"李,四","教\n授"\n'.encode())[0][1] == {"姓名": "李,四", "职称": "教\n授"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "文件是空的"),
        (b"PK\x03\x04 broken", "不是可以读取的 XLSX"),
        (b"\x89PNG\r\n\x00\x00", "不是 XLSX 或 CSV"),
        (b"\xff\xd8\xfe\x81 name", "编码"),
        ("名字,职称\n李四,教授\n".encode(), "没有找到表头“姓名”"),
        ("姓名,职称\n".encode(), "没有数据"),
        ("姓名,职称,职称\n李四,教授,教授\n".encode(), "出现了两次"),
        ('姓名,职称\n"李四,教授\n'.encode(), "引号不成对"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_cure(data: bytes, told: str) -> None:
    with pytest.raises(TableRefused, match=told):
        read_table("a.csv", data, "姓名")


def test_limits_on_bytes_rows_and_what_an_archive_unpacks_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TableRefused, match="超过 5 MB"):
        read_table("a.csv", b"x" * (reading.MOST_BYTES + 1), "姓名")
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    with pytest.raises(TableRefused, match="超过 2 行"):
        read_table("a.csv", csv_of(*[["李四", "教授"]] * 3, head=HEAD), "姓名")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (reading.MOST_UNPACKED + 1))
    assert len(bomb.getvalue()) < reading.MOST_BYTES
    with pytest.raises(TableRefused, match="解压后过大"):
        read_table("a.xlsx", bomb.getvalue(), "姓名")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes) -> None:
    told = ""
    try:
        read_table("a.csv", data, "姓名")
    except TableRefused as refusal:
        told = str(refusal)
    assert not told or told.endswith("。")


def test_the_template_has_the_headings_that_are_read_and_its_examples_are_good() -> None:
    with pytest.raises(TableRefused, match="没有数据"):
        read_table("t.xlsx", template(), "姓名")
    example = [column.example for column in COLUMNS]
    row = read_table("t.xlsx", filled([example]), "姓名").rows[0]
    for heading, text in row.cells.items():
        read_cell(BY_HEADING[heading], text)


@pytest.mark.parametrize(
    ("heading", "text", "value"),
    [
        ("出生年月", "1975.8", "1975-08"), ("出生年月", "1975年08月", "1975-08"), ("出生年月", "1975-08-01", "1975-08"),
        ("手机", "+86 138-0000-0001", "13800000001"), ("邮箱", "Ｌi@Example.CN", "li@example.cn"),
        ("学科代码", "520.20；510", ["52020", "510"]), ("诚信核查日", "2026/1/31", date(2026, 1, 31)),
        ("研究方向", "甲、乙,甲", ["甲", "乙"]), ("性别", "女", "FEMALE"), ("年度评审上限", "０", 0),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_type_them(heading: str, text: str, value: object) -> None:
    assert read_cell(BY_HEADING[heading], text) == value


@pytest.mark.parametrize(
    ("heading", "text"),
    [("出生年月", "1975"), ("出生年月", "1975-13"), ("手机", "1.38E+10"), ("手机", "0531-88888888"), ("学科代码", "计算机"),
     ("学科代码", "999"), ("诚信核查日", "昨天"), ("年度评审上限", "很多"), ("年度评审上限", "-1"), ("职称", "@教授")],
)  # fmt: skip
def test_cells_that_cannot_be_meant_are_refused(heading: str, text: str) -> None:
    with pytest.raises(CellFault) as fault:
        read_cell(BY_HEADING[heading], text)
    assert fault.value.cure


@given(st.sampled_from(sorted(FIRST_LEVEL)), st.text("0123456789", min_size=0, max_size=5))
def test_a_discipline_lies_within_all_those_above_it(first: str, more: str) -> None:
    code = first + more
    if len(more) % 2:
        with pytest.raises(ValueError, match="学科代码"):
            normalise_discipline(code)
    elif len(more) <= 4:
        dotted = f"{first}.{more}" if more else first
        assert normalise_discipline(dotted) == normalise_discipline(code) == code
        assert all(is_within(code, above) for above in with_ancestors(code))
        assert with_ancestors(code)[-1] == code
