"""Pages for everybody and for teams: what they show, whom they refuse, what they cost."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from projects.models import Bid, Challenge, ChallengeList, IndicatorResponse
from tests.delivery_factories import (
    BID_CLOSE,
    World,
    noticed_decision,
    on,
    organisation,
    person,
    published_list,
    submitted_bid,
    team,
    world,
)
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import start

pytestmark = pytest.mark.django_db
OPEN_DAY = date(2026, 4, 1)


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def challenge(w: World) -> Challenge:
    return published_list(w).challenges.get()


def page(user=None, url="/", **headers):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(url, headers=headers)


def draft_of(w: World, challenge: Challenge) -> Bid:
    t = team(w)
    with on(OPEN_DAY):
        bid = Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="草稿")
        return start(BidFlow, bid, by=t.pi)


def test_the_public_reads_front_page_list_challenge_and_exports(challenge):
    number = challenge.challenge_list.number
    with on(OPEN_DAY):
        for url in (
            "/",
            "/lists/",
            f"/lists/{number}/",
            "/challenges/",
            f"/challenges/{challenge.number}/",
            "/notices/",
        ):
            response = page(url=url)
            assert response.status_code == 200, url
            if "notices" not in url:
                assert challenge.title in response.content.decode() or url == "/lists/"
        assert challenge.number in page(url=f"/lists/{number}/export.csv").getvalue().decode()
        assert page(url=f"/lists/{number}/export.json").json()["challenges"][0]["cap_yuan"] == 10_000_000


def test_a_challenge_page_shows_targets_deadline_and_call_to_action(challenge):
    with on(OPEN_DAY):
        html = page(url=f"/challenges/{challenge.number}/").content.decode()
    assert "≥ 100 万次/秒" in html
    assert "1,000.00" in html
    assert "2026-04-21 17:00" in html
    assert "data-countdown" in html
    assert "我要揭榜" in html


def test_after_the_bidders_close_nobody_is_called_to_bid_though_recommenders_still_may(challenge):
    with on(BID_CLOSE, 18):
        html = page(url=f"/challenges/{challenge.number}/").content.decode()
        assert "正在揭榜的榜题。新榜单" in page(url="/").content.decode()
    assert "我要揭榜" not in html
    assert "揭榜已截止，等待推荐" in html


def test_a_draft_list_exists_for_its_own_agency_only(w):
    found = published_list(w)
    other = world()
    unpublished = ChallengeList(
        agency=w.agency, division=found.division, rule_set=w.rule_set, number="SD-DRAFT", title="未公开", year=2026
    )
    start(ChallengeListFlow, unpublished, by=w.officer)
    assert page(url="/lists/SD-DRAFT/").status_code == 404
    assert page(other.officer, "/lists/SD-DRAFT/").status_code == 404
    assert page(w.officer, "/lists/SD-DRAFT/").status_code == 200
    assert "未公开" not in page(url="/lists/").content.decode()


def test_search_narrows_by_text_field_and_money_and_htmx_gets_rows_alone(w):
    published_list(w, challenges=3)
    with on(OPEN_DAY):
        html = page(url="/challenges/?q=攻关2").content.decode()
        assert "存储引擎<mark>攻关2</mark>" in html
        assert "存储引擎攻关1" not in html
        assert "没有符合条件的榜题" in page(url="/challenges/?field=AI").content.decode()
        rows = page(url="/challenges/?q=攻关2", **{"HX-Request": "true"}).content.decode()
    assert "<html" not in rows
    assert "存储引擎<mark>攻关2</mark>" in rows


def test_strange_filters_are_ignored_not_complained_about(challenge):
    for query in ("?field=NOPE&page=x", "?page=999999", "?sort=drop", "?money=abc&state=%00", "?q=%00"):
        assert page(url=f"/challenges/{query}").status_code == 200


def test_the_search_costs_the_same_for_three_and_for_nine_challenges(w, django_assert_max_num_queries):
    published_list(w, challenges=3)
    with on(OPEN_DAY), django_assert_max_num_queries(1):
        page(url="/challenges/")
    published_list(w, challenges=6)
    with on(OPEN_DAY), django_assert_max_num_queries(1):
        page(url="/challenges/")


def test_the_bid_table_costs_the_same_for_two_and_for_six_bids(w, challenge, django_assert_max_num_queries):
    client = Client()
    client.force_login(w.officer)

    def look():
        # Session, user, grants, unread; the table itself and the filter's lists.
        with django_assert_max_num_queries(6):
            assert client.get("/bids/").status_code == 200

    for _ in range(2):
        submitted_bid(w, challenge)
    look()
    for _ in range(4):
        submitted_bid(w, challenge)
    look()


def test_the_export_of_a_list_holds_no_formulas(challenge):
    Challenge.objects.filter(pk=challenge.pk).update(title="=HYPERLINK(1)")
    text = page(url=f"/lists/{challenge.challenge_list.number}/export.csv").getvalue().decode()
    assert text.startswith("\ufeff")
    assert "'=HYPERLINK(1)" in text


def test_the_export_holds_the_filtered_rows_and_no_formulas(w, challenge):
    submitted_bid(w, challenge, title="=HYPERLINK(1)")
    submitted_bid(w, challenge, title="另一份申请")
    client = Client()
    client.force_login(w.officer)
    text = b"".join(client.get("/bids/export.csv").streaming_content).decode()
    assert text.startswith("\ufeff")
    assert "'=HYPERLINK(1)" in text
    assert "另一份申请" not in b"".join(client.get("/bids/export.csv?q=HYPERLINK").streaming_content).decode()


def test_drafts_of_teams_are_unseen_by_the_agency_and_by_other_teams(w, challenge):
    bid = draft_of(w, challenge)
    stranger = team(w)
    assert page(w.officer, bid.get_absolute_url()).status_code == 404
    assert page(stranger.pi, bid.get_absolute_url()).status_code == 404
    assert page(bid.pi, bid.get_absolute_url()).status_code == 200
    assert page(url=bid.get_absolute_url()).status_code == 302


def test_a_draft_says_loudly_that_it_is_not_handed_in_and_what_is_missing(w, challenge):
    bid = draft_of(w, challenge)
    with on(OPEN_DAY):
        html = page(bid.pi, bid.get_absolute_url()).content.decode()
    assert "草稿未提交，不算申报" in html
    assert "尚未填写：摘要、技术路线、团队与条件、申请财政经费（元）" in html
    assert reverse("bid_edit", args=[bid.uuid, "responses"]) in html


def test_a_bid_handed_in_shows_number_and_digest(w, challenge):
    bid = submitted_bid(w, challenge)
    html = page(bid.pi, bid.get_absolute_url()).content.decode()
    assert bid.number in html
    assert bid.snapshot_sha256 in html


def test_eligibility_is_told_with_reasons_before_anything_is_filled(w, challenge):
    demander_pi = person("需求方的人", Role.PI, org=w.demander)
    with on(OPEN_DAY):
        html = page(demander_pi, f"/challenges/{challenge.number}/bid/").content.decode()
    assert "发榜需求单位不得牵头揭自己的榜" in html


def test_a_pi_opens_a_bid_and_goes_on_to_fill_it(w, challenge):
    t = team(w)
    client = Client()
    client.force_login(t.pi)
    with on(OPEN_DAY):
        given = {"organisation": t.organisation.pk, "pi": t.pi.pk, "title": "我们的方案"}
        response = client.post(f"/challenges/{challenge.number}/bid/", given)
        bid = Bid.objects.get(pi=t.pi)
        assert response.headers["Location"] == reverse("bid_edit", args=[bid.uuid, "basic"])
        again = client.post(f"/challenges/{challenge.number}/bid/", given)
    assert again.status_code == 422
    assert "限牵头 1 项" in again.content.decode()


def test_nobody_opens_a_bid_for_a_unit_he_does_not_act_for(w, challenge):
    t, stranger = team(w), team(w)
    client = Client()
    client.force_login(stranger.pi)
    with on(OPEN_DAY):
        given = {"organisation": t.organisation.pk, "pi": t.pi.pk, "title": "冒用"}
        response = client.post(f"/challenges/{challenge.number}/bid/", given)
    assert response.status_code == 422
    assert not Bid.objects.filter(organisation=t.organisation).exists()


def test_the_sections_of_a_draft_are_saved_one_after_the_other(w, challenge):
    bid = draft_of(w, challenge)
    client = Client()
    client.force_login(bid.pi)
    basic = {"title": "新名称", "summary": "摘要", "route": "路线", "route_tag": "路线甲", "team": "团队"}
    with on(OPEN_DAY):
        first = client.post(reverse("bid_edit", args=[bid.uuid, "basic"]), {**basic, "recommender": w.recommender.pk})
        assert first.headers["Location"] == reverse("bid_edit", args=[bid.uuid, "responses"])
        client.post(
            reverse("bid_edit", args=[bid.uuid, "responses"]),
            {"i1-promised": "120", "i2-promised": "8", "i3-promised": "1"},
        )
        client.post(reverse("bid_edit", args=[bid.uuid, "money"]), {"requested_yuan": "123.45", "matching_yuan": ""})
    bid.refresh_from_db()
    assert (bid.title, bid.requested_yuan, bid.matching_yuan) == ("新名称", 1_234_500, 0)
    assert IndicatorResponse.objects.filter(bid=bid).count() == 3


def test_a_promise_weaker_than_required_is_refused_at_its_field_and_nothing_is_lost(w, challenge):
    bid = draft_of(w, challenge)
    client = Client()
    client.force_login(bid.pi)
    with on(OPEN_DAY):
        response = client.post(
            reverse("bid_edit", args=[bid.uuid, "responses"]), {"i1-promised": "99", "i1-proof": "检测报告"}
        )
    html = response.content.decode()
    assert response.status_code == 422
    assert "低于榜题要求" in html
    assert 'value="99"' in html
    assert 'value="检测报告"' in html
    assert not bid.responses.exists()


def test_partners_are_at_most_as_many_as_the_rules_allow(w, challenge):
    bid = draft_of(w, challenge)
    client = Client()
    client.force_login(bid.pi)
    units = [organisation("联合单位") for _ in range(5)]

    url, rows = reverse("bid_edit", args=[bid.uuid, "partners"]), {}
    for n, unit in enumerate(units):
        rows |= {f"partner-n{n}-organisation": unit.pk, f"partner-n{n}-task": "任务", f"partner-n{n}-budget_yuan": "10"}
    with on(OPEN_DAY):
        refused = client.post(url, rows)
        assert refused.status_code == 422
        assert "联合单位不得超过 4 家" in refused.content.decode()
        assert client.post(url, {f"partner-n{n}-DELETE": "on" for n in (2, 3, 4)}).status_code == 302
    assert bid.partners.count() == 2
    assert bid.partners.first().budget_yuan == 100_000


def test_only_the_pi_fills_the_bid_and_only_while_it_is_a_draft(w, challenge):
    bid = draft_of(w, challenge)
    url = reverse("bid_edit", args=[bid.uuid, "basic"])
    admin = next(t.admin for t in w.teams if t.pi == bid.pi)
    with on(OPEN_DAY):
        assert page(admin, url).status_code == 302
        assert page(bid.pi, url).status_code == 200
    with on(date(2026, 4, 22)):
        assert page(bid.pi, url).status_code == 302


def test_a_hidden_demander_is_named_to_nobody_outside(w, challenge):
    Challenge.objects.filter(pk=challenge.pk).update(demander_is_hidden=True)
    url, number = f"/challenges/{challenge.number}/", challenge.challenge_list.number
    for response in (page(url=url), page(team(w).pi, url), page(url=f"/lists/{number}/export.json")):
        assert w.demander.name not in response.content.decode()
    assert w.demander.name in page(w.officer, url).content.decode()


def test_a_notice_tells_what_until_when_and_how_to_object(w):
    noticed_decision(w)
    notice = w.notice
    with on(date(2026, 6, 2)):
        html = page(url=notice.get_absolute_url()).content.decode()
        assert "2026-06-05" in html
        assert "提出异议" in html
        assert page(url=f"{notice.get_absolute_url()}object/").status_code == 302
        client = Client()
        client.force_login(w.teams[0].admin)
        short = client.post(
            f"{notice.get_absolute_url()}object/", {"author_name": "张三", "author_contact": "1", "grounds": "不服"}
        )
        assert short.status_code == 422
        assert "不少于 10 个字" in short.content.decode()
        given = {"author_name": "张三", "author_contact": "13800000000", "grounds": "检测报告编号查无此号，附查询截图"}
        assert client.post(f"{notice.get_absolute_url()}object/", given).status_code == 302
    case = notice.objections.get()
    assert page(w.teams[0].admin, case.get_absolute_url()).status_code == 200
    assert page(w.teams[0].pi, case.get_absolute_url()).status_code == 404
    with on(date(2026, 6, 8)):
        assert "公示期之外不再受理" in page(url=notice.get_absolute_url()).content.decode()


def test_no_page_carries_a_script_of_its_own(w, challenge):
    bid = draft_of(w, challenge)
    with on(OPEN_DAY):
        pages = [page(url="/"), page(url=f"/challenges/{challenge.number}/"), page(bid.pi, bid.get_absolute_url())]
        pages += [page(w.officer, "/workbench/"), page(bid.pi, reverse("bid_edit", args=[bid.uuid, "partners"]))]
    for response in pages:
        html = response.content.decode()
        inline = [
            tag for tag in re.findall(r"<script\b[^>]*>", html) if "src=" not in tag and "application/json" not in tag
        ]
        assert not inline
        assert not re.search(r"<[^>]+\son[a-z]+=", html)
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"].split("style-src")[0]


def test_a_missing_page_says_what_to_do_next(client):
    response = client.get("/challenges/NOPE/")
    assert response.status_code == 404
    assert "登录后再试" in response.content.decode()


def test_a_wrong_password_gets_a_sentence_with_the_cure(client):
    response = client.post("/login/", {"username": "nobody", "password": "wrong"})
    assert "账号或密码不对" in response.content.decode()


def test_days_before_the_close_are_counted_by_the_servers_clock(challenge):
    with on(BID_CLOSE, 16):
        html = page(url=f"/challenges/{challenge.number}/").content.decode()
    assert "还剩 1 小时 0 分" in html
    assert 'data-now="2026-04-21T16:00:00+08:00"' in html
