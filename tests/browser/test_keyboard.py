"""By keyboard: past the navigation at once, nothing out of reach in a low window, and back from a dialog."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from projects.models import ChallengeList
from tests.browser.desk import Open
from tests.delivery_factories import World, published_list, world
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import start

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: A small laptop's window below the browser's own bars.
LOW = {"width": 1366, "height": 620}


@pytest.fixture
def w(db: None) -> World:
    return world()


def is_in_sight(page: Page) -> bool:
    found: bool = page.evaluate(
        """async () => {
            const node = document.activeElement;
            for (let y = null; y !== node.getBoundingClientRect().top; await new Promise((done) => setTimeout(done, 120)))
                y = node.getBoundingClientRect().top;
            const { top, bottom } = node.getBoundingClientRect();
            return bottom > 0 && top < innerHeight - 4;
        }"""
    )
    return found


def test_the_skip_link_leads_past_the_section_list(w: World, open_as: Open) -> None:
    page = open_as(w.officer)
    page.goto("/bids/")
    page.keyboard.press("Tab")
    expect(page.locator(".jb-skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.querySelector('#content').contains(document.activeElement)")
    assert inside, page.evaluate("document.activeElement.outerHTML")


def test_every_section_is_in_sight_when_it_has_the_focus_in_a_low_window(w: World, open_as: Open) -> None:
    published_list(w)
    page = open_as(w.officer)
    page.set_viewport_size(LOW)  # type: ignore[arg-type]
    page.goto(w.challenge_list.get_absolute_url())
    links = page.locator(".jb-side a")
    assert links.count() > 12
    links.first.focus()
    hidden = []
    for n in range(links.count()):
        expect(links.nth(n)).to_be_focused()
        if not is_in_sight(page):
            hidden.append(links.nth(n).inner_text())
        page.keyboard.press("Tab")
    assert not hidden


def test_escape_leaves_a_dialog_and_gives_the_focus_back(w: World, open_as: Open) -> None:
    division = w.agency.divisions.create(name="高新处")
    row = ChallengeList(agency=w.agency, division=division, rule_set=w.rule_set, number="SD-1", title="榜单", year=2026)
    start(ChallengeListFlow, row, by=w.officer)
    page = open_as(w.officer)
    page.goto(row.get_absolute_url())
    button = page.locator("[data-action='list.open_collection']")
    button.focus()
    page.keyboard.press("Enter")
    page.locator("#dialog [data-submit]").wait_for()
    assert page.evaluate("document.querySelector('#dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(button).to_be_focused()
