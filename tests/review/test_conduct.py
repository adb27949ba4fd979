"""Flags D5–D7 of domain 3.7: how sheets were written, not what they say about the bid."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.calibration.conduct import Band, Comment, Reading, Ticked, band_breaches, too_fast, twin_texts

D = Decimal
NOON = datetime(2026, 5, 20, 4, tzinfo=UTC)
TEXT = "目标明确，路线可行，团队与条件具备，里程碑设置合理，经费与任务匹配，预期效益较好，风险可控。"
OTHER = "训练调度方案缺少容错设计，节点失效后的恢复时间没有论证，建议补充实验数据再议。"


def reading(seconds=600, opened=-30, **more):
    opened_at = None if opened is None else NOON + timedelta(minutes=opened)
    spent = None if seconds is None else timedelta(seconds=seconds)
    return Reading(
        **{"expert": "E01", "bid": "b1", "spent": spent, "opened_at": opened_at, "submitted_at": NOON, **more}
    )


@pytest.mark.parametrize(("seconds", "flagged"), [(0, True), (179, True), (180, False), (3600, False)])
def test_less_than_three_minutes_on_a_bid_is_too_fast(seconds, flagged):
    assert [f.code for f in too_fast([reading(seconds)])] == (["D5"] if flagged else [])


def test_the_time_is_told_with_the_flag():
    assert [f.message for f in too_fast([reading(125)])] == ["在线评审用时 2 分 5 秒，不足 3 分钟，请专家确认。"]


@pytest.mark.parametrize(("opened", "flagged"), [(None, True), (1, True), (0, False), (-1, False)])
def test_handing_in_before_the_document_was_opened_is_too_fast_however_long_it_took(opened, flagged):
    flags = too_fast([reading(3600, opened)])
    assert [f.message for f in flags] == (["提交前没有打开申报书正文，请专家确认。"] if flagged else [])


def test_one_bid_read_in_haste_is_one_flag():
    """A reader of an unopened document was fast as well; it is said once."""
    flags = too_fast([reading(10, None), reading(600, bid="b2"), reading(60, bid="b3")])
    assert [(f.bid, f.expert) for f in flags] == [("b1", "E01"), ("b3", "E01")]


def test_who_reads_on_paper_has_no_times():
    assert too_fast([reading(None, None)]) == []


def test_the_same_comment_on_two_bids_is_a_twin():
    (flag,) = twin_texts([Comment("E01", "b1", TEXT), Comment("E01", "b2", TEXT)])
    assert (flag.code, flag.bid, flag.expert, flag.other_bid, flag.other_expert) == ("D6", "b2", "E01", "b1", "E01")
    assert flag.message == "对两项申报的评审意见相似度为 100%，达到 90%。"


def test_the_same_comment_by_two_experts_is_a_twin():
    (flag,) = twin_texts([Comment("E01", "b1", TEXT), Comment("E02", "b1", TEXT)])
    assert (flag.expert, flag.other_expert) == ("E02", "E01")
    assert flag.message == "评审意见与 E01 的相似度为 100%，达到 90%。"


def test_commas_blanks_and_full_width_letters_do_not_hide_a_copy():
    spaced = TEXT.replace("，", " , ").replace("。", "！")
    assert len(twin_texts([Comment("E01", "b1", TEXT + "AI"), Comment("E02", "b1", spaced + "ＡＩ")])) == 1


def test_comments_of_their_own_are_no_twins():
    assert twin_texts([Comment("E01", "b1", TEXT), Comment("E02", "b1", OTHER), Comment("E03", "b1", "")]) == []


@pytest.mark.parametrize(("changed", "flagged"), [(10, True), (11, False)])
def test_nine_tenths_are_alike_and_a_letter_more_is_not(changed, flagged):
    """A letter changed is one deleted and one inserted: ten of a hundred make 20 of both texts' 200."""
    first = "".join(chr(0x4E00 + n) for n in range(100))
    second = "".join(chr(0x6000 + n) for n in range(changed)) + first[changed:]
    assert bool(twin_texts([Comment("E01", "b1", first), Comment("E02", "b1", second)])) is flagged


def test_everyday_words_are_nobodys():
    assert twin_texts([Comment("E01", "b1", "同意立项。"), Comment("E02", "b1", "同意立项。")]) == []


@given(st.integers(2, 12))
def test_a_comment_copied_to_every_bid_is_one_flag_for_each_copy(n):
    flags = twin_texts([Comment("E01", f"b{i}", TEXT) for i in range(n)])
    assert [(f.bid, f.other_bid) for f in flags] == [(f"b{i}", "b0") for i in range(1, n)]


def test_a_copy_from_a_colleague_is_told_beside_a_copy_of_ones_own():
    flags = twin_texts([Comment("E01", "b1", TEXT), Comment("E02", "b1", TEXT), Comment("E02", "b2", TEXT)])
    assert [(f.bid, f.other_expert) for f in flags] == [("b1", "E01"), ("b2", "E01"), ("b2", "E02")]


TOP_TEN = Band("国内前十", D(12), D(15))  # domain 3.1.b, item 1


@pytest.mark.parametrize(
    ("points", "flagged"), [("11.5", True), ("12", False), ("15", False), ("15.5", True), ("8", True)]
)
def test_points_outside_the_ticked_band_are_a_breach(points, flagged):
    flags = band_breaches([Ticked("E01", "b1", "企业状况", TOP_TEN, D(points))])
    assert [f.code for f in flags] == (["D7"] if flagged else [])


def test_a_breach_names_criterion_band_and_points():
    (flag,) = band_breaches([Ticked("E01", "b1", "企业状况", TOP_TEN, D("16.5"))])
    assert flag.message == "“企业状况”勾选“国内前十”（12–15 分），给分 16.5，请专家确认。"
