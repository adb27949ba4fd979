"""Every person reads everything he can reach, and forces what others reach: no secret is in any answer.

Pages are walked by their links and by every choice of their filters, the API by its routes, orders and
filters; words in headers, file names, PDF text and PDF metadata count as much as those on a page, and a
search for a secret must find as much as a search for nonsense.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from django.db import connection

from accounts.models import User
from config.api_urls import router
from projects.queries import VISIBLE
from tests.api.callers import API, caller
from tests.api.keys import KEYS, key_of
from tests.blindness.canaries import STEM, Town, populate
from tests.blindness.crawler import Crawler, plain_addresses, search_fields, shape_of, words_of
from workflows.api import Choice
from workflows.models import OutboxMessage

pytestmark = pytest.mark.django_db
#: Who reads nearly everything by right has little to force.
KNOWS_MOST = ("秘书", "监督", "审计")
NONSENSE = STEM.replace("q", "w") + "000"


@dataclass
class Walk:
    """What one person's way through the pages came to."""

    who: str
    crawler: Crawler
    opened: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    #: Secrets that were read by somebody who may.
    told: set[str] = field(default_factory=set)
    #: Page → names of the text fields of its filters.
    searches: dict[str, list[str]] = field(default_factory=dict)

    def go(self, town: Town, addresses: Iterable[str]) -> None:
        for reading in self.crawler.crawl(addresses):
            self.leaks += leaks(town, self.who, reading.text, reading.url)
            self.told |= {c.word for c in town.canaries if c.word in reading.text}
            if reading.status >= 500:
                self.broken.append(f"{self.who} {reading.url}: {reading.status}")
            if reading.status == 200:
                self.opened.add(reading.url)
                if "?" not in reading.url and (names := search_fields(reading)):
                    self.searches[reading.url] = names


def leaks(town: Town, who: str, text: str, where: str) -> list[str]:
    return [f"{who} reads {c.what} at {where}" for c in town.kept_from(town.readers[who]) if c.word in text]


@pytest.fixture(scope="module")
def town(module_db: None) -> Town:
    found = populate()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return found


@pytest.fixture(scope="module")
def walks(town: Town) -> list[Walk]:
    """Everybody follows his links; then everybody asks for what anybody else had found."""
    entrances = [*plain_addresses(), *_records()]
    found = [Walk(who, Crawler(user)) for who, user in town.readers.items()]
    for walk in found:
        walk.go(town, entrances)
    reached = sorted({url for walk in found for url in walk.opened if "?" not in url})
    for walk in found:
        if not walk.who.endswith(KNOWS_MOST):
            walk.go(town, reached)
    return found


def _records() -> list[str]:
    """Addresses of records of every kind, asked for by everybody."""
    rows = (row for model in VISIBLE for row in model._default_manager.order_by("-pk")[:3])
    return sorted({row.get_absolute_url() for row in rows if hasattr(row, "get_absolute_url")})


def test_no_page_file_or_export_tells_a_secret(walks: list[Walk]) -> None:
    found = [leak for walk in walks for leak in walk.leaks]
    assert not found, "\n".join(dict.fromkeys(found))


def test_the_walk_goes_everywhere_and_would_notice(town: Town, walks: list[Walk]) -> None:
    """Secrets are read by those who may, every kind of page was opened by somebody, and nothing broke."""
    told = {word for walk in walks for word in walk.told}
    for kind in ("姓名", "技术路线", "未发布的榜单", "不公开的需求方", "异议人的署名"):
        assert told & {c.word for c in town.canaries if c.what.endswith(kind)}, f"nobody reads any {kind}"
    assert not [line for walk in walks for line in walk.broken]
    assert len({shape_of(url) for walk in walks for url in walk.opened}) > 60


def test_no_search_finds_what_its_reader_is_not_told(town: Town, walks: list[Walk]) -> None:
    """Whether a page is longer, or a row more, for a secret than for nonsense is a leak, too."""
    found = []
    for walk in walks:
        secret = town.kept_from(town.readers[walk.who])[::25]
        for url, names in walk.searches.items():
            for name in names:
                plain = _answered(walk.crawler, url, name, NONSENSE)
                found += [
                    f"{walk.who} finds {c.what} by {url}?{name}=" for c in secret
                    if _answered(walk.crawler, url, name, c.stem) != plain
                ]  # fmt: skip
    assert not found, "\n".join(found)


def _answered(crawler: Crawler, url: str, name: str, value: str) -> str:
    """The answer without the echo of the question and what changes with every request."""
    text = crawler.read(f"{url}?{name}={value}").text.replace(value, "·")
    # CSRF tokens have 64 characters.
    return re.sub(r"data-now=\S+|\b[A-Za-z0-9]{64}\b|(?i:content-length: \d+)", "", text)


# --- the API --------------------------------------------------------------------------------------------


def _programs(town: Town) -> dict[str, User | None]:
    """The readers with most to find out; pages and API ask the same functions who may see what."""
    curious = [
        "公众",
        "别省经办",
        "无关团队",
        "评分中·经办",
        "评分中·负责人",
        "评分中·组长",
        "评分中·专家",
        "已交付·经办",
        "已交付·对手",
        "已交付·专家",
    ]
    return {who: town.readers[who] for who in curious}


def _api_lists() -> Iterator[tuple[str, type]]:
    for prefix, view, _name in router.registry:
        yield prefix, view


def test_no_route_filter_or_order_of_the_api_tells_a_secret(town: Town) -> None:
    keys = {
        route: [key_of(route, row) for row in view.flow.model._default_manager.order_by("-pk")[:2]]
        for route, view in _api_lists() if route in KEYS
    }  # fmt: skip
    found, asked = [], 0
    for who, user in _programs(town).items():
        client = caller(user)
        for route, view in _api_lists():
            queries = ["", *(f"?ordering=-{name}" for name in list(view.orderings)[-1:])]
            queries += [
                f"?{name}={value}" for name, wanted in view.filters.items() if isinstance(wanted, Choice)
                for value in list(wanted.choices.values)[:1]
            ]  # fmt: skip
            tails = [f"{key}/{tail}" for key in keys.get(route, []) for tail in ("", "timeline/", "transitions/")]
            for tail in [*queries, *tails]:
                answer = client.get(f"{API}/{route}/{tail}")
                asked += 1
                assert answer.status_code < 500, (who, route, tail)
                found += leaks(town, who, words_of(answer), f"{route}/{tail}")
    assert asked > 1000
    assert not found, "\n".join(dict.fromkeys(found))


def test_no_text_filter_of_the_api_finds_a_secret(town: Town) -> None:
    found = []
    for who, user in _programs(town).items():
        client = caller(user)
        secret = town.kept_from(user)[::30]
        for route, view in _api_lists():
            for name, wanted in view.filters.items():
                if isinstance(wanted, Choice):
                    continue
                for canary in secret:
                    answer = client.get(f"{API}/{route}/?{name}={canary.word}")
                    if answer.status_code == 200 and answer.json()["count"]:
                        found.append(f"{who} finds {canary.what} by {route}/?{name}=")
    assert not found, "\n".join(found)


# --- what is sent ---------------------------------------------------------------------------------------


def test_no_message_tells_its_recipient_a_secret(town: Town) -> None:
    """The outbox holds the words of every mail and every notice in the inbox."""
    names = {user.pk: who for who, user in town.readers.items() if user is not None}
    sent = [(m.recipient_id, f"{m.subject}\n{m.body}\n{m.url}") for m in OutboxMessage.objects.exclude(recipient=None)]
    assert sent
    found = [
        f"{names.get(pk, pk)} is sent {c.what}: {text[:60]}"
        for pk, text in sent for c in town.canaries if pk not in c.told_to and c.word in text
    ]  # fmt: skip
    assert not found, "\n".join(found)
