"""An expert scores by keyboard alone; what was typed is kept by the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role
from review.models import ReviewRound, ScoreSheet
from tests.browser.desk import Open
from tests.delivery_factories import REC_CLOSE, checked, experts, on, person, published_list, submitted_bid, world
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow
from workflows.state import SYSTEM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sheet(db: None) -> ScoreSheet:
    """The first sheet of a pledged expert in a round that scores until the day after tomorrow."""
    w = world()
    challenge_list = published_list(w)
    challenge = challenge_list.challenges.get()
    bid = submitted_bid(w, challenge)
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
        checked(w, bid)
        perform(ChallengeListFlow, challenge_list, "begin_review", by=w.officer)
        challenge.refresh_from_db()
        experts(w)
        row = ReviewRound(challenge=challenge, criteria=[], secretary=person("秘书", Role.SEC, agency=w.agency))
        start(ReviewRoundFlow, row, by=w.officer)
        perform(ReviewRoundFlow, row, "begin_draw", by=w.officer, witness=w.supervisor.pk)
        perform(ReviewRoundFlow, row, "draw", by=w.supervisor)
        seats = list(row.assignments.select_related("expert__user").order_by("alias"))
        for seat in seats:
            perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
            perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
        perform(ReviewRoundFlow, row, "name_chair", by=row.secretary, chair=seats[0].pk)
        perform(ReviewRoundFlow, row, "open_preview", by=row.secretary)
        until = timezone.localtime(timezone.now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
        perform(ReviewRoundFlow, row, "open_scoring", by=row.secretary, scoring_until=until)
    return seats[0].sheets.select_related("assignment__expert__user", "bid").get()


def test_a_sheet_is_filled_saved_and_handed_in_by_keyboard(sheet: ScoreSheet, open_as: Open) -> None:
    page = open_as(sheet.assignment.expert.user)
    page.goto(sheet.get_absolute_url())
    page.focus("#id_score_goal")
    for value in ("18.5", "22", "13", "17.5", "9", "8"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("88")
    page.keyboard.type("推荐")  # the list of opinions is chosen from by its first signs
    page.locator("#id_recommendation").select_option("RECOMMEND")
    page.keyboard.press("Tab")
    page.keyboard.type("目标明确，路线可行，团队与条件具备，经费与任务匹配，同意推荐。")
    expect(page.locator("#draft-state")).to_contain_text("已暂存", timeout=10_000)
    page.reload()
    expect(page.locator("#total")).to_have_text("88")
    expect(page.locator("#id_comment")).to_contain_text("目标明确")
    page.locator("[data-submit='score-sheet.submit']").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".jb-alert-success")).to_contain_text("已提交对")
    sheet.refresh_from_db()
    assert (sheet.state, sheet.total) == (ScoreSheet.State.SUBMITTED, Decimal("88.00"))


def test_points_above_the_maximum_are_marked_at_once_and_told_by_the_server(sheet: ScoreSheet, open_as: Open) -> None:
    page = open_as(sheet.assignment.expert.user)
    page.goto(sheet.get_absolute_url())
    page.fill("#id_score_goal", "99")
    assert "is-invalid" in (page.get_attribute("#id_score_goal", "class") or "")
    expect(page.locator("#draft-state")).to_contain_text("最高 20 分", timeout=10_000)
