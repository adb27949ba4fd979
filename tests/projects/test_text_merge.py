"""Two changes of one text: both are kept where they do not meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.text_merge import merge_texts, pieces_of

BASE = "第一句。第二句。第三句。\n第二段。"


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        (
            "第一句改了。第二句。第三句。\n第二段。",
            "第一句。第二句。第三句。\n第二段，补充。",
            "第一句改了。第二句。第三句。\n第二段，补充。",
        ),
        (BASE, "全部重写。", "全部重写。"),
        ("全部重写。", BASE, "全部重写。"),
        ("同样地改。", "同样地改。", "同样地改。"),
        (BASE + "末尾添一句。", "开头添一句。" + BASE, "开头添一句。" + BASE + "末尾添一句。"),
    ],
)
def test_changes_of_different_sentences_are_merged(mine, theirs, merged):
    assert merge_texts(BASE, mine, theirs) == merged


def test_two_changes_of_the_same_sentence_are_not_merged():
    assert merge_texts(BASE, BASE.replace("第一句", "甲"), BASE.replace("第一句", "乙")) is None


@given(st.text(alphabet="甲乙。；\n ", max_size=40))
def test_pieces_are_the_whole_text(text):
    assert "".join(pieces_of(text)) == text


@given(*[st.text(alphabet="甲乙。", max_size=12)] * 3)
def test_a_merge_has_no_side(base, mine, theirs):
    assert merge_texts(base, mine, theirs) == merge_texts(base, theirs, mine)
    assert merge_texts(base, base, theirs) == theirs
