"""Two browsers, one bid: whatever is typed where and when, offline or signed out, nothing is lost."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from projects.models import Bid, ChallengeList, DraftEdit
from tests.browser.desk import Open
from tests.delivery_factories import on, organisation, published_list, team, world
from workflows.bid import BidFlow
from workflows.engine import start

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bid(db: None) -> Bid:
    """A draft whose list closes in ten days of the real clock, which the server goes by."""
    w = world()
    challenge = published_list(w).challenges.get()
    t = team(w)
    with on(timezone.localtime(challenge.challenge_list.published_at).date() + timedelta(days=1)):
        row = start(
            BidFlow,
            Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="草稿"),
            by=t.pi,
        )
    close = timezone.now() + timedelta(days=10)
    ChallengeList.objects.update(bid_close_at=close, rec_close_at=close + timedelta(days=1))
    return row


def at(page: Page, bid: Bid, section: str = "basic") -> Page:
    page.goto(reverse("bid_edit", args=[bid.uuid, section]))
    return page


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("已全部保存")


def stored(bid: Bid) -> Bid:
    return Bid.objects.get(pk=bid.pk)


def test_what_is_typed_is_saved_without_a_button(bid: Bid, open_as: Open) -> None:
    page = at(open_as(bid.pi), bid)
    page.fill("[name=summary]", "边填边存的摘要。")
    saved(page)
    assert stored(bid).summary == "边填边存的摘要。"
    at(page, bid, "money").fill("[name=requested_yuan]", "99999")
    expect(page.locator("#id_requested_yuan_error")).to_be_visible()
    page.reload()
    expect(page.locator("[name=requested_yuan]")).to_have_value("99999")
    page.fill("[name=requested_yuan]", "100")
    expect(page.locator("#id_requested_yuan_error")).to_have_count(0)
    page.click("[data-submit='bid.save']")
    page.wait_for_url("**/edit/avoidances/")
    assert stored(bid).requested_yuan == 1_000_000


def test_without_network_the_browser_keeps_it_over_a_closed_window_and_sends_it_later(bid: Bid, open_as: Open) -> None:
    page = at(open_as(bid.pi), bid)
    page.context.set_offline(True)
    page.fill("[name=summary]", "断网时写的。")
    expect(page.locator("[data-save-state]")).to_contain_text("已存在这台电脑上")
    assert stored(bid).summary == ""
    context = page.context
    page.close()
    context.set_offline(False)
    again = at(context.new_page(), bid)
    expect(again.locator("[name=summary]")).to_have_value("断网时写的。")
    saved(again)
    assert stored(bid).summary == "断网时写的。"


def test_an_ended_session_is_said_and_after_signing_in_again_the_rest_is_sent(bid: Bid, open_as: Open) -> None:
    page = at(open_as(bid.pi), bid)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.fill("[name=team]", "登录过期后写的。")
    expect(page.locator("[data-save-state]")).to_contain_text("登录已过期")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    saved(page)
    assert stored(bid).team == "登录过期后写的。"


def test_two_who_changed_the_same_field_choose_between_their_texts(bid: Bid, open_as: Open) -> None:
    one, two = at(open_as(bid.pi), bid), at(open_as(bid.pi), bid)
    one.fill("[name=title]", "甲的名称")
    saved(one)
    two.fill("[name=title]", "乙的名称")
    box = two.locator(".jb-conflict")
    expect(box).to_contain_text("甲的名称")
    assert stored(bid).title == "甲的名称"
    box.locator("[data-choose=mine]").click()
    saved(two)
    assert stored(bid).title == "乙的名称"
    assert DraftEdit.objects.filter(text="甲的名称").exists()


def test_a_partner_added_in_one_browser_appears_in_the_other(bid: Bid, open_as: Open) -> None:
    unit = organisation("联合单位")
    one, two = at(open_as(bid.pi), bid, "partners"), at(open_as(bid.pi), bid, "partners")
    one.click("[data-add-partner]")
    one.locator("select[name$='-organisation']").select_option(str(unit.pk))
    one.locator("input[name$='-task']").fill("现场验证")
    saved(one)
    two.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(two.locator("input[name$='-task']")).to_have_value("现场验证")
    assert bid.partners.get().organisation == unit


FIELDS = ("title", "route_tag", "summary", "route", "team")


@pytest.mark.parametrize("seed", [1, 2])
def test_random_edits_in_two_browsers_lose_nothing(bid: Bid, open_as: Open, seed: int) -> None:
    """Each text that was typed is at the end in its field, or in the history beside what won over it."""
    chance = random.Random(seed)
    pages = [at(open_as(bid.pi), bid), at(open_as(bid.pi), bid)]
    typed: dict[str, list[str]] = {name: [] for name in FIELDS}
    for n in range(24):
        page, name = chance.choice(pages), chance.choice(FIELDS)
        deed = chance.random()
        if deed < 0.15:
            page.context.set_offline(True)
        elif deed < 0.4:
            page.context.set_offline(False)
            page.evaluate("window.dispatchEvent(new Event('online'))")
        conflict = page.locator(".jb-field", has=page.locator(f"[name={name}]")).locator("[data-choose]")
        if conflict.count():
            conflict.nth(chance.randrange(2)).click()
        mark = f"第{n}笔。"
        control = page.locator(f"[name={name}]")
        old = control.input_value()
        control.fill(mark + old if chance.random() < 0.5 else (old + mark))
        control.blur()
        typed[name].append(mark)
        if chance.random() < 0.5:
            page.wait_for_timeout(chance.choice([50, 300, 1200]))
    for page in (*pages, *pages):
        settle(page)
    for page in pages:
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    for name, marks in typed.items():
        kept = getattr(stored(bid), name) + "".join(bid.edits.filter(path=name).values_list("text", flat=True))
        kept += "".join(cell.text for cell in bid.cells.filter(path=name))
        missing = [mark for mark in marks if mark not in kept]
        assert not missing, f"{name}: {missing} lost"
    for page in pages:
        for name in FIELDS:
            expect(page.locator(f"[name={name}]")).to_have_value(current(bid, name), timeout=20_000)


def current(bid: Bid, name: str) -> str:
    cell = bid.cells.filter(path=name).first()
    return str(cell.text if cell else getattr(bid, name))


def settle(page: Page) -> None:
    """Back online; conflicts are decided for one's own text; then what others wrote is fetched."""
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    for _ in range(40):
        if page.locator("[data-choose=mine]").count():
            page.locator("[data-choose=mine]").first.click()
        if not page.evaluate("Object.keys(localStorage).some(key => key.startsWith('jb-cells:'))"):
            break
        page.wait_for_timeout(250)
    else:
        pytest.fail(f"still unsent: {page.evaluate('JSON.stringify(localStorage)')}")
