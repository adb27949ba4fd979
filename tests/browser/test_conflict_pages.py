"""The conflict matrix and an expert's relations, as they look and as they are used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from projects.models import Bid
from review.models import ExpertTie
from tests import delivery_factories as made
from tests import review_factories as f
from tests.browser.desk import Open
from tests.browser.test_every_page import look
from tests.delivery_factories import on
from tests.review_factories import DRAWN, Review
from workflows.bid import BidFlow
from workflows.engine import perform, start
from workflows.expert_tie import declare
from workflows.review_round import ReviewRoundFlow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def r(db: None) -> Review:
    """A draw has begun over six bids; three of the pool must stay away from some, one perhaps."""
    r = f.planned(f.under_review(f.closed(6)))
    one, two, three, four = (f.expert(r.w, organisation=unit) for unit in (r.bids[0].organisation, None, None, None))
    with on(DRAWN, 9):
        declare(ExpertTie(expert=two, kind="EMPLOYED", organisation=r.bids[1].organisation), by=two.user)
        declare(ExpertTie(expert=three, kind="RELATIVE", person=r.bids[2].pi), by=three.user)
        advisor = ExpertTie(
            expert=four, kind="ADVISOR_STUDENT", person=r.bids[3].pi, note="2016 年至 2020 年任其博士导师"
        )
        declare(advisor, by=four.user)
        perform(ReviewRoundFlow, r.round, "begin_draw", by=r.w.officer, witness=r.w.supervisor.pk)
    assert one.organisation == r.bids[0].organisation
    return r


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_secretary_reads_a_cells_evidence_by_keyboard_and_rules_on_a_doubt(r: Review, open_as: Open) -> None:
    page = open_as(r.secretary, bypass_csp=True)
    url = f"/rounds/{r.round.pk}/conflicts/"
    assert not look(page, url)["violations"]
    page.goto(url)
    doubt = page.get_by_role("button", name="待核实 C08")
    doubt.focus()
    page.keyboard.press("Enter")
    note = page.locator(".jb-finding-note:popover-open")
    assert "2016 年至 2020 年任其博士导师" in note.inner_text()
    note.locator("[data-action='conflict-ruling.confirm']").click()
    page.fill("#id_reason", "经向双方单位核实，师生关系属实")
    page.click("[data-submit='conflict-ruling.confirm']")
    expect(page.get_by_role("button", name="应当回避 C08")).to_be_visible()
    narrow = open_as(r.secretary, narrow=True)
    narrow.goto(url)
    fits(narrow)


def test_an_expert_declares_a_relation_and_takes_it_back(r: Review, open_as: Open) -> None:
    expert = f.expert(r.w)
    page = open_as(expert.user, bypass_csp=True)
    assert not look(page, "/reviews/ties/")["violations"]
    page.goto("/reviews/ties/")
    page.select_option("#id_kind", "RELATIVE")
    page.fill("#id_unit_name", "某大学")
    page.click("[data-submit='tie.create']")
    assert "请填写对方姓名" in page.inner_text("form.card")
    page.fill("#id_person_name", "王某")
    page.click("[data-submit='tie.create']")
    assert "王某（某大学）" in page.inner_text(".jb-table")
    page.click("[data-action='expert-tie.withdraw']")
    page.fill("#id_reason", "写错了人，不是亲属关系")
    page.click("[data-submit='expert-tie.withdraw']")
    page.wait_for_selector("text=已撤销")
    narrow = open_as(expert.user, narrow=True)
    narrow.goto("/reviews/ties/")
    fits(narrow)


def test_a_team_asks_that_somebody_stay_away_and_the_form_saves_itself(open_as: Open) -> None:
    w = made.world()
    t = made.team(w)
    challenge_list = made.published_list(w)
    bid = Bid(challenge=challenge_list.challenges.get(), organisation=t.organisation, pi=t.pi, title="草稿")
    with on(made.PUBLISHED + timedelta(days=10)):
        start(BidFlow, bid, by=t.pi)
    later = timezone.now() + timedelta(days=9)
    type(challenge_list).objects.filter(pk=challenge_list.pk).update(bid_close_at=later, rec_close_at=later)
    page = open_as(t.pi, bypass_csp=True)
    assert not look(page, f"/bids/{bid.uuid}/edit/avoidances/")["violations"]
    page.goto(f"/bids/{bid.uuid}/edit/avoidances/")
    page.fill("[name=avoid-1-person_name]", "李某")
    page.fill("[name=avoid-1-unit_name]", "竞争公司")
    page.wait_for_selector("[data-save-state][data-tone=good]")
    assert "请填写此项" in page.inner_text("form.card")
    page.fill("[name=avoid-1-reason]", "双方有专利诉讼")
    page.click("[name=stay]")
    page.wait_for_url(f"**/bids/{bid.uuid}/")
    assert "李某" in page.inner_text("#avoidances")
    narrow = open_as(t.pi, narrow=True)
    narrow.goto(f"/bids/{bid.uuid}/edit/avoidances/")
    fits(narrow)
