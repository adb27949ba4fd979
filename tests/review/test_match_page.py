"""Who reads how the bids of a round were shared out: the secretary and the supervisor, nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from review.match_picture import seats_of
from review.models import RoundMatch
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import READ, REASON, SCORED, Review
from tests.workflows.test_round_match import pledged
from workflows.engine import perform
from workflows.score_sheet import ScoreSheetFlow

QUERIES = 24


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.in_preview(pledged())


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def client(user: User) -> Client:
    found = Client()
    found.force_login(user)
    return found


def test_the_secretary_sees_every_pair_and_why_an_expert_has_a_bid(r):
    match, bid = r.round.matches.get(), r.bids[0]
    page = client(r.secretary).get(reverse("round_match", args=[r.round.pk]), {"bid": bid.number}).content.decode()
    assert match.digest in page
    for seat in r.seats():
        assert seat.alias in page
        assert seat.expert.user.name not in page
    assert page.count('<span class="visually-hidden">评审</span>') == len(match.pairs)
    assert page.count("名可选专家中列第") == 5


def test_the_round_links_to_it_and_others_are_told_nothing(r):
    link = reverse("round_match", args=[r.round.pk])
    assert link in client(r.secretary).get(r.round.get_absolute_url()).content.decode()
    assert link not in client(r.w.officer).get(r.round.get_absolute_url()).content.decode()
    for user in (r.w.officer, r.w.lead, r.technical.expert.user, r.bids[0].pi):
        assert client(user).get(link).status_code == 404
        assert client(user).get(reverse("round_match_record", args=[r.round.pk, 1])).status_code == 404
    assert client(r.w.supervisor).get(link).status_code == 200
    assert Client().get(link).status_code == 302


def test_the_record_goes_through_the_command_and_gives_the_same_pairs(r, tmp_path: Path):
    answer = client(r.w.supervisor).get(reverse("round_match_record", args=[r.round.pk, 1]))
    given = json.loads(answer.content)
    (tmp_path / "in.json").write_bytes(answer.content)
    call_command("match_reviewers", instance=tmp_path / "in.json", out=tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["pairs"] == given["pairs"]
    instance = {name: value for name, value in given.items() if name not in ("pairs", "stats", "digest")}
    assert RoundMatch.digest_of(instance, given["pairs"]) == given["digest"]
    assert not any(seat.expert.user.name in answer.content.decode() for seat in r.seats())


def test_a_later_match_says_what_it_changed(r):
    seat = next(seat for seat in r.seats() if seat.sheets.count() > 1)
    sheet = seat.sheets.order_by("pk").first()
    with on(READ):
        perform(ScoreSheetFlow, sheet, "step_back", by=seat.expert.user, reason=REASON)
    page = client(r.secretary).get(reverse("round_match", args=[r.round.pk])).content.decode()
    assert "这次调整了什么" in page
    assert page.count("新增评审") >= 2
    first = client(r.secretary).get(reverse("round_match", args=[r.round.pk]), {"no": "1"}).content.decode()
    assert "这次调整了什么" not in first
    assert client(r.secretary).get(reverse("round_match", args=[r.round.pk]), {"no": "7"}).status_code == 404
    assert client(r.secretary).get(reverse("round_match", args=[r.round.pk]), {"bid": "x"}).status_code == 404


def test_queries_do_not_grow_with_bids_and_seats(r, django_assert_max_num_queries):
    asked = client(r.secretary)
    with django_assert_max_num_queries(QUERIES):
        asked.get(reverse("round_match", args=[r.round.pk]), {"bid": r.bids[0].number})


def test_an_expert_is_asked_how_well_he_knows_each_bid(db):
    ready = pledged(2)
    seat = ready.seats()[0]
    page = client(seat.expert.user).get(f"/act/assignment/{seat.pk}/declare_levels/").content.decode()
    for bid in ready.bids:
        assert bid.title in page
        assert bid.organisation.name not in page
    assert page.count("非常适合") == 2


def test_the_sheet_offers_to_give_up_the_bid_and_leads_back_to_the_task(r):
    seat = next(seat for seat in r.seats() if seat.sheets.count() > 1)
    sheet = seat.sheets.select_related("bid").order_by("pk").first()
    door = reverse("act", args=["score-sheet", sheet.pk, "step_back"])
    asked = client(seat.expert.user)
    assert door in asked.get(sheet.get_absolute_url()).content.decode()
    with on(READ):
        answer = asked.post(door + f"?next={seat.get_absolute_url()}", {"reason": REASON})
    assert (answer.status_code, answer.headers["Location"]) == (302, seat.get_absolute_url())
    page = asked.get(seat.get_absolute_url()).content.decode()
    assert sheet.get_absolute_url() not in page
    assert door not in asked.get(sheet.get_absolute_url()).content.decode()


def test_what_was_begun_counts_into_a_seats_room_in_a_later_match(db):
    r = f.scoring(f.in_preview(pledged()))
    busy = next(seat for seat in r.seats() if seat.sheets.count() in (2, 3))
    other = next(seat for seat in r.seats() if seat.pk != busy.pk and seat.sheets.count() > 1)
    with on(SCORED, 9):
        perform(ScoreSheetFlow, busy.sheets.order_by("pk")[0], "save_draft", by=busy.expert.user, **f.given("86"))
        perform(ScoreSheetFlow, other.sheets.order_by("pk")[0], "step_back", by=other.expert.user, reason=REASON)
    assert {seat.most for seat in seats_of(r.round.matches.last(), {})} == {4}
