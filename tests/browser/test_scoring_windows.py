"""Two windows of one expert, ended sessions, lost networks, a shared computer: no point is lost or shown to another."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from review.models import ScoreSheet
from tests.browser.desk import Open
from tests.browser.scoring_desk import scoring_sheets
from workflows.sheet_drafts import as_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHOLE = {"goal": "18", "route": "22", "milestones": "13", "team": "17", "budget": "9", "benefit": "8"}


@pytest.fixture
def sheet(db: None) -> ScoreSheet:
    return scoring_sheets()[0]


def at(page: Page, sheet: ScoreSheet) -> Page:
    page.goto(sheet.get_absolute_url())
    return page


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("已全部保存")


def points(sheet: ScoreSheet) -> dict[str, str]:
    return {item.criterion: as_text(item.value) for item in sheet.items.all()}


def look(page: Page) -> None:
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_going_back_and_reloading_shows_the_points_that_are_stored(sheet: ScoreSheet, open_as: Open) -> None:
    """A browser that puts old values back into a form must not hand in a point less."""
    page = at(open_as(sheet.assignment.expert.user), sheet)
    for value in ("17", "18.5", "19"):
        page.fill("#id_score_goal", value)
        saved(page)
        page.goto(sheet.assignment.get_absolute_url())
        page.go_back()
        expect(page.locator("#id_score_goal")).to_have_value(value)
        page.reload()
        expect(page.locator("#id_score_goal")).to_have_value(value)
    other = at(page.context.new_page(), sheet)
    other.fill("#id_score_goal", "12")
    saved(other)
    page.reload()
    expect(page.locator("#id_score_goal")).to_have_value("12")
    page.wait_for_timeout(1000)
    assert points(sheet) == {"GOAL": "12"}


def test_without_network_points_stay_on_this_computer_and_are_sent_later(sheet: ScoreSheet, open_as: Open) -> None:
    page = at(open_as(sheet.assignment.expert.user), sheet)
    context = page.context
    context.set_offline(True)
    page.fill("#id_score_goal", "16.5")
    expect(page.locator("[data-save-state]")).to_contain_text("已存在这台电脑上")
    page.close()
    context.set_offline(False)
    again = at(context.new_page(), sheet)
    expect(again.locator("#id_score_goal")).to_have_value("16.5")
    saved(again)
    assert points(sheet) == {"GOAL": "16.5"}


def test_what_a_closed_window_could_not_send_is_taken_up_by_the_one_still_open(
    sheet: ScoreSheet, open_as: Open
) -> None:
    one = at(open_as(sheet.assignment.expert.user), sheet)
    two = at(one.context.new_page(), sheet)
    two.route("**/cells/", lambda route: route.abort())
    two.fill("#id_score_team", "15")
    one.fill("#id_score_goal", "18")
    saved(one)
    two.close()
    expect(one.locator("#id_score_team")).to_have_value("")  # until the next page asks
    again = at(one.context.new_page(), sheet)
    expect(again.locator("#id_score_team")).to_have_value("15")
    saved(again)
    assert points(sheet) == {"GOAL": "18", "TEAM": "15"}


def test_an_ended_session_is_said_and_after_signing_in_again_the_rest_is_sent(sheet: ScoreSheet, open_as: Open) -> None:
    page = at(open_as(sheet.assignment.expert.user), sheet)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.fill("#id_comment", "登录过期后写的意见。")
    expect(page.locator("[data-save-state]")).to_contain_text("登录已过期")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    look(page)
    saved(page)
    sheet.refresh_from_db()
    assert sheet.comment == "登录过期后写的意见。"


def as_another(context: BrowserContext, open_as: Open, user: object) -> None:
    """Another expert signs in at the same computer."""
    cookies = open_as(user).context.cookies()
    context.clear_cookies()
    context.add_cookies(cookies)  # type: ignore[arg-type]


def test_at_a_shared_computer_nobody_is_shown_what_another_has_typed(sheet: ScoreSheet, open_as: Open) -> None:
    seats = sheet.assignment.round.assignments.select_related("expert__user")
    other = seats.filter(sheets__bid=sheet.bid).exclude(pk=sheet.assignment_id).first()
    assert other is not None
    page = at(open_as(sheet.assignment.expert.user), sheet)
    mine = page.context.cookies()
    page.context.clear_cookies()
    page.fill("#id_comment", "只给自己看的意见。")
    expect(page.locator("[data-save-state]")).to_contain_text("登录已过期")
    as_another(page.context, open_as, other.expert.user)
    look(page)
    page.wait_for_timeout(500)
    theirs = page.context.new_page()
    theirs.goto(other.sheets.get().get_absolute_url())
    expect(theirs.locator("#id_comment")).to_have_value("")
    theirs.wait_for_timeout(1200)
    for row in (sheet, other.sheets.get()):
        row.refresh_from_db()
        assert row.comment == "", "nothing is written under another name"
    page.context.clear_cookies()
    page.context.add_cookies(mine)  # type: ignore[arg-type]
    at(page, sheet)
    expect(page.locator("#id_comment")).to_have_value("只给自己看的意见。")
    saved(page)


def test_a_window_does_not_hand_in_points_that_another_has_changed_since(sheet: ScoreSheet, open_as: Open) -> None:
    one = at(open_as(sheet.assignment.expert.user), sheet)
    for name, value in WHOLE.items():
        one.fill(f"#id_score_{name}", value)
    one.locator("#id_recommendation").select_option("RECOMMEND")
    one.fill("#id_comment", "目标明确，路线可行，团队与条件具备，经费与任务匹配，同意推荐。")
    saved(one)
    two = at(one.context.new_page(), sheet)
    two.fill("#id_score_goal", "12")
    saved(two)
    one.route("**/cells/**", lambda route: route.abort())  # it has not heard of it
    one.evaluate("HTMLFormElement.prototype.submit.call(document.getElementById('score-form'))")
    expect(one.locator("#id_score_goal_error")).to_contain_text("另一个窗口刚刚改动了这一项，改为“12”")
    sheet.refresh_from_db()
    assert sheet.state == ScoreSheet.State.DRAFT
    assert points(sheet)["GOAL"] == "12"


FIELDS = ("score_goal", "score_route", "score_team", "comment")


@pytest.mark.parametrize("seed", [3, 4])
def test_random_edits_in_two_windows_lose_nothing(sheet: ScoreSheet, open_as: Open, seed: int) -> None:
    """Every text that was typed and left stands at the end, or is in the history beside what won over it."""
    chance = random.Random(seed)
    first = at(open_as(sheet.assignment.expert.user), sheet)
    pages = [first, at(first.context.new_page(), sheet)]
    typed: dict[str, list[str]] = {name: [] for name in FIELDS}
    for n in range(24):
        page, name = chance.choice(pages), chance.choice(FIELDS)
        if chance.random() < 0.2:
            page.context.set_offline(chance.random() < 0.5)
        settle_one(page, name, chance)
        control = page.locator(f"[name={name}]")
        text = f"第{n}句。" + control.input_value() if name == "comment" else f"{chance.randrange(41) / 2:g}"
        control.fill(text)
        control.blur()
        typed[name].append(f"第{n}句。" if name == "comment" else text)
        page.wait_for_timeout(chance.choice([20, 300, 1000]))
    first.context.set_offline(False)
    settle(pages)
    for page in pages:
        look(page)
        page.wait_for_timeout(500)
    cells = {cell.path: cell.text for cell in sheet.cells.all()}
    for name, texts in typed.items():
        history = list(sheet.edits.filter(path=name).values_list("text", flat=True))
        if name == "comment":
            kept = cells.get(name, "") + "".join(history)
            assert not [text for text in texts if text not in kept], "a sentence is lost"
        elif texts:
            assert cells[name] in texts
    shown = [{name: page.locator(f"[name={name}]").input_value() for name in FIELDS} for page in pages]
    assert shown[0] == shown[1] == {name: cells.get(name, "") for name in FIELDS}


def settle_one(page: Page, name: str, chance: random.Random) -> None:
    box = page.locator("[data-point], .jb-field", has=page.locator(f"[name={name}]")).locator("[data-choose]")
    if box.count():
        box.nth(chance.randrange(2)).press("Enter")


def settle(pages: list[Page]) -> None:
    """Conflicts are decided for what was typed here, until no window keeps anything back."""
    for n in range(60):
        page = pages[n % 2]
        page.evaluate("window.dispatchEvent(new Event('online'))")
        if page.locator("[data-choose=mine]").count():
            page.locator("[data-choose=mine]").first.press("Enter")
        page.wait_for_timeout(250)
        if not page.evaluate("Object.keys(localStorage).some(key => key.startsWith('jb-cells:'))"):
            return
    pytest.fail(f"still unsent: {page.evaluate('JSON.stringify(localStorage)')}")
