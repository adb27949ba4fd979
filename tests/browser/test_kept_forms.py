"""Forms that do not save themselves lose nothing either: the browser keeps what was typed until it was taken."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from projects.models import Challenge
from tests.browser.desk import Open
from tests.delivery_factories import World, submitted_bid, world
from tests.delivery_factories import published_list as published
from tests.workflows.test_simulation import draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTICE = ".jb-kept"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def challenge(w: World) -> Challenge:
    return draft(w).challenges.get()


def at(page: Page, challenge: Challenge) -> Page:
    page.goto(reverse("challenge_edit", args=[challenge.number]))
    return page


def save(page: Page) -> None:
    with page.expect_navigation():
        page.click("[data-submit='challenge.save']")


def test_a_session_that_ended_before_the_save_costs_nothing(w: World, challenge: Challenge, open_as: Open) -> None:
    page = at(open_as(w.officer), challenge)
    cookies = page.context.cookies()
    page.fill("[name=content]", "写了一个下午的攻关内容。")
    page.click("[data-add-row=indicators]")
    page.fill("[name=indicators-3-name]", "能耗")
    page.context.clear_cookies(name="sessionid")
    save(page)
    assert "/login/" in page.url
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    at(page, challenge)
    expect(page.locator(NOTICE)).to_be_visible()
    expect(page.locator("[name=content]")).to_have_value("写了一个下午的攻关内容。")
    expect(page.locator("[name=indicators-3-name]")).to_have_value("能耗")
    page.select_option("[name=indicators-3-comparator]", "<=")
    for name, value in {"target": "5", "check_method": "测试"}.items():
        page.fill(f"[name=indicators-3-{name}]", value)
    save(page)
    challenge.refresh_from_db()
    assert challenge.content == "写了一个下午的攻关内容。"
    assert challenge.indicators.count() == 4
    expect(at(page, challenge).locator(NOTICE)).to_have_count(0)


def test_what_another_saved_meanwhile_is_still_a_conflict_after_a_reload(
    w: World, challenge: Challenge, open_as: Open
) -> None:
    page = at(open_as(w.officer), challenge)
    page.once("dialog", lambda dialog: dialog.accept())
    page.fill("[name=content]", "我的内容")
    Challenge.objects.filter(pk=challenge.pk).update(content="他的内容")
    page.reload()
    expect(page.locator("[name=content]")).to_have_value("我的内容")
    save(page)
    expect(page.locator("#id_content_error")).to_contain_text("他的内容")
    challenge.refresh_from_db()
    assert challenge.content == "他的内容"
    save(page)
    challenge.refresh_from_db()
    assert challenge.content == "我的内容"


def test_it_can_be_given_up(w: World, challenge: Challenge, open_as: Open) -> None:
    page = at(open_as(w.officer), challenge)
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("[name=content]", "不要的内容")
    page.reload()
    page.click(f"{NOTICE} button")
    expect(page.locator("[name=content]")).to_have_value("内容")
    expect(page.locator(NOTICE)).to_have_count(0)


def test_a_dialog_closed_by_escape_or_refused_for_lack_of_network_keeps_its_words(w: World, open_as: Open) -> None:
    bid = submitted_bid(w, published(w).challenges.get())
    page = open_as(w.lead)
    page.goto(bid.get_absolute_url())
    words = "经核查，该申请所附材料不实。"
    for _ in range(2):
        page.click("a[data-action='bid.disqualify']")
        reason = page.locator("#dialog [name=reason]")
        reason.wait_for()
        if reason.input_value() == "":
            reason.fill(words)
        expect(reason).to_have_value(words)
        page.keyboard.press("Escape")
    page.reload()
    page.click("a[data-action='bid.disqualify']")
    expect(page.locator("#dialog [name=reason]")).to_have_value(words)
    page.context.set_offline(True)
    page.click("#dialog [data-submit]")
    expect(page.locator("#dialog .jb-alert-error")).to_contain_text("网络不通")
    page.context.set_offline(False)
    page.click("#dialog [data-submit]")
    expect(page.locator(".jb-alert-success")).to_be_visible()
    bid.refresh_from_db()
    assert bid.state == "DISQUALIFIED"
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('jb-kept:')).length") == 0
