"""The pages of a round in motion: asked and amended on the sheet's page, planned, questioned, supervised."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, RoleGrant, User
from review.models import DefenceQuestion, ScoreSheet, SheetOpening
from tests import defence_factories as d
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import REASON, SCORED, Review, given
from workflows.assignment import AssignmentFlow
from workflows.clock import travel
from workflows.defence import DefenceSessionFlow
from workflows.engine import perform
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM

FIVE = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]
PLAN = {
    "first_day": "2026-05-20", "begins": "09:00", "ends": "17:30", "lunch_from": "12:00", "lunch_until": "13:30",
    "room": "三楼会议室", "link": "", "recorder": "记录员",
}  # fmt: skip


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def collated_base(module_db: None) -> Review:
    return f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))), *FIVE)


@pytest.fixture
def collated(collated_base: Review, db: None) -> Review:
    return collated_base


@pytest.fixture(scope="module")
def preview_base(module_db: None) -> Review:
    return f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1, rules=d.RULES))))))


@pytest.fixture
def preview(preview_base: Review, db: None) -> Review:
    return preview_base


def asked(r: Review) -> ScoreSheet:
    sheet = ScoreSheet.objects.select_related("assignment__expert__user", "bid").get(
        assignment__round=r.round, total=60
    )
    with on(SCORED, 13):
        perform(ScoreSheetFlow, sheet, "query", by=r.secretary, flags=["D2"], reason="请核对技术路线一项后答复")
    return sheet


def page(user: User, url: str, hour: int = 14) -> str:
    with on(SCORED, hour):
        return browser(user).get(url).content.decode()


def test_the_secretary_finds_the_question_beside_the_flagged_score_and_nowhere_else(collated):
    html = page(collated.secretary, collated.round.get_absolute_url())
    flagged = ScoreSheet.objects.get(assignment__round=collated.round, total=60)
    assert f"/act/score-sheet/{flagged.pk}/query/" in html
    assert "记录讨论" in html
    assert "/query/" not in page(collated.w.officer, collated.round.get_absolute_url())


def test_an_expert_amends_on_the_page_where_he_scored(collated):
    sheet = asked(collated)
    expert, url = sheet.assignment.expert.user, sheet.get_absolute_url()
    html = page(expert, url)
    assert "请核对技术路线一项后答复" in html
    assert "score-sheet.confirm" in html
    with on(SCORED, 15):
        answer = browser(expert).post(url, {k: str(v) for k, v in given("82").items() if k != "veto"})
        assert answer.status_code == 422, "without a reason"
        answer = browser(expert).post(
            url, {**{k: str(v) for k, v in given("82").items() if k != "veto"}, "reason": REASON}
        )
        assert answer.status_code == 302
    sheet.refresh_from_db()
    assert (sheet.state, str(sheet.total)) == ("LOCKED", "82.00")
    if expert != collated.chair:
        assert ">60.00</s>" in page(collated.chair, collated.round.get_absolute_url(), 16)


def test_a_member_reads_and_signs_the_opinion_on_his_task_page(collated):
    f.signed(collated)
    member = next(s for s in collated.seats() if s.pk != collated.round.chair_id)
    html = page(member.expert.user, member.get_absolute_url(), 18)
    assert collated.round.panel_opinion in html
    assert "同意并签署" in html


def test_the_supervisors_page_tells_everything_and_has_nothing_to_press(collated):
    seat = collated.seats()[0]
    sheet = f.sheet(seat)
    page(seat.expert.user, sheet.get_absolute_url())
    html = page(collated.w.supervisor, f"/rounds/{collated.round.pk}/supervision/", 15)
    for words in (seat.expert.user.name, "开放预览", "提交评分", "D2", "2026-05-20 14:00"):
        assert words in html, words
    assert "/act/" not in html
    assert "<form" not in html.split("<main", 1)[1].split("</main>", 1)[0]
    for user in (collated.w.officer, collated.secretary, collated.w.lead, seat.expert.user):
        with on(SCORED, 15):
            assert browser(user).get(f"/rounds/{collated.round.pk}/supervision/").status_code == 404


def test_readings_of_ten_minutes_are_one(preview):
    seat = preview.seats()[0]
    client = browser(seat.expert.user)
    with on(d.PLANNED, 9):
        client.get(f.sheet(seat).get_absolute_url())
        client.get(f.sheet(seat).get_absolute_url())
    with on(d.PLANNED, 10):
        client.get(f.sheet(seat).get_absolute_url())
    assert SheetOpening.objects.filter(sheet__assignment=seat).count() == 2


def test_a_defence_is_planned_on_its_page_and_wrong_hours_name_their_field(preview):
    url = f"/rounds/{preview.round.pk}/defence/new/"
    client = browser(preview.secretary)
    with on(d.PLANNED):
        assert "安排答辩" in client.get(preview.round.get_absolute_url()).content.decode()
        wrong = client.post(url, {**PLAN, "ends": "08:00"})
        assert (wrong.status_code, "每日结束须晚于开始" in wrong.content.decode()) == (422, True)
        past = client.post(url, {**PLAN, "first_day": "2026-05-13"})
        assert "答辩首日须晚于今天" in past.content.decode()
        assert client.post(url, PLAN).status_code == 302
        assert client.get(url).status_code == 403, "one at a time"
        for user in (preview.w.supervisor, preview.w.lead):
            assert browser(user).get(url).status_code == 403


def test_an_expert_asks_in_writing_from_the_sheet_and_sees_it_there(preview):
    seat = preview.seats()[0]
    url = f"{f.sheet(seat).get_absolute_url()}question/"
    client = browser(seat.expert.user)
    with on(d.PLANNED):
        assert client.post(url, {"text": "请"}).status_code == 422
        assert client.post(url, {"text": d.QUESTION}).status_code == 302
        assert d.QUESTION in client.get(f.sheet(seat).get_absolute_url()).content.decode()
        colleague = preview.seats()[1]
        assert (
            d.QUESTION not in browser(colleague.expert.user).get(f.sheet(colleague).get_absolute_url()).content.decode()
        )
    assert DefenceQuestion.objects.get().assignment_id == seat.pk


def test_the_time_table_costs_the_same_however_many_teams(preview, django_assert_max_num_queries):
    session = d.announced(preview)
    client = browser(preview.secretary)
    with on(d.PLANNED, 12), django_assert_max_num_queries(26):
        answer: Any = client.get(session.get_absolute_url())
    assert answer.status_code == 200


def test_what_waits_for_panel_team_and_supervisor_is_on_their_workbench(preview):
    session = d.planned(preview)
    pi = preview.bids[0].pi
    RoleGrant.objects.create(user=pi, role=Role.PI, organisation=preview.bids[0].organisation)
    with on(d.PLANNED):
        perform(DefenceSessionFlow, session, "commit_order", by=preview.secretary)
        assert preview.challenge.number in browser(preview.w.supervisor).get("/workbench/").content.decode()
        perform(DefenceSessionFlow, session, "draw_order", by=preview.w.supervisor)
        perform(DefenceSessionFlow, session, "announce", by=preview.secretary)
        assert "登记到场人员，答复专家问题" in browser(pi).get("/workbench/").content.decode()


def test_an_invitation_that_lapsed_is_told_on_the_task_page(db):
    r = f.drawn(f.planned(f.under_review(f.closed(1))))
    seat = r.technical
    with travel(seat.respond_by):
        perform(AssignmentFlow, seat, "time_out", by=SYSTEM)
        html = browser(seat.expert.user).get(seat.get_absolute_url()).content.decode()
    assert "邀请已过答复期限" in html
