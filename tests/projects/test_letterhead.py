"""The red head of a letter names the whole agency, however long its name, within the text block."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from projects.documents.award_notice import render_award_notice
from projects.documents.letterhead import mark_of
from tests.projects.test_award_notice import NOTICE

#: GB/T 9704: the text block of A4, 156 mm.
BLOCK_PT = 156 / 25.4 * 72


@given(st.integers(1, 26))
def test_the_head_fits_the_text_block_on_one_line_or_two(length: int) -> None:
    head: dict[str, Any] = mark_of("厅" * length)
    lines = 2 if head["mark_wraps"] else 1
    assert len(head["mark"]) * head["mark_pt"] <= lines * BLOCK_PT
    assert 24 <= head["mark_pt"] <= 44


@pytest.mark.parametrize(
    "issuer", ["岱海省科学技术厅", "岱海省工业和信息化厅（示例）", "某某经济技术开发区科学技术和工业信息化管理局"]
)
def test_no_character_of_the_agency_or_of_the_word_document_leaves_the_paper(issuer: str) -> None:
    page = PdfReader(io.BytesIO(render_award_notice(replace(NOTICE, issuer=issuer)))).pages[0]
    runs: list[tuple[float, str, float]] = []

    def note(text: str, matrix: list[float], text_matrix: list[float], font: Any, size: float) -> None:
        if text.strip():
            scale = abs(matrix[0] * text_matrix[0])
            runs.append((text_matrix[4] * matrix[0] + matrix[4], text.strip(), size * scale))

    page.extract_text(visitor_text=note)
    head: list[tuple[float, str, float]] = []
    for run in runs:
        if "号" in run[1]:
            break
        head.append(run)
    assert "".join(text for _, text, _ in head) == f"{issuer}文件"
    right_edge = page.mediabox.width - 26 / 25.4 * 72
    for x, text, size in head:
        assert x + len(text) * size <= float(right_edge) + size, (x, text, size)
