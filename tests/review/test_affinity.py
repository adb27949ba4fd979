"""Affinity on the labelled set: near what was measured (docs/decisions/0018), better than the ways not chosen."""

from dataclasses import replace

import numpy as np
import pytest

from review.affinity import NEUTRAL, BidText, ExpertText, affinities
from tests.review.affinity_measures import (
    BIDS,
    EXPERTS,
    GRADES,
    HELD_OUT,
    RIVALS,
    SEEDS,
    keyword_overlap,
    lengthened,
    mean_reciprocal_rank,
    ndcg,
    spearman,
    tf_idf,
    with_disciplines,
)

MEASURED = affinities(BIDS, EXPERTS)


def test_the_labels_are_of_bids_and_experts_that_exist() -> None:
    assert GRADES.shape == (44, 33)
    assert set(np.unique(GRADES)) == {0, 1, 2, 3}
    assert (GRADES.max(axis=1) > 0).all()
    assert (GRADES.max(axis=0) == 3).all()


def test_experts_of_the_field_come_first() -> None:
    assert ndcg(MEASURED) >= 0.93  # measured 0.947
    assert mean_reciprocal_rank(MEASURED) >= 0.97  # measured 1.000
    assert spearman(MEASURED) >= 0.36  # measured 0.388


def test_also_for_the_bids_on_which_no_weight_was_chosen() -> None:
    assert ndcg(MEASURED[HELD_OUT], GRADES[HELD_OUT]) >= 0.92  # measured 0.943


def test_also_in_long_texts_that_mostly_say_what_everybody_says() -> None:
    assert np.mean([ndcg(affinities(*lengthened(seed))) for seed in SEEDS]) >= 0.915  # measured 0.935


def test_it_is_far_better_than_looking_for_keywords() -> None:
    assert ndcg(MEASURED) > ndcg(keyword_overlap()) + 0.4  # measured 0.402 for these
    assert mean_reciprocal_rank(MEASURED) > mean_reciprocal_rank(keyword_overlap()) + 0.4


@pytest.mark.parametrize("name", RIVALS)
def test_no_other_way_to_cut_the_text_does_better(name: str) -> None:
    assert ndcg(MEASURED) >= ndcg(with_disciplines(tf_idf(RIVALS[name])))


def test_one_bid_alone_is_ranked_as_well() -> None:
    alone = np.vstack([affinities([bid], EXPERTS) for bid in BIDS])
    assert ndcg(alone) >= 0.92


def test_figures_mean_something_a_third_a_part_of_the_field_above_two_thirds_just_this() -> None:
    unrelated, part, near, just_this = (MEASURED[grade == GRADES].mean() for grade in range(4))
    assert unrelated < 0.2 < part < near < 0.7 < just_this
    assert abs(part - NEUTRAL) < 0.05


def test_the_same_thing_under_another_name_is_found() -> None:
    scores = dict(zip([(b.id, e.id) for b in BIDS for e in EXPERTS], MEASURED.ravel(), strict=True))
    assert scores["B11", "E01"] > 0.7  # 大模型, LLM and 大语言模型
    assert scores["B12", "E10"] > 0.7  # 近存计算 and 存算一体
    assert scores["B13", "E11"] > 0.6  # SiC and 碳化硅


def test_a_shared_word_is_not_a_shared_field() -> None:
    scores = dict(zip([(b.id, e.id) for b in BIDS for e in EXPERTS], MEASURED.ravel(), strict=True))
    assert scores["B06", "E16"] > scores["B06", "E17"]  # 海洋牧场: fish, not ships
    assert scores["B10", "E15"] < scores["B10", "E06"] / 2  # 随机种子 is no seed of wheat
    assert scores["B09", "E04"] < scores["B09", "E09"]  # 时序签核 is no 时序数据库


def test_disciplines_that_agree_further_count_more() -> None:
    bid = BidText("b", text="浸没式液冷", disciplines=["520.20.10"])
    codes = ["520.20.10", "520.20.30", "520.40", "510.50"]
    row = affinities([bid], [ExpertText(code, text="拖拉机", disciplines=[code]) for code in codes])[0]
    assert list(row) == sorted(row, reverse=True)
    assert len(set(row)) == len(codes)


def test_a_full_code_is_worth_no_more_than_what_the_other_side_gives() -> None:
    experts = [ExpertText("3", disciplines=["520"]), ExpertText("5", disciplines=["520.20"])]
    both = affinities([BidText("b", disciplines=["5202010"])], experts)[0]
    assert both[0] < both[1]
    assert np.ptp(affinities([BidText("b", disciplines=["520"])], experts)) == 0


def test_keywords_count_more_than_the_same_words_in_the_text() -> None:
    others = [replace(expert, keywords=()) for expert in EXPERTS[:10]]
    said = ExpertText("said", text="钠离子电池正极，" + EXPERTS[3].text)
    named = ExpertText("named", keywords=["钠离子电池正极"], text=EXPERTS[3].text)
    row = affinities([BidText("b", "钠离子电池")], [*others, said, named])[0]
    assert row[-1] > row[-2] > row[:-2].max()
