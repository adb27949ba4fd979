"""Reads everything a person can reach: pages by their links, forms by their choices, the API by its routes."""

from __future__ import annotations

import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pypdf import PdfReader

from accounts.models import User

#: Addresses of one shape (numbers and names left out) that are read; the rest tells nothing new.
PAGES_PER_SHAPE = 2
#: Filtered pages, and papers, which are slow to draw.
OTHERS_PER_SHAPE = 1
LINK = re.compile(r"""\s(?:href|src|hx-get|data-url|action)=["']([^"'#]+)""")
GET_FORM = re.compile(r"<form[^>]*method=[\"']get[\"'][^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)
FIELD = re.compile(r"<(?:input|select)[^>]*name=[\"']([^\"']+)")
OPTION = re.compile(r"<option[^>]*value=[\"']([^\"']+)")
SELECT = re.compile(r"<select[^>]*name=[\"']([^\"']+)[\"'][^>]*>(.*?)</select>", re.DOTALL)
NOT_FOLLOWED = ("/logout/", "/static/", "/language/", "/api/v1/docs/", "/api/v1/schema/")


@dataclass(frozen=True)
class Reading:
    """One answer as a reader gets it: its words, with those in headers, file names and PDF metadata."""

    url: str
    status: int
    text: str


@dataclass
class Crawler:
    """One person's way through the house. Forced addresses are tried beside those that are linked."""

    user: User | None
    client: Client = field(default_factory=Client)
    seen: set[str] = field(default_factory=set)
    shapes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.user is not None:
            self.client.force_login(self.user)

    def crawl(self, seeds: Iterable[str]) -> Iterator[Reading]:
        queue = deque(seeds)
        while queue:
            url = queue.popleft()
            if not self._is_wanted(url):
                continue
            reading = self.read(url)
            yield reading
            if reading.status == 200:
                queue.extend(links_in(reading))

    def read(self, url: str) -> Reading:
        answer = self.client.get(url)
        headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
        return Reading(url, answer.status_code, f"{headers}\n{words_of(answer)}")

    def _is_wanted(self, url: str) -> bool:
        if not url.startswith("/") or url.startswith(("//", *NOT_FOLLOWED)) or url in self.seen:
            return False
        self.seen.add(url)
        shape = shape_of(url)
        self.shapes[shape] += 1
        is_page = "?" not in url and not url.endswith(".pdf")
        return self.shapes[shape] <= (PAGES_PER_SHAPE if is_page else OTHERS_PER_SHAPE)


def shape_of(url: str) -> str:
    """An address without what names a single record or value."""
    parts = urlsplit(url)
    path = re.sub(r"[^/]*[\d〔][^/]*(?=/|$|\.)", "*", parts.path.replace("/v1/", "/"))
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return f"{path}?{'&'.join(names)}"


def words_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Type", "").startswith("application/pdf"):
        paper = PdfReader(io.BytesIO(body))
        return "\n".join([str(paper.metadata), *(page.extract_text() for page in paper.pages)])
    return unescape(body.decode(errors="replace"))


def links_in(reading: Reading) -> list[str]:
    """Links, and every choice of every filter, one at a time."""
    path = urlsplit(reading.url).path
    found = [url if url.startswith("/") else path + url for url in LINK.findall(reading.text) if "://" not in url]
    for form in GET_FORM.findall(reading.text):
        for name, options in SELECT.findall(form):
            found += [f"{path}?{urlencode({name: value})}" for value in OPTION.findall(options)]
    return found


def search_fields(reading: Reading) -> list[str]:
    """Names of the text fields of the page's filters."""
    chosen = {name for form in GET_FORM.findall(reading.text) for name, _options in SELECT.findall(form)}
    return [
        name for form in GET_FORM.findall(reading.text) for name in FIELD.findall(form)
        if name not in chosen and name != "page"
    ]  # fmt: skip


def plain_addresses() -> list[str]:
    """Every page of the house whose address names no record."""
    return [f"/{route}" for route in _routes(get_resolver().url_patterns) if "<" not in route and "^" not in route]


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route
