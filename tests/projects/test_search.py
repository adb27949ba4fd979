"""Search in challenges: Chinese words of two characters, either width, either case; titles first; hits marked."""

import random
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organisation
from projects.models import Challenge, ChallengeText, Indicator
from projects.search import title_first, with_words, words_of
from projects.templatetags.found import hits, marked
from tests import delivery_factories as made
from tests.api import worlds
from tests.workflows.conftest import module_db

__all__ = ["module_db"]
pytestmark = pytest.mark.django_db


def page(**query: str) -> str:
    response = Client().get("/challenges/", query)
    assert response.status_code == 200
    return response.content.decode()


def found(text: str) -> list[str]:
    """Titles in the order of the page."""
    words = words_of(text)
    return [row.title for row in title_first(with_words(Challenge.objects.all(), words), words)]


@pytest.fixture(scope="module")
def house(module_db: None) -> made.World:
    """One published list; the words of its challenges stand in different fields."""
    w = made.world()
    rows = list(made.published_list(w, challenges=4).challenges.order_by("number"))
    for row, changes in zip(
        rows,
        [
            {"title": "面向船舶的CAE仿真求解器", "content": "研制非线性求解内核"},
            {"title": "海洋平台结构分析", "content": "开展数值仿真与试验验证，ＡＢ型样机", "background": "依赖进口"},
            {"title": "深紫外光刻胶", "background": "芯片制造的关键材料"},
            {"title": "100%国产_数据库", "scenario": "政务云"},
        ],
        strict=True,
    ):
        Challenge.objects.filter(pk=row.pk).update(**changes)
    return w


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("芯片", ["深紫外光刻胶"]),
        ("紫", ["深紫外光刻胶"]),
        ("光刻胶", ["深紫外光刻胶"]),
        ("ab型样机", ["海洋平台结构分析"]),
        ("ＣＡＥ　求解", ["面向船舶的CAE仿真求解器"]),
        ("cae，船舶", ["面向船舶的CAE仿真求解器"]),
        ("政务云", ["100%国产_数据库"]),
        ("100%", ["100%国产_数据库"]),
        ("１００％", ["100%国产_数据库"]),
        ("产_", ["100%国产_数据库"]),
        ("仿真 芯片", []),
        ("产%库", []),
        ("背景", ["面向船舶的CAE仿真求解器", "100%国产_数据库"]),
        ("人工智能", []),
    ],
)
def test_words_are_found_in_every_field_and_width(house, text, titles):
    assert sorted(found(text)) == sorted(titles)


def test_hits_in_the_title_come_first_unless_another_order_is_asked_for(house):
    assert found("仿真") == ["面向船舶的CAE仿真求解器", "海洋平台结构分析"]
    html = page(q="仿真")
    assert html.index("面向船舶的CAE") < html.index("海洋平台")
    html = page(q="仿真", sort="-close")
    assert html.index("海洋平台") < html.index("面向船舶的CAE")


def test_an_indicator_is_found_as_soon_as_it_is_written_and_no_longer_than_it_stands(house):
    row = Challenge.objects.get(title="深紫外光刻胶")
    indicator = Indicator.objects.create(
        challenge=row, no=9, name="分辨率", comparator="<=", target=13, unit="纳米", check_method="扫描电镜"
    )
    assert found("分辨率") == found("扫描电镜") == [row.title]
    indicator.name = "线宽"
    indicator.save()
    assert (found("分辨率"), found("线宽")) == ([], [row.title])
    indicator.delete()
    assert found("线宽") == []


def test_a_demander_is_found_by_name_but_never_when_hidden(house):
    row = Challenge.objects.get(title="深紫外光刻胶")
    unit = Organisation.objects.get(pk=row.demander_id)
    Organisation.objects.filter(pk=unit.pk).update(name="金丝雀微电子")
    assert len(found("金丝雀")) == 4
    Challenge.objects.exclude(pk=row.pk).update(demander_is_hidden=True)
    assert found("金丝雀") == [row.title]
    assert "需求方：<mark>金丝雀</mark>微电子" in page(q="金丝雀")
    Challenge.objects.filter(pk=row.pk).update(demander_is_hidden=True)
    assert found("金丝雀") == []
    Organisation.objects.filter(pk=unit.pk).update(name="金丝雀二厂")
    assert found("金丝雀") == []
    assert "微电子" not in page(q="金丝雀")
    # Not even for those who may know: what is found tells who it is.
    officer = Client()
    officer.force_login(house.officer)
    assert row.number not in officer.get("/challenges/", {"q": "金丝雀"}).content.decode()


def test_drafts_are_not_found_by_the_public(house):
    _list, challenge = worlds.drafts(house)
    assert found("保密的内容") == [challenge.title]
    assert challenge.title not in page(q="保密的内容")


def test_hits_are_marked_in_title_and_in_a_line_of_the_field(house):
    html = page(q="ｃａｅ 内核")
    assert "面向船舶的<mark>CAE</mark>仿真求解器" in html
    assert "攻关内容：研制非线性求解<mark>内核</mark>" in html
    assert "<mark>" not in page()


@pytest.mark.parametrize(
    ("text", "words", "html"),
    [
        ("<b>软件</b>", ["软件"], "&lt;b&gt;<mark>软件</mark>&lt;/b&gt;"),
        ("ＡＢ℃与ab", ["ab°c"], "<mark>ＡＢ℃</mark>与ab"),
        ("工业软件件", ["工业", "软件", "件"], "<mark>工业软件件</mark>"),
        ("没有", ["<script>"], "没有"),
    ],
)
def test_marks_stand_around_the_words_as_they_were_written(text, words, html):
    assert marked(text, words) == html
    assert hits("", words) == []


def test_a_query_becomes_a_few_different_words():
    assert words_of("　ＣＡＥ, cae；仿真、 ") == ["cae", "仿真"]
    assert words_of(" ".join(str(n) for n in range(20))) == [str(n) for n in range(8)]
    assert words_of(" ,、") == []


def test_nothing_found_says_what_to_do(house):
    html = page(q="量子 计算<机>", field="AI")
    assert "没有找到含有“量子”“计算&lt;机&gt;”的榜题" in html
    assert "两个字就能查" in html
    assert 'href="/challenges/?q=' in html
    assert "去掉领域" not in page(q="量子计算机")


def test_a_search_costs_one_query_more_than_a_list(house, django_assert_num_queries):
    with django_assert_num_queries(1):
        page()
    with django_assert_num_queries(2):
        page(q="仿真")


# --- how it is found ------------------------------------------------------------------------------------


def load(row: Challenge, number: int) -> None:
    """Copies of a challenge in words of random characters, with the guards of states off."""
    dice = random.Random(7)
    common = [chr(code) for code in range(0x4E00, 0x4E00 + 1200)]
    same: dict[str, Any] = {
        f.attname: getattr(row, f.attname) for f in Challenge._meta.concrete_fields if not f.primary_key
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Challenge.objects.bulk_create(
            (
                Challenge(
                    **{
                        **same,
                        "number": f"COPY-{n:05d}",
                        "title": "".join(dice.choices(common, k=12)),
                        "content": "".join(dice.choices(common, k=200)),
                    }
                )
                for n in range(number)
            ),
            batch_size=2000,
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SELECT gin_clean_pending_list('challenge_text_trigrams')")
        cursor.execute("ANALYZE projects_challenge, projects_challengetext")


def test_among_ten_thousand_the_index_finds_three_characters_and_two_are_read_through(house):
    """Ten thousand is what an agency posts in decades. Two characters make no trigram (decision 0009)."""
    load(Challenge.objects.get(title="100%国产_数据库"), 10_000)
    assert ChallengeText.objects.count() == 10_004
    for word in ("光刻胶", "仿真求解器", "CAE仿真"):
        plan = with_words(Challenge.objects.all(), [word]).explain()
        assert "Bitmap Index Scan on challenge_text_trigrams" in plan, plan
        assert len(found(word)) == 1
    assert "challenge_text_trigrams" not in with_words(Challenge.objects.all(), ["芯片"]).explain()
    assert found("芯片") == ["深紫外光刻胶"]
