"""The Atom feed: what was announced, the latest first, for everybody or for one field."""

from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import translation

from projects.models import Challenge, ChallengeList
from tests import delivery_factories as made
from tests.api import worlds
from tests.workflows.conftest import module_db
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform

__all__ = ["module_db"]
pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def feed(query: str = "", **headers: str) -> Any:
    return Client().get(f"/open/feed.atom{query}", headers=headers)


def parsed(response: Any) -> ElementTree.Element:
    return ElementTree.fromstring(response.content)  # noqa: S314 (our own)


def entries(query: str = "") -> list[tuple[str, str]]:
    """(title, summary) in the feed's order."""
    response = feed(query)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = parsed(response).findall(f"{ATOM}entry")
    return [(e.findtext(f"{ATOM}title") or "", e.findtext(f"{ATOM}summary") or "") for e in found]


@pytest.fixture(scope="module")
def house(module_db: None) -> made.World:
    """One list that was extended, noticed and cleared; its challenge is in SOFTWARE."""
    w = made.world()
    made.issued_decision(w, scores=("90",))
    return w


@pytest.fixture
def open_list(house: made.World) -> tuple[made.World, ChallengeList]:
    """A second agency's list, still open, extended once; its challenge is in AI."""
    other = made.world()
    found = made.published_list(other)
    with made.on(date(2026, 4, 7)):
        perform(
            ChallengeListFlow, found, "extend", by=other.lead, bid_close_at="2026-05-06 17:00",
            rec_close_at="2026-05-07 15:00", reason="应多家单位要求，给足准备时间",
        )  # fmt: skip
    Challenge.objects.filter(challenge_list=found).update(field="AI")
    return other, found


def test_publications_extensions_and_notices_are_told_the_latest_first(house, open_list):
    found = entries()
    assert [title.partition("：")[0] for title, _summary in found] == [
        "拟立项公示", "延期公告", "榜单发布", "榜单发布",
    ]  # fmt: skip
    assert "揭榜截止延长至 2026-05-06 17:00。应多家单位要求" in found[1][1]
    assert "榜题：存储引擎攻关1" in found[2][1]
    assert "公示期 2026-06-01 至 2026-06-05" in found[0][1]


def test_a_field_narrows_the_feed(house, open_list):
    assert [t.partition("：")[0] for t, _summary in entries("?field=AI")] == ["延期公告", "榜单发布"]
    assert [t.partition("：")[0] for t, _summary in entries("?field=SOFTWARE")] == ["拟立项公示", "榜单发布"]
    assert entries("?field=CHIP") == []
    for field in ("NOPE", "ai", "%00"):
        assert feed(f"?field={field}").status_code == 404


def test_entries_have_lasting_ids_instants_and_addresses(house, open_list):
    root = parsed(feed())
    ids = [e.findtext(f"{ATOM}id") for e in root.iter(f"{ATOM}entry")]
    assert len(set(ids)) == 4
    assert ids == [e.findtext(f"{ATOM}id") for e in parsed(feed()).iter(f"{ATOM}entry")]
    assert all(str(one).startswith("tag:") for one in ids)
    stamps = [datetime.fromisoformat(str(e.findtext(f"{ATOM}updated"))) for e in root.iter(f"{ATOM}entry")]
    assert stamps == sorted(stamps, reverse=True)
    for link in root.iter(f"{ATOM}entry"):
        path = link.find(f"{ATOM}link").attrib["href"].partition("//")[2].partition("/")[2]  # type: ignore[union-attr]
        assert Client().get(f"/{path}").status_code == 200


def test_nothing_secret_and_nothing_that_was_taken_back_is_told(house, open_list):
    other, found = open_list
    hidden, challenge = worlds.drafts(house)
    Challenge.objects.update(demander_is_hidden=True)
    text = feed().content.decode()
    for secret in (hidden.title, hidden.number, challenge.title, house.demander.name, other.demander.name):
        assert secret not in text
    assert house.lead.name not in text
    with made.on(date(2026, 4, 8)):
        perform(ChallengeListFlow, found, "cancel", by=other.lead, reason="需求单位已自行解决，榜单取消")
    assert found.number not in feed().content.decode()


def test_what_xml_cannot_say_does_not_break_the_feed(house):
    ChallengeList.objects.update(title="榜单\x0b<b>&")
    Challenge.objects.update(title="甲\x1f乙<")
    *_rest, (title, summary) = entries()
    assert title == "榜单发布：榜单<b>&"
    assert "甲乙&lt;" in summary


def test_a_reader_that_has_it_all_is_told_so(house):
    first = feed()
    assert feed(**{"If-None-Match": first.headers["ETag"]}).status_code == 304
    with translation.override("en"):
        assert feed(**{"Accept-Language": "en"}).content == first.content


def test_the_feed_costs_five_queries(house, open_list, django_assert_num_queries):
    with django_assert_num_queries(5):
        feed()
    with django_assert_num_queries(5):
        feed("?field=SOFTWARE")


def test_pages_name_the_feed_in_their_head():
    html = Client().get("/challenges/?field=AI").content.decode()
    head = html.partition("</head>")[0]
    assert 'type="application/atom+xml"' in head
    assert 'href="/open/feed.atom"' in head
    assert 'href="/open/feed.atom?field=AI"' in head
