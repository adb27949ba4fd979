import io

import pytest

from attachments.kinds import kind_of, what_is_wrong
from tests.attachments.files import archive, pdf, png

WORD = ("[Content_Types].xml", "word/document.xml")
SHEET = ("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.exe", "a.docm", "a.doc", "无扩展名", "a.pdf.exe", ".pdf"])
def test_other_extensions_are_not_taken(name: str) -> None:
    assert kind_of(name) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("申报书.pdf", pdf()),
        ("申报书.PDF", pdf()),
        ("协议.docx", archive(*WORD)),
        ("预算.xlsx", archive(*SHEET)),
        ("材料.zip", archive("说明.txt")),
        ("图.png", png()),
        ("照片.jpg", b"\xff\xd8\xff\xe0" + b"0" * 100),
        ("照片.jpeg", b"\xff\xd8\xff\xe0" + b"0" * 100),
    ],
)
def test_a_file_of_the_kind_it_says_is_fine(name: str, data: bytes) -> None:
    kind = kind_of(name)
    assert kind is not None
    assert what_is_wrong(kind, io.BytesIO(data)) is None


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.pdf", b"<html><script>alert(1)</script></html>", "不是 PDF 格式"),
        ("a.pdf", b"MZ\x90\x00", "不是 PDF 格式"),
        ("a.png", pdf(), "不是 PNG 格式"),
        ("a.docx", archive(*SHEET), "不是 Word"),
        ("a.xlsx", archive("x.txt"), "不是 Excel"),
        ("a.docx", archive(*WORD, "word/vbaProject.bin"), "含有宏"),
        ("a.zip", archive("资料/setup.EXE"), "可执行文件"),
        ("a.zip", archive("index.html"), "可执行文件"),
        ("a.zip", b"PK\x03\x04" + b"\x00" * 50, "已损坏"),
        ("a.docx", b"PK\x03\x04truncated", "已损坏"),
    ],
)
def test_a_file_of_another_kind_is_told_apart_by_its_bytes(name: str, data: bytes, sentence: str) -> None:
    kind = kind_of(name)
    assert kind is not None
    assert sentence in (what_is_wrong(kind, io.BytesIO(data)) or "")
