"""查重: shared passages are found wherever they stand, whatever their punctuation; nothing else is."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.similarity import GROUP, SHORTEST, SURE, Letters, fingerprints, share, shared_passages

CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
TEXT = st.text(CHINESE | st.sampled_from("，。；： \nAbＣ9９"), max_size=200)
PASSAGE = st.text(CHINESE, min_size=SURE, max_size=SURE + 40)


def words(seed: int, length: int) -> str:
    random = Random(seed)
    return "".join(chr(random.randint(0x4E00, 0x9FA5)) for _ in range(length))


@given(before=TEXT, after=TEXT, theirs_before=TEXT, theirs_after=TEXT, passage=PASSAGE)
def test_a_long_passage_is_always_noticed(
    before: str, after: str, theirs_before: str, theirs_after: str, passage: str
) -> None:
    mine, theirs = before + passage + after, theirs_before + passage + theirs_after
    assert fingerprints(mine) & fingerprints(theirs)
    covered = {at for one in shared_passages(mine, theirs) for at in range(one.start, one.end)}
    assert set(range(len(before), len(before) + len(passage))) <= covered


@given(mine=TEXT, theirs=TEXT)
def test_what_is_marked_is_the_same_on_both_sides(mine: str, theirs: str) -> None:
    last = 0
    for one in shared_passages(mine, theirs):
        assert Letters.of(mine[one.start : one.end]).text == Letters.of(theirs[one.their_start : one.their_end]).text
        assert one.size >= SHORTEST
        assert one.start >= last
        last = one.end
    assert 0 <= share(mine, shared_passages(mine, theirs)) <= 1


@given(text=TEXT)
def test_a_text_is_all_its_own(text: str) -> None:
    if len(Letters.of(text).text) >= SHORTEST:
        assert share(text, shared_passages(text, text)) == 1


def test_punctuation_width_case_and_blanks_do_not_hide_a_copy() -> None:
    original = "采用ABC架构，将热点数据下沉到边缘节点；时延压缩到原来的35%，再由中心统一校验。"
    hidden = "采用ａｂｃ架构 将热点数据\n下沉到边缘节点,时延压缩到原来的３５％（再由中心统一校验）"
    (passage,) = shared_passages(hidden, original)
    assert hidden[passage.start : passage.end] == hidden.rstrip("）")


def test_what_the_challenge_says_is_nobodys_words() -> None:
    challenge = "研制面向政务大模型的国产智算集群混合训练调度系统并完成示范应用"
    mine, theirs = words(1, 60) + challenge + words(2, 60), words(3, 60) + challenge + words(4, 60)
    assert shared_passages(mine, theirs)
    assert not shared_passages(mine, theirs, [challenge])


@pytest.mark.parametrize("length", [0, 1, GROUP - 1, GROUP, GROUP + 3])
def test_short_texts_are_compared_without_harm(length: int) -> None:
    text = words(5, length)
    assert len(fingerprints(text)) == (length >= GROUP)
    assert shared_passages(text, text) == []


def test_fingerprints_are_few_and_fit_the_database() -> None:
    found = fingerprints(words(6, 6000))
    assert 400 < len(found) < 1000
    assert all(-(2**31) <= value < 2**31 for value in found)


def test_a_page_full_of_the_same_sign_takes_no_time() -> None:
    text = "数" * 3000
    assert share(text, shared_passages(text, text)) == 1
