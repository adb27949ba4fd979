"""Pages of those who post, decide, pay and oversee, and the one door for buttons."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from projects.models import Bid, Challenge, ChallengeList, DecisionRow, IndicatorResponse
from tests.delivery_factories import (
    DECIDING,
    PUBLISHED,
    RACE_321,
    World,
    active_project,
    issued_decision,
    noticed_decision,
    on,
    person,
    proposed_decision,
    published_list,
    store_file,
    submitted_bid,
    team,
    world,
)
from workflows.audit import verify
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.models import AuditEntry
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def w() -> World:
    return world()


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def act(user, flow, obj, transition, headers=None, **data):
    url = reverse("act", args=[flow, obj.pk, transition])
    return logged_in(user).post(url, data, headers=headers or {})


def draft_list(w: World) -> ChallengeList:
    division = w.agency.divisions.create(name="高新处")
    row = ChallengeList(agency=w.agency, division=division, rule_set=w.rule_set, number="SD-D", title="草案", year=2026)
    return start(ChallengeListFlow, row, by=w.officer)


def fill(bid: Bid) -> None:
    bid.summary, bid.route, bid.team, bid.requested_yuan = "摘要", "路线", "团队", 1_000_000
    bid.save()
    for indicator in bid.challenge.indicators.all():
        IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=indicator.target)
    for slot in ("PROPOSAL", "PLEDGE"):
        store_file(bid, slot, bid.pi)


# --- the one door ---------------------------------------------------------------------------------


def test_a_button_performs_its_transition_and_sends_the_browser_on(w):
    row = draft_list(w)
    response = act(w.officer, "list", row, "open_collection", HTMX, seen_version=0, next=row.get_absolute_url())
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, row.get_absolute_url())
    row.refresh_from_db()
    assert row.state == ChallengeList.State.COLLECTING


def test_without_script_the_same_button_is_a_page_and_a_redirect(w):
    row = draft_list(w)
    url = reverse("act", args=["list", row.pk, "open_collection"])
    assert "启动需求征集" in logged_in(w.officer).get(url).content.decode()
    assert act(w.officer, "list", row, "open_collection").status_code == 302


def test_nobody_acts_on_what_he_may_not_see(w):
    row, stranger = draft_list(w), world()
    assert act(stranger.officer, "list", row, "open_collection").status_code == 404
    assert act(w.officer, "list", row, "no_such_step").status_code == 404
    assert act(w.officer, "nothing", row, "open_collection").status_code == 404
    assert Client().post(reverse("act", args=["list", row.pk, "open_collection"])).status_code == 302
    assert not ChallengeList.objects.filter(pk=row.pk, state="COLLECTING").exists()


def test_a_session_that_ended_does_not_eat_what_was_typed(w):
    """A login page swapped into the form would: the script is told 403 and says why."""
    row = draft_list(w)
    url = reverse("act", args=["list", row.pk, "open_collection"])
    assert Client().post(url, headers=HTMX).status_code == 403


def test_a_refusal_keeps_what_was_typed_and_speaks_at_the_field(w):
    row = published_list(w)
    with on(date(2026, 4, 1)):
        data = {"bid_close_at": "2026-05-01T17:00", "rec_close_at": "2026-05-02T15:00", "reason": "太短"}
        response = act(w.lead, "list", row, "extend", HTMX, **data)
        html = response.content.decode()
        assert response.status_code == 422
        assert 'value="2026-05-01T17:00"' in html
        assert "理由不少于 10 个字" in html
        assert 'aria-invalid="true"' in html
        earlier = {**data, "bid_close_at": "2026-04-02T17:00", "reason": "节假日较多，延长揭榜时间"}
        assert "新的截止须晚于原截止" in act(w.lead, "list", row, "extend", HTMX, **earlier).content.decode()
        fine = {**data, "reason": "节假日较多，延长揭榜时间"}
        assert act(w.lead, "list", row, "extend", HTMX, **fine).status_code == 204
    row.refresh_from_db()
    assert row.bid_close_at.isoformat() == "2026-05-01T09:00:00+00:00"


def test_what_another_person_changed_meanwhile_refuses_the_button(w):
    row = draft_list(w)
    perform(ChallengeListFlow, row, "open_collection", by=w.officer)
    stale = act(w.officer, "list", row, "open_collection", HTMX, seen_version=0)
    assert stale.status_code == 422
    assert "可能已有他人先行办理" in stale.content.decode()


def test_a_step_that_takes_the_record_out_of_sight_leads_to_the_workbench(w):
    challenge = published_list(w).challenges.get()
    bid = submitted_bid(w, challenge)
    with on(date(2026, 4, 12)):
        t = team(w)
        again = Bid(
            challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="退回的"
        )
        start(BidFlow, again, by=t.pi)
        fill(again)
        perform(BidFlow, again, "hand_in", by=t.pi, pledge=True)
        perform(BidFlow, again, "unit_endorse", by=t.admin, matching_confirmed=True)
        url = again.get_absolute_url()
        response = act(
            w.rec_user, "bid", again, "recommender_return", reason="材料不全，请补充检测报告后再报", next=url
        )
        assert response.headers["Location"] == "/workbench/"
        assert logged_in(w.rec_user).get(url).status_code == 404
        away = act(t.pi, "bid", again, "withdraw", reason="本单位决定不再参加本批揭榜", next="https://evil.example/")
    assert away.headers["Location"] == url
    assert bid.state == Bid.State.SUBMITTED


def test_an_action_that_cannot_be_done_yet_is_shown_with_its_reasons(w):
    row = draft_list(w)
    perform(ChallengeListFlow, row, "open_collection", by=w.officer)
    html = logged_in(w.officer).get(row.get_absolute_url()).content.decode()
    assert "榜单里还没有榜题，请先新建榜题。" in html
    assert 'data-action="list.appraise"' in html


# --- posting --------------------------------------------------------------------------------------


def test_an_officer_makes_a_list_and_challenges_with_their_indicators(w):
    division = w.agency.divisions.create(name="高新处")
    client = logged_in(w.officer)
    given = {
        "title": "新榜单", "number": "SD-2026-77", "year": 2026, "division": division.pk, "rule_set": w.rule_set.pk,
        "quota_target": 1, "contact": "0531-0000", "bid_close_at": "2026-04-01T17:00", "rec_close_at": "2026-03-01T17:00",
    }  # fmt: skip
    wrong = client.post("/new/list/", given)
    assert wrong.status_code == 422
    assert "推荐截止不得早于揭榜截止" in wrong.content.decode()
    assert client.post("/new/list/", {**given, "rec_close_at": "2026-04-02T15:00"}).status_code == 302
    challenge = {
        "title": "新榜题", "number": "SD-2026-77-01", "field": "AI", "demander": w.demander.pk, "months": 24, "cap_yuan": "500",
        "lanes": 1, "background": "背景", "content": "内容", "ip_terms": "归揭榜方",
        "indicators-TOTAL_FORMS": 2, "indicators-INITIAL_FORMS": 0,
        "indicators-0-name": "准确率", "indicators-0-comparator": ">=", "indicators-0-target": "95", "indicators-0-unit": "%",
        "indicators-0-check_method": "第三方测试", "indicators-0-evidence": "检测报告", "indicators-0-steps": "60/80/95",
    }  # fmt: skip
    without_must = client.post("/lists/SD-2026-77/challenges/new/", challenge)
    assert without_must.status_code == 422
    assert "至少要有一项必达指标" in without_must.content.decode()
    assert not Challenge.objects.filter(number="SD-2026-77-01").exists()
    made = client.post("/lists/SD-2026-77/challenges/new/", {**challenge, "indicators-0-is_must": "on"})
    assert made.status_code == 302
    row = Challenge.objects.get(number="SD-2026-77-01")
    assert row.cap_yuan == 5_000_000
    assert row.indicators.get().milestone_values == {"1": "60", "2": "80", "3": "95"}
    assert "证明材料：检测报告" in client.get(row.get_absolute_url()).content.decode()
    assert AuditEntry.objects.filter(
        object_type="projects.challenge", object_id=str(row.pk), transition="create"
    ).exists()


def test_a_list_is_made_and_changed_by_its_own_officers_only(w):
    row, other = draft_list(w), world()
    assert logged_in(w.finance).get("/new/list/").status_code == 403
    assert logged_in(other.officer).get(reverse("list_edit", args=[row.number])).status_code == 404
    assert logged_in(w.finance).get(reverse("list_edit", args=[row.number])).status_code == 403
    assert logged_in(w.lead).get(reverse("list_edit", args=[row.number])).status_code == 200
    division = other.agency.divisions.create(name="外处")
    given = {
        "title": "借别人的处室",
        "number": "X-1",
        "year": 2026,
        "division": division.pk,
        "rule_set": w.rule_set.pk,
        "quota_target": 1,
    }
    assert logged_in(w.officer).post("/new/list/", given).status_code == 422


def test_nothing_of_a_published_list_is_changed_by_its_form(w):
    row = published_list(w)
    response = logged_in(w.officer).post(reverse("list_edit", args=[row.number]), {"title": "改名"})
    assert response.status_code == 302
    row.refresh_from_db()
    assert row.title == "数字经济揭榜挂帅"
    challenge = row.challenges.get()
    assert logged_in(w.officer).get(reverse("challenge_edit", args=[challenge.number])).status_code == 403


# --- workbench ------------------------------------------------------------------------------------


def shown_to(user, day=date(2026, 4, 1)) -> str:
    with on(day):
        return logged_in(user).get("/workbench/").content.decode()


def test_the_workbench_shows_each_role_what_waits_for_it_and_nobody_elses(w):
    row = draft_list(w)
    assert row.title in shown_to(w.officer)
    assert row.title not in shown_to(world().officer)
    assert row.title not in shown_to(w.finance)
    perform(ChallengeListFlow, row, "open_collection", by=w.officer)
    challenge = published_list(w).challenges.get()
    bid = submitted_bid(w, challenge)
    with on(date(2026, 4, 22), 16):
        perform(ChallengeListFlow, challenge.challenge_list, "close", by=SYSTEM)
    assert bid.title in shown_to(w.officer, date(2026, 4, 23))
    assert bid.title not in shown_to(w.teams[0].pi, date(2026, 4, 23))


def test_the_workbench_of_a_person_with_every_role_of_an_agency_stays_cheap(w, django_assert_max_num_queries):
    for n in range(3):
        w.agency.divisions.create(name=f"处{n}")
    boss = person("兼任", Role.OFF, Role.LEAD, Role.SUP, Role.FIN, Role.SEC, agency=w.agency)
    noticed_decision(w)
    client = logged_in(boss)
    with on(date(2026, 6, 2)), django_assert_max_num_queries(34):
        assert client.get("/workbench/").status_code == 200


# --- deciding and delivering ----------------------------------------------------------------------


def test_the_decision_page_groups_rows_by_challenge_and_presets_the_change_of_one(w):
    decision = proposed_decision(w, scores=("90", "80", "60"))
    client = logged_in(w.officer)
    html = client.get(decision.get_absolute_url()).content.decode()
    assert "拟立项" in html
    assert "90.00" in html
    with on(DECIDING):
        act(w.officer, "award", decision, "submit_to_joint_meeting")
        row = DecisionRow.objects.filter(decision=decision).order_by("rank").first()
        html = logged_in(w.lead).get(decision.get_absolute_url()).content.decode()
        assert f"row={row.pk}" in html
        form = logged_in(w.lead).get(reverse("act", args=["award", decision.pk, "change_row"]) + f"?row={row.pk}")
    assert f'value="{row.pk}" selected' in form.content.decode()
    assert logged_in(w.teams[0].pi).get(decision.get_absolute_url()).status_code == 404


def test_a_project_page_shows_task_book_milestones_and_money_to_those_concerned(w):
    project = active_project(w)
    for user in (project.pi, w.officer, w.finance, w.dem_user, w.rec_user):
        html = logged_in(user).get(project.get_absolute_url()).content.decode()
        assert "任务书与军令状" in html
        assert "200.00" in html
    assert logged_in(world().officer).get(project.get_absolute_url()).status_code == 404
    milestone = project.milestones.first()
    assert "节点指标" in logged_in(project.pi).get(milestone.get_absolute_url()).content.decode()


def test_a_project_page_costs_no_more_for_more_tranches(w, django_assert_max_num_queries):
    project = active_project(w)
    client = logged_in(w.officer)
    with django_assert_max_num_queries(24):
        client.get(project.get_absolute_url())


def test_the_lanes_of_a_race_do_not_see_one_another():
    w = world(RACE_321)
    issued_decision(w, scores=("92", "90", "88"), lanes=3, cap_yuan=20_000_000)
    race = w.race
    mine, other = w.projects[0], w.projects[1]
    html = logged_in(mine.pi).get(race.get_absolute_url()).content.decode()
    assert mine.organisation.name in html
    assert other.organisation.name not in html
    assert "另有 2 条赛道" in html
    everything = logged_in(w.officer).get(race.get_absolute_url()).content.decode()
    assert all(p.organisation.name in everything for p in w.projects)


def test_the_finance_queue_shows_what_can_move_with_its_button(w):
    project = active_project(w)
    tranche = project.tranches.get(no=1)
    act(project.pi, "tranche", tranche, "request")
    html = logged_in(w.lead).get("/tranches/").content.decode()
    assert reverse("act", args=["tranche", tranche.pk, "approve"]) in html
    assert "没有待办的拨付" in logged_in(world().finance).get("/tranches/").content.decode()


# --- overseeing -----------------------------------------------------------------------------------


def test_the_audit_log_is_for_supervisor_and_auditor_and_the_auditor_verifies(w):
    row = draft_list(w)
    auditor = person("审计", Role.AUD)
    assert logged_in(w.officer).get("/audit/").status_code == 403
    html = logged_in(auditor).get("/audit/").content.decode()
    assert "新建" in html
    assert f"#{row.pk}" in html
    assert logged_in(w.supervisor).post("/audit/verify/").status_code == 403
    checked = logged_in(auditor).post("/audit/verify/", follow=True).content.decode()
    assert "校验通过" in checked
    assert verify(AuditEntry.objects.order_by("seq").iterator()) is None


def test_a_supervisor_reads_entries_of_his_own_agency_only(w):
    mine, other = draft_list(w), world()
    division = other.agency.divisions.create(name="他处")
    foreign = ChallengeList(
        agency=other.agency, division=division, rule_set=other.rule_set, number="Q-1", title="外单位", year=2026
    )
    start(ChallengeListFlow, foreign, by=other.officer)
    html = logged_in(w.supervisor).get("/audit/").content.decode()
    assert f"#{mine.pk}</a>" in html
    assert f"#{foreign.pk}</a>" not in html


def test_the_day_of_publication_is_on_the_list_page(w):
    row = published_list(w)
    assert PUBLISHED.isoformat() in logged_in(w.officer).get(row.get_absolute_url()).content.decode()


def test_a_list_is_simulated_on_its_page_by_those_who_prepare_it(w):
    row = draft_list(w)
    url = reverse("list_simulation", args=[row.number])
    assert logged_in(w.finance).get(url).status_code == 403
    assert logged_in(world().officer).get(url).status_code == 404
    client = logged_in(w.officer)
    assert "开始推演" in client.get(url).text
    answer = client.post(url).text
    assert "还没有设定揭榜截止" in answer
    row.refresh_from_db()
    assert row.state == "DRAFT"
