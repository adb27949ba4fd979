"""A pure module's sentence: Chinese as it stands, with what it was made of, and read back from where it was stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.sentences import read_back
from projects.sentences import sentence as say

PATTERNS = [
    "缺少：%(slots)s",
    "拨付比例合计应为 100%%，现为 %(total)s%%",
    "上一阶段 %(keep)s 家，下一阶段 %(lanes)s 条",
    "未签署承诺",
]


def test_it_is_the_chinese_sentence() -> None:
    said = say(PATTERNS[1], total=80)
    assert said == "拨付比例合计应为 100%，现为 80%"
    assert (said.pattern, said.values) == (PATTERNS[1], {"total": 80})


def test_several_values_stand_one_after_another() -> None:
    assert say(PATTERNS[0], slots=("申报书", "承诺书")) == "缺少：申报书、承诺书"
    assert say(PATTERNS[0], slots=say("%(a)s 项", a=2)) == "缺少：2 项"


@given(st.sampled_from(PATTERNS), st.text(min_size=1), st.integers())
def test_what_was_stored_is_read_back(pattern: str, text: str, number: int) -> None:
    """As the same sentence; which part of it was which value is certain only where values are numbers."""
    said = say(pattern, slots=text, total=number, keep=number, lanes=number)
    found = read_back(str(said), PATTERNS)
    assert found == said
    assert found is not None
    assert found.pattern == pattern


@pytest.mark.parametrize("text", ["", "缺少：", "鲁科监〔2026〕3号", "未签署承诺。", "x未签署承诺"])
def test_what_is_none_of_the_sentences_is_not_read(text: str) -> None:
    assert read_back(text, PATTERNS) is None
