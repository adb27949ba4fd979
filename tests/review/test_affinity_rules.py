"""Affinity whatever the input: declarations, what is missing, widths and cases, order, and the reasons it gives."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.affinity import BANDS, NEUTRAL, BidText, ExpertText, Level, affinities, plain_codes, rarity
from review.affinity.reasons import LEAST_SHARE, MOST_TERMS, explain
from review.affinity.terms import latin_words, plain
from tests.review.affinity_measures import BIDS, EXPERTS

CHINESE = st.text(st.sampled_from("量子密码通信海洋养殖模型的与，。 GPU5g３Ｄ㎡\n"), max_size=40)
CODES = st.lists(st.sampled_from(["520", "520.20", "5202010", "413.30", "240"]), max_size=2)
LEVELS = st.dictionaries(st.sampled_from(["b0", "b1", "b2", "elsewhere"]), st.sampled_from(Level), max_size=3)
FIELD_LEVELS = st.dictionaries(st.sampled_from(["520", "52020", "413"]), st.sampled_from(Level), max_size=2)
KEYWORDS = st.lists(CHINESE, max_size=2)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[BidText], list[ExpertText]]:
    bids = [
        BidText(f"b{n}", draw(CHINESE), draw(KEYWORDS), draw(CODES), draw(CHINESE))
        for n in range(draw(st.integers(0, 3)))
    ]
    experts = [
        ExpertText(f"e{n}", draw(KEYWORDS), draw(CODES), draw(CHINESE), draw(LEVELS), draw(FIELD_LEVELS))
        for n in range(draw(st.integers(0, 3)))
    ]
    return bids, experts


def one(bid: BidText, expert: ExpertText) -> float:
    return float(affinities([bid], [expert])[0, 0])


# --- invariants -------------------------------------------------------------------------------------


@given(rounds())
def test_every_figure_lies_between_nought_and_one(made: tuple[list[BidText], list[ExpertText]]) -> None:
    bids, experts = made
    result = affinities(bids, experts)
    assert result.shape == (len(bids), len(experts))
    assert ((result >= 0) & (result <= 1)).all()


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_only_orders_the_result(
    made: tuple[list[BidText], list[ExpertText]], random: Random
) -> None:
    bids, experts = made
    rows, columns = list(range(len(bids))), list(range(len(experts)))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = affinities([bids[row] for row in rows], [experts[column] for column in columns])
    assert (shuffled == affinities(bids, experts)[np.ix_(rows, columns)]).all()


@given(rounds())
def test_an_explanation_gives_the_figure_of_the_round(made: tuple[list[BidText], list[ExpertText]]) -> None:
    bids, experts = made
    result, among = affinities(bids, experts), rarity(bids, experts)
    for row, bid in enumerate(bids):
        for column, expert in enumerate(experts):
            reason = explain(bid, expert, among)
            assert reason.affinity == pytest.approx(result[row, column], abs=1e-12)
            assert sum(term.weight for term in reason.terms) <= (reason.similarity or 0) + 1e-9
            assert reason.sentence.endswith("。")


@given(rounds())
def test_a_declaration_keeps_to_its_range_whatever_the_words_say(made: tuple[list[BidText], list[ExpertText]]) -> None:
    bids, experts = made
    result = affinities(bids, experts)
    for row, bid in enumerate(bids):
        for column, expert in enumerate(experts):
            if (level := expert.level(bid)) is not None:
                low, high = BANDS[level]
                assert low <= result[row, column] <= high


def test_the_labelled_round_shuffled_is_the_same_bit_for_bit() -> None:
    random, before = Random(7), affinities(BIDS, EXPERTS)
    rows, columns = random.sample(range(len(BIDS)), len(BIDS)), random.sample(range(len(EXPERTS)), len(EXPERTS))
    after = affinities([BIDS[row] for row in rows], [EXPERTS[column] for column in columns])
    assert (after == before[np.ix_(rows, columns)]).all()


# --- what experts declare ---------------------------------------------------------------------------

BID = BidText("b", "量子密码网关", ["量子密码"], ["413.30"], "研制量子密码安全网关")
STRANGER = {"keywords": ["水产养殖"], "disciplines": ["240.20"], "text": "研究对虾病害防治"}
KNOWER = {"keywords": ["量子密码"], "disciplines": ["413.30"], "text": "研究量子密码与网关"}


def test_who_cannot_judge_counts_nought_however_well_the_words_fit() -> None:
    assert one(BID, ExpertText("e", **KNOWER)) > 0.9
    assert one(BID, ExpertText("e", **KNOWER, declared={"b": 0})) == 0


def test_who_fits_comes_before_who_can_before_who_knows_a_part_whatever_they_wrote() -> None:
    levels = [one(BID, ExpertText("e", **STRANGER, declared={"b": level})) for level in Level]
    knowers = [one(BID, ExpertText("e", **KNOWER, declared={"b": level})) for level in Level]
    assert levels == sorted(levels)
    assert all(knowers[level] <= levels[level + 1] for level in range(3))
    assert all(knowers[level] > levels[level] for level in (1, 2, 3))


def test_a_declaration_about_the_bid_goes_before_one_about_its_discipline() -> None:
    expert = ExpertText("e", **STRANGER, declared={"b": 3}, declared_disciplines={"413": 0})
    assert expert.level(BID) is Level.FITS
    assert expert.level(BidText("other", disciplines=["413.30"])) is Level.CANNOT


def test_of_declared_disciplines_the_longest_beginning_counts() -> None:
    expert = ExpertText("e", declared_disciplines={"520": 1, "520.20": 3, "5202010": 0})
    assert expert.level(BidText("b", disciplines=["520.20.30"])) is Level.FITS
    assert expert.level(BidText("b", disciplines=["520.20.10"])) is Level.CANNOT
    assert expert.level(BidText("b", disciplines=["520.40"])) is Level.PARTLY
    assert expert.level(BidText("b", disciplines=["510"])) is None


def test_a_field_nobody_asked_about_is_not_ruled_out_with_another() -> None:
    expert = ExpertText("e", declared_disciplines={"413": 0, "510": 2})
    assert expert.level(BidText("b", disciplines=["413.30", "140.30"])) is None
    assert expert.level(BidText("b", disciplines=["413.30", "510.50"])) is Level.CAN


# --- what is missing --------------------------------------------------------------------------------


def test_a_new_expert_comes_after_who_fits_and_before_who_does_not() -> None:
    row = affinities([BID], [ExpertText("knower", **KNOWER), ExpertText("new"), ExpertText("stranger", **STRANGER)])[0]
    assert row[0] > row[1] > row[2]
    assert row[1] == NEUTRAL


def test_a_bid_without_a_word_is_neutral_for_everybody() -> None:
    assert (affinities([BidText("b"), BidText("c", " ，。123 400Wh/kg")], EXPERTS) == NEUTRAL).all()


def test_without_bids_or_experts_there_is_an_empty_table() -> None:
    assert affinities([], EXPERTS).shape == (0, len(EXPERTS))
    assert affinities(BIDS, []).shape == (len(BIDS), 0)


@pytest.mark.parametrize("code", ["52", "5202", "520.2O", "", "52020101", "五二〇"])
def test_a_code_of_another_length_is_named(code: str) -> None:
    with pytest.raises(ValueError, match=r"学科代码“[^”]*”应为 3、5 或 7 位数字"):
        BidText("b", disciplines=[code])


def test_a_code_is_read_with_and_without_dots_and_in_full_width() -> None:
    assert plain_codes(["520.20.10", "5202010", " ５２０．２０.10 "]) == ("5202010",) * 3


def test_a_level_outside_the_scale_is_named() -> None:
    with pytest.raises(ValueError, match="自评“4”应为 0（不能评审）"):
        ExpertText("e", declared={"b": 4})


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="同一专家列了两次"):
        affinities([BID], [ExpertText("e"), ExpertText("e")])


# --- text -------------------------------------------------------------------------------------------


def test_width_and_case_do_not_matter() -> None:
    others = [ExpertText("o", text="水产")]
    first = affinities([BID, BidText("c", "GPU 与 LLM")], [ExpertText("e", text="gpu、llm，量子"), *others])
    assert (
        first == affinities([BID, BidText("c", "ＧＰＵ 与 ＬＬＭ")], [ExpertText("e", text="GPU、LLM，量子"), *others])
    ).all()


def test_a_foreign_word_counts_whole_and_a_quantity_not_at_all() -> None:
    text = plain("支持 LLM、5G/6G、3D 与 Micro-LED，P99 20ms，400Wh/kg，28nm，SM2，GPT-4，第 3 代，5 mm，C")
    assert latin_words(text) == ["llm", "5g", "6g", "3d", "microled", "p99", "sm2", "gpt4"]


# --- reasons ----------------------------------------------------------------------------------------


def test_the_reasons_are_words_that_both_wrote_heaviest_first() -> None:
    among = rarity(BIDS, EXPERTS)
    bid, expert = BIDS[19], EXPERTS[23]  # the antibody-drug conjugate and the chemist of medicines
    reason = explain(bid, expert, among)
    weights = [term.weight for term in reason.terms]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) <= MOST_TERMS
    assert reason.similarity is not None
    assert min(weights) > LEAST_SHARE * reason.similarity
    assert {"抗肿瘤", "抗体"} <= {term.text for term in reason.terms}
    assert reason.discipline == "350.20"
    assert reason.sentence.startswith("都提到“")
    assert f"学科同属 350.20；亲和度 {reason.affinity:.2f}。" in reason.sentence


@pytest.mark.parametrize(
    ("expert", "sentence"),
    [
        (ExpertText("e", **KNOWER, declared={"b": 0}), "专家声明不能评审，亲和度为 0。"),
        (ExpertText("e", **STRANGER), "没有说明问题的共同用词；学科不同；"),
        (ExpertText("e"), f"双方没有可以比较的内容，按中性值 {NEUTRAL:.2f} 看待；亲和度 {NEUTRAL:.2f}。"),
        (ExpertText("e", disciplines=["413.30"], declared={"b": 2}), "专家自评“能够评审”；一方没有文字，按中性看待；"),
        (ExpertText("e", keywords=["量子密码"]), "都提到“量子密码”；一方没有学科代码，按中性看待；"),
    ],
)
def test_the_sentence_says_what_counted(expert: ExpertText, sentence: str) -> None:
    assert explain(BID, expert).sentence.startswith(sentence)
