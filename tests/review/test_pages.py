"""Pages of a review: the expert's tasks and score sheet, the round as its people see it."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from review.models import Assignment, ReviewRound, ScoreSheet
from tests.delivery_factories import (
    REC_CLOSE,
    World,
    checked,
    experts,
    on,
    person,
    points,
    published_list,
    submitted_bid,
    world,
)
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 20)
COMMENT = (
    "目标明确，路线可行，团队与条件具备，里程碑设置合理，经费与任务匹配，预期效益较好，风险总体可控，建议按程序推进。"
)


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def row(w: World) -> ReviewRound:
    """A round whose panel of three is invited; two bids to judge."""
    challenge_list = published_list(w)
    challenge = challenge_list.challenges.get()
    bids = [submitted_bid(w, challenge) for _ in range(2)]
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
    with on(DAY, 8):
        for bid in bids:
            checked(w, bid)
        perform(ChallengeListFlow, challenge_list, "begin_review", by=w.officer)
        challenge.refresh_from_db()
        experts(w)
        found = ReviewRound(challenge=challenge, criteria=[], secretary=person("秘书", Role.SEC, agency=w.agency))
        start(ReviewRoundFlow, found, by=w.officer)
        perform(ReviewRoundFlow, found, "begin_draw", by=w.officer, witness=w.supervisor.pk)
        perform(ReviewRoundFlow, found, "draw", by=w.supervisor)
    return found


def scoring(row: ReviewRound) -> list[Assignment]:
    seats = list(row.assignments.select_related("expert__user").order_by("alias"))
    with on(DAY, 9):
        for seat in seats:
            perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
            perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
        perform(ReviewRoundFlow, row, "name_chair", by=row.secretary, chair=seats[0].pk)
        perform(ReviewRoundFlow, row, "open_preview", by=row.secretary)
        perform(ReviewRoundFlow, row, "open_scoring", by=row.secretary, scoring_until="2026-05-24 17:00")
    return seats


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, url: str):
    with on(DAY, 10):
        return logged_in(user).get(url)


def sheet_of(seat: Assignment, n: int = 0) -> ScoreSheet:
    return seat.sheets.select_related("bid").order_by("pk")[n]


def entered(w: World, total: str = "88", comment: str = COMMENT) -> dict[str, str]:
    given = {name: str(value) for name, value in points(w, Decimal(total)).items()}
    return {**given, "recommendation": "RECOMMEND", "comment": comment}


def test_an_invited_expert_sees_what_it_is_about_but_no_bid(w, row):
    seat = row.assignments.select_related("expert__user").first()
    html = get(seat.expert.user, seat.get_absolute_url()).content.decode()
    assert "您被随机抽中" in html
    assert seat.alias in html
    assert not any(t.organisation.name in html for t in w.teams)
    assert seat.round.challenge.title in get(seat.expert.user, "/reviews/").content.decode()


def test_nobody_opens_another_experts_task_or_sheet(row):
    seats = scoring(row)
    mine, other = seats[0], seats[1]
    url = sheet_of(other).get_absolute_url()
    for user in (mine.expert.user, row.secretary, person("路人")):
        assert get(user, other.get_absolute_url()).status_code == 404
        assert get(user, url).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_pledged_expert_reads_the_bid_beside_the_sheet(w, row):
    seat = scoring(row)[0]
    sheet = sheet_of(seat)
    html = get(seat.expert.user, sheet.get_absolute_url()).content.decode()
    assert sheet.bid.organisation.name in html
    assert "≥ 100 万次/秒" in html
    assert 'id="id_score_goal"' in html
    assert 'max="20"' in html
    assert 'step="0.5"' in html


def type_in(client: Client, sheet: ScoreSheet, **texts: str):
    """As the page's script sends what was typed."""
    url = reverse("sheet_cells", args=[sheet.assignment_id, sheet.bid.uuid])
    changes = [{"path": path, "base": "", "text": text, "id": str(uuid4())} for path, text in texts.items()]
    body = {"user": int(client.session["_auth_user_id"]), "client": str(uuid4()), "since": 0, "changes": changes}
    return client.post(url, body, content_type="application/json")


def test_a_draft_is_saved_by_the_way_and_found_again(w, row):
    seat = scoring(row)[0]
    sheet = sheet_of(seat)
    client = logged_in(seat.expert.user)
    with on(DAY, 10):
        saved = type_in(client, sheet, score_goal="18.5", comment="待续")
        assert [one["outcome"] for one in saved.json()["written"]] == ["saved", "saved"]
        html = client.get(sheet.get_absolute_url()).content.decode()
    assert 'name="score_goal" value="18.5"' in html
    assert "待续</textarea>" in html
    sheet.refresh_from_db()
    assert (sheet.state, sheet.total) == (ScoreSheet.State.DRAFT, None)


def test_a_draft_with_too_many_points_says_so_and_keeps_the_last_good_one(row):
    seat = scoring(row)[0]
    sheet = sheet_of(seat)
    client = logged_in(seat.expert.user)
    with on(DAY, 10):
        type_in(client, sheet, score_goal="18.5")
        url = reverse("sheet_cells", args=[seat.pk, sheet.bid.uuid])
        change = {"path": "score_goal", "base": "18.5", "text": "99", "id": str(uuid4())}
        body = {"user": seat.expert.user.pk, "client": str(uuid4()), "since": 0, "changes": [change]}
        (refused,) = client.post(url, body, content_type="application/json").json()["written"]
        html = client.get(sheet.get_absolute_url()).content.decode()
    assert "最高 20 分" in refused["fault"]
    assert 'name="score_goal" value="99"' in html, "what was typed is shown again …"
    assert "最高 20 分" in html
    assert sheet.items.get().value == Decimal("18.5"), "… and not taken over"


def test_a_sheet_is_handed_in_and_leads_to_the_next_bid(w, row):
    seat = scoring(row)[0]
    first, second = sheet_of(seat), sheet_of(seat, 1)
    client = logged_in(seat.expert.user)
    with on(DAY, 10):
        to_next = client.post(first.get_absolute_url(), entered(w))
        assert to_next.headers["Location"] == second.get_absolute_url()
        done = client.post(second.get_absolute_url(), entered(w, "70"))
        assert done.headers["Location"] == seat.get_absolute_url()
        html = client.get(first.get_absolute_url()).content.decode()
    assert "88.00" in html
    assert "<textarea" not in html


def test_an_incomplete_sheet_is_refused_at_its_fields_with_everything_kept(w, row):
    seat = scoring(row)[0]
    sheet = sheet_of(seat)
    with on(DAY, 10):
        client = logged_in(seat.expert.user)
        missing = client.post(sheet.get_absolute_url(), {**entered(w, comment="太短"), "score_team": ""})
        html = missing.content.decode()
        assert missing.status_code == 422
        assert "请给“团队与条件”打分" in html
        assert "太短</textarea>" in html
        bare = client.post(sheet.get_absolute_url(), {**entered(w, comment="意见" * 12), "recommendation": "REJECT"})
    assert "不少于 50 字" in bare.content.decode()
    sheet.refresh_from_db()
    assert sheet.state == ScoreSheet.State.EMPTY


def test_the_round_shows_aliases_to_the_officer_and_names_to_secretary_and_supervisor(w, row):
    seats = scoring(row)
    names = [seat.expert.user.name for seat in seats]
    officer = get(w.officer, row.get_absolute_url()).content.decode()
    assert all(seat.alias in officer for seat in seats)
    assert not any(name in officer for name in names)
    assert all(name in get(row.secretary, row.get_absolute_url()).content.decode() for name in names)
    assert all(name in get(w.supervisor, row.get_absolute_url()).content.decode() for name in names)
    assert get(w.teams[0].pi, row.get_absolute_url()).status_code == 404


def test_scores_are_shown_to_the_secretary_as_they_come_and_to_the_officer_after_the_close(w, row):
    seat = scoring(row)[0]
    with on(DAY, 10):
        for sheet in seat.sheets.order_by("pk"):
            perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **entered(w))
    assert "88.00" in get(row.secretary, row.get_absolute_url()).content.decode()
    assert "88.00" not in get(w.officer, row.get_absolute_url()).content.decode()


def test_the_round_page_costs_the_same_for_more_bids_and_scores(w, row, django_assert_max_num_queries):
    seats = scoring(row)
    with on(DAY, 10):
        for seat in seats:
            for sheet in seat.sheets.order_by("pk"):
                perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **entered(w))
    client = logged_in(row.secretary)
    with on(DAY, 11), django_assert_max_num_queries(30):
        assert client.get(row.get_absolute_url()).status_code == 200


def test_the_draw_is_on_record_with_its_commitment_and_a_seed_that_stays_sealed(w, row):
    record = row.draws.get()
    html = get(w.supervisor, reverse("draw", args=[record.pk])).content.decode()
    assert record.seed_commitment in html
    assert record.seed_hex not in html
    assert get(world().supervisor, reverse("draw", args=[record.pk])).status_code == 404
    assert get(w.teams[0].pi, "/draws/").content.decode().count("抽取记录") >= 1


def test_an_officer_plans_a_round_and_others_do_not(w, row):
    url = reverse("round_new", args=[row.challenge.number])
    with on(DAY, 10):
        assert logged_in(w.lead).get(url).status_code == 403
        response = logged_in(w.officer).post(url, {"secretary": row.secretary.pk})
    assert response.status_code == 302
    assert ReviewRound.objects.filter(challenge=row.challenge).count() == 2
