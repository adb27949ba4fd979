"""People at their browsers: everyone logs in through the form and acts by clicking, on a clock that can be set."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from demo.papers import Papers
from workflows import clock
from workflows.sweeps import sweep_all

#: Opens a new window: for nobody, or for a person who is logged in.
Open = Callable[..., Page]
PASSWORD = "story-password-2026"


class Desk:
    """One window per person. `act` presses a button of a record and fills in what its dialog asks."""

    def __init__(self, open_as: Open, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.open_as, self.monkeypatch, self.folder = open_as, monkeypatch, folder
        self.pages: dict[int | None, Page] = {}
        self.papers = Papers()
        self.clicks = 0
        #: Who acted last, and on which page: he goes on there, as people do, without loading it anew.
        self.last: tuple[int, str] | None = None

    def on(self, day: date, hour: int = 10, minute: int = 0) -> None:
        """Set the clock of the whole process, and let the timers run as they would at that moment."""
        self.last = None
        instant = datetime.combine(day, time(hour, minute), clock.SHANGHAI)
        # A server answers in threads of its own, to which `travel` does not reach.
        self.monkeypatch.setattr(clock, "_set_to", ContextVar("clock", default=instant))
        sweep_all()

    def page(self, user: User | None) -> Page:
        key = user.pk if user else None
        if key not in self.pages:
            page = self.pages[key] = self.open_as(None)
            if user is not None:
                page.goto("/login/")
                page.fill("[name=username]", user.username)
                page.fill("[name=password]", PASSWORD)
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                assert "/login/" not in page.url, page.inner_text("main")
        return self.pages[key]

    def goto(self, user: User | None, url: str) -> Page:
        page, self.last = self.page(user), None
        answer = page.goto(url)
        assert answer is not None
        assert answer.ok, f"{user or 'public'} at {url}: {answer.status}"
        return page

    def act(self, user: User, url: str, action: str, *, at: str = "body", **fields: Any) -> Page:
        """Press `action` (flow.transition) on the page; `at` narrows it to one row. Fields by name."""
        page = self.page(user) if self.last == (user.pk, url) else self.goto(user, url)
        # What was said before is not the answer to this.
        page.evaluate("document.querySelectorAll('.jb-alert-success').forEach(said => said.remove())")
        button = page.locator(at).locator(f"a[data-action='{action}']")
        if not button.count():
            pytest.fail(f"{user} has no “{action}” at {url}:\n{page.inner_text('main')}")
        button.first.click()
        dialog = page.locator("#dialog")
        # `wait_for` looks again much sooner than `expect`; a story waits here a hundred times.
        dialog.locator("[data-submit]").wait_for()
        for name, value in fields.items():
            fill(dialog, name, value)
        dialog.locator("[data-submit]").click()
        done = page.locator(".jb-alert-success")
        wrong = dialog.locator(".jb-error, .jb-alert-error")
        done.or_(wrong).first.wait_for()
        assert not wrong.count(), f"{action}: {dialog.inner_text()}"
        self.clicks += 1
        self.last = (user.pk, url) if page.url.endswith(url) else None
        return page

    def save(self, page: Page, button: str, **fields: Any) -> None:
        """Fill in a form of the page and send it; it must not come back with errors."""
        for name, value in fields.items():
            fill(page.locator("main"), name, value)
        with page.expect_navigation():
            page.click(f"[data-submit='{button}']")
        assert not page.locator(".jb-error, .jb-alert-error").count(), page.locator("main").inner_text()
        self.clicks += 1

    def upload(self, page: Page, slot: str, subject: str) -> None:
        """A real PDF, through the uploader of the page."""
        path = self.folder / f"{slot.lower()}.pdf"
        path.write_bytes(self.papers.make(slot, subject))
        page.get_by_label("材料类别").select_option(slot)
        page.get_by_label("选择文件").set_input_files(path)
        expect(page.locator("[data-file-list]").get_by_role("link", name=path.name)).to_be_visible()


def fill(within: Locator, name: str, value: Any) -> None:
    """Give a value to the control of that name, whatever kind it is."""
    control = within.locator(f"[name='{name}']")
    kind = control.evaluate_all("found => found[0] && (found[0].tagName === 'SELECT' ? 'select' : found[0].type)")
    assert kind, f"no field {name}: {within.inner_text()}"
    if kind == "select":
        control.first.select_option(str(value))
    elif kind == "radio":
        within.locator(f"[name='{name}'][value='{value}']").check()
    elif kind == "checkbox" and isinstance(value, bool):
        control.first.set_checked(value)
    elif kind == "checkbox":
        for one in value:
            within.locator(f"[name='{name}'][value='{one}']").check()
    else:
        control.first.fill(value.isoformat() if isinstance(value, date) else str(value))
