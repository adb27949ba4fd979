"""Names in opinions: of anybody in the pool, however they are written; the team's own are spared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.anonymity import Names

POOL = Names(["欧阳明远", "李娜", "泉城大学", "东岳超算中心有限公司", "Ada Lovelace"])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("李娜认为路线可行", ["李娜"]),
        ("欧 阳　明·远 同志建议", ["欧阳明远"]),
        ("与东岳超算中心的方案相近", ["东岳超算中心有限公司"]),
        ("参见 ada lovelace 的工作", ["Ada Lovelace"]),
        ("泉城大学的李娜、泉城大学", ["泉城大学", "李娜"]),
        ("同意Ｅ０３的意见", ["E03"]),
        ("同意 e12 与 E1 的意见", ["E12"]),
        ("路线可行，指标明确", []),
        ("采用 FE03 型传感器与 GE031 芯片", []),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, named: list[str]) -> None:
    assert POOL.in_text(text) == named


def test_an_opinion_may_speak_of_the_team_itself() -> None:
    assert POOL.in_text("泉城大学团队基础较好", spare={"泉城大学"}) == []
    assert POOL.in_text("泉城大学团队基础较好，李娜亦同意", spare={"泉城大学"}) == ["李娜"]


def test_two_texts_do_not_join_to_a_name_where_the_teams_own_stood() -> None:
    assert POOL.in_text("李泉城大学娜", spare={"泉城大学"}) == []


def test_a_pool_without_names_finds_nobody() -> None:
    assert Names([]).in_text("李娜") == []


@given(before=st.text(max_size=20), after=st.text(max_size=20), gap=st.sampled_from(["", " ", "·", "\u200b", "　"]))
def test_nothing_around_a_name_hides_it(before: str, after: str, gap: str) -> None:
    assert "欧阳明远" in POOL.in_text(f"{before}欧阳{gap}明远{after}")
