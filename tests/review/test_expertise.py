"""Keywords suggested from a text of achievements: phrases of the trade, not of every curriculum vitae."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from review.affinity import affinities
from review.affinity.expertise import LONGEST, MOST, SHORTEST, expertise_terms
from tests.review.affinity_measures import BIDS, EXPERTS, LABELS, ndcg


def test_phrases_of_the_trade_are_suggested() -> None:
    text = (
        "研究超级计算机系统软件，主持异构加速卡集群的作业编排、并行通信库与容错检查点研制，系统部署于三个国家超算中心。"
    )
    assert {"异构加速卡集群", "作业编排", "并行通信库", "容错检查点"} <= set(expertise_terms(text))


def test_foreign_words_come_whole_and_once() -> None:
    assert expertise_terms("研究 5G、ｌｌｍ 和 GPU，发表 LLM 论文 20 篇")[0] == "LLM"
    assert set(expertise_terms("研究 5G、ｌｌｍ 和 GPU，发表 LLM 论文 20 篇")) == {"5G", "LLM", "GPU"}


def test_what_is_named_most_often_comes_first() -> None:
    assert expertise_terms("从事量子通信研究；主持光纤链路；推广量子通信。")[0] == "量子通信"


def test_a_curriculum_vitae_without_a_field_suggests_next_to_nothing_of_a_field() -> None:
    fields = {word for expert in EXPERTS for word in expert.keywords}
    assert not fields & set(expertise_terms("".join(LABELS["expert_phrases"]), most=100))
    assert expertise_terms("博士，教授。主持国家重点研发计划项目三项，获省级科技进步奖一等奖两项。") == []


def test_suggestions_alone_find_the_experts_of_the_field() -> None:
    suggested = [replace(expert, keywords=expertise_terms(expert.text), text="") for expert in EXPERTS]
    assert ndcg(affinities(BIDS, suggested)) >= 0.88  # measured 0.912; 0.947 with their own keywords and texts


@given(st.text(st.sampled_from("量子密码通信的与研究三个，。 GPU5g３Ｄ\n"), max_size=60))
def test_suggestions_are_few_short_and_all_different(text: str) -> None:
    found = expertise_terms(text)
    assert len(found) == len(set(found)) <= MOST
    assert all(SHORTEST <= len(term) <= LONGEST or term.isascii() for term in found)
    assert found == expertise_terms(text)
