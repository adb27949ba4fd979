"""An expert scores by keyboard alone, from the login to the submission, beside the document."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from projects.presets import PRESETS
from review.models import ScoreSheet, SheetReading
from tests.browser.desk import PASSWORD, Open
from tests.browser.scoring_desk import scoring_sheets
from tests.browser.test_every_page import AXE
from tests.review.papers import with_paper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COMMENT = "目标明确，路线可行，团队与条件具备，经费与任务匹配，同意推荐。"


@pytest.fixture
def sheet(db: None) -> ScoreSheet:
    return scoring_sheets()[0]


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("已全部保存")


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until it has the focus; fails when it cannot be reached by keyboard."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab; focus is on {page.evaluate('document.activeElement.outerHTML')}")


def test_from_login_to_submission_without_a_mouse(sheet: ScoreSheet, open_as: Open) -> None:
    expert = sheet.assignment.expert.user
    expert.set_password(PASSWORD)
    expert.save()
    page = open_as(None)
    page.goto("/login/?next=/reviews/")
    page.focus("[name=username]")
    page.keyboard.type(expert.username)
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/reviews/")
    assert "login" not in page.url
    for address in (sheet.assignment.get_absolute_url(), sheet.get_absolute_url()):
        tab_to(page, f"main a[href='{address}']")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")
    assert page.evaluate("document.activeElement.name") == "score_goal", "an empty sheet begins at its first criterion"
    for value in ("18.5", "22", "13", "17.5", "9", "8"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("88")
    assert page.evaluate("document.activeElement.name") == "recommendation"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_recommendation")).to_have_value("RECOMMEND")
    page.keyboard.press("Tab")
    page.keyboard.type(COMMENT + "npjk1?[]")
    expect(page.locator("#id_comment")).to_have_value(COMMENT + "npjk1?[]")
    saved(page)
    page.reload()
    expect(page.locator("#total")).to_have_text("88")
    expect(page.locator("#id_comment")).to_have_value(COMMENT + "npjk1?[]")
    page.keyboard.press("Control+Enter")
    assert page.evaluate("document.activeElement.dataset.submit") == "score-sheet.submit"
    sheet.refresh_from_db()
    assert sheet.state == ScoreSheet.State.DRAFT, "one key too many hands nothing in"
    page.keyboard.press("Enter")
    expect(page.locator(".jb-alert-success")).to_contain_text("已提交对")
    sheet.refresh_from_db()
    assert (sheet.state, sheet.total) == (ScoreSheet.State.SUBMITTED, Decimal("88.00"))


def test_keys_go_between_criteria_bids_and_pages_and_can_be_switched_off(open_as: Open, db: None) -> None:
    first, second = scoring_sheets(2)
    page = open_as(first.assignment.expert.user)
    page.goto(first.get_absolute_url())
    name = "document.activeElement.name"
    page.keyboard.press("j")
    assert page.evaluate(name) == "score_route"
    page.keyboard.press("k")
    assert page.evaluate(name) == "score_goal"
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert page.evaluate(name) == "score_goal"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("3")
    assert page.evaluate(name) == "score_milestones"
    page.keyboard.press("t")
    expect(page.locator("#panel-words")).to_be_visible()
    page.keyboard.press("n")
    page.wait_for_url(f"**{second.get_absolute_url()}")
    page.keyboard.press("p")
    page.wait_for_url(f"**{first.get_absolute_url()}")
    page.keyboard.press("?")
    page.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("j")
    page.wait_for_timeout(300)
    assert page.url.endswith(first.get_absolute_url())


def test_points_above_the_maximum_are_marked_at_once_and_told_by_the_server(sheet: ScoreSheet, open_as: Open) -> None:
    page = open_as(sheet.assignment.expert.user)
    page.goto(sheet.get_absolute_url())
    page.fill("#id_score_goal", "99")
    assert "is-invalid" in (page.get_attribute("#id_score_goal", "class") or "")
    expect(page.locator("#id_score_goal_error")).to_contain_text("最高 20 分")
    hidden = page.locator("#id_score_goal").evaluate("field => field.scrollWidth - field.clientWidth")
    assert hidden <= 0, "what was typed is read whole, mark or no mark"
    page.fill("#id_score_goal", "19")
    expect(page.locator("#id_score_goal_error")).to_have_count(0)
    assert "is-invalid" not in (page.get_attribute("#id_score_goal", "class") or "")


def test_the_document_is_read_page_by_page_with_the_readers_mark(sheet: ScoreSheet, open_as: Open) -> None:
    with_paper(sheet.bid)
    page = open_as(sheet.assignment.expert.user)
    page.goto(sheet.get_absolute_url())
    picture = page.locator("[data-picture]")
    expect(picture).to_be_visible()
    expect(page.locator("[data-page]")).to_contain_text("第 1 页，共")
    assert picture.evaluate("img => img.naturalWidth") == 900
    page.locator(".jb-reader-text summary").click()
    expect(page.locator("[data-text]")).to_contain_text("演示材料")
    assert SheetReading.objects.get(sheet=sheet).opened_at is not None
    assert not page.locator("a[href*='/files/']").count(), "nothing to save"


def test_bands_narrow_the_points_that_may_be_given(open_as: Open, db: None) -> None:
    sheet = scoring_sheets(rules=PRESETS["BANDED"])[0]
    page = open_as(sheet.assignment.expert.user)
    page.goto(sheet.get_absolute_url())
    page.locator("[name=band_standing]").select_option("国内前三")
    page.fill("[name=score_standing]", "15")
    expect(page.locator("#id_score_standing_error")).to_contain_text("“国内前三”（16–20 分），给分 15 不在其中")
    page.fill("[name=score_standing]", "17")
    expect(page.locator("#id_score_standing_error")).to_have_count(0)
    saved(page)
    assert sheet.items.get().band == "国内前三"


def test_own_other_scores_stand_beside_each_criterion_and_ties_are_told_on_request(open_as: Open, db: None) -> None:
    first, second = scoring_sheets(2)
    page = open_as(first.assignment.expert.user)
    page.goto(first.get_absolute_url())
    for name, value in (("goal", 18), ("route", 20), ("milestones", 12), ("team", 16), ("budget", 8), ("benefit", 8)):
        page.fill(f"#id_score_{name}", str(value))
    saved(page)
    page.goto(second.get_absolute_url())
    place = page.locator("[data-point]").first.locator("[data-standing]")
    expect(place).to_contain_text("您给另外 1 份打的均分 18")
    page.fill("#id_score_goal", "17")
    expect(place).to_contain_text("在您打过分的 2 份中第 2 高 · 您的均分 17.5")
    page.locator("[data-tell-ties]").check()
    page.fill("#id_score_goal", "18")
    expect(place).to_contain_text("与另外 1 份同分")


def test_on_a_phone_the_sheet_is_one_tap_away(sheet: ScoreSheet, open_as: Open) -> None:
    page = open_as(sheet.assignment.expert.user, narrow=True)
    page.goto(sheet.get_absolute_url())
    expect(page.locator(".jb-score-side")).to_be_hidden()
    page.locator("[data-go=sheet]").click()
    page.fill("#id_score_goal", "18")
    expect(page.locator("[data-total-copy]")).to_have_text("18")
    saved(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_axe_finds_nothing_on_a_sheet_with_faults_its_keys_and_the_workbook(open_as: Open, db: None) -> None:
    sheet = scoring_sheets(2, rules=PRESETS["BANDED"])[0]
    with_paper(sheet.bid)
    page = open_as(sheet.assignment.expert.user, bypass_csp=True)
    # So low that what the bid promises scrolls by itself.
    page.set_viewport_size({"width": 1440, "height": 480})
    page.goto(sheet.get_absolute_url())
    page.fill("[name=score_standing]", "10")
    expect(page.locator("#id_score_standing_error")).to_be_visible()
    page.locator(".jb-vetoes summary").click()
    complain_of_nothing(page)
    page.locator("[data-show-keys]").click()
    complain_of_nothing(page)
    page.goto(sheet.assignment.get_absolute_url() + "workbook/")
    complain_of_nothing(page)


def complain_of_nothing(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert not [f"{one['id']} {one['nodes'][0]['html'][:160]}" for one in found]
