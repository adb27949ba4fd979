"""A real browser on a live server, and people logged in to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.http import HttpRequest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User
from tests.browser.desk import Desk, Open

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


_serve = StaticFilesHandler.serve


def _serve_to_keep(self: StaticFilesHandler, request: HttpRequest) -> Any:
    """A page's files may be kept, as WhiteNoise says in the product; asking for them anew is half of a story's time."""
    answer = _serve(self, request)
    answer["Cache-Control"] = "max-age=3600, immutable"
    return answer


@pytest.fixture
def browser(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setattr(StaticFilesHandler, "serve", _serve_to_keep)
    # Playwright keeps an event loop in this thread, in which Django would refuse to query.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        # Beside that loop Django has opened a connection of its own, which only here can be closed.
        connections.close_all()
        found.close()


@pytest.fixture
def open_as(browser: Browser, live_server: Any) -> Open:
    """`open_as(user)` is a page of that person; `narrow` a phone's; complaints of the page fail the test."""

    def opened(user: User | None = None, *, narrow: bool = False, **options: Any) -> Page:
        size = {"width": 390, "height": 844} if narrow else {"width": 1440, "height": 900}
        context = browser.new_context(
            base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size, **options
        )
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "domain": "localhost", "path": "/"}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        return page

    return opened


@pytest.fixture
def desk(open_as: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    return Desk(open_as, monkeypatch, tmp_path)
