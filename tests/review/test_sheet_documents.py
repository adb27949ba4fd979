"""A bid's files as its expert reads them: pages, marked, while the round lets him (domain 3.6)."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from attachments.models import Attachment
from review.models import ScoreSheet, SheetReading
from review.views import documents
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review.papers import with_paper
from tests.review_factories import SCORED, Review


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1)))))))


@pytest.fixture
def mine(base: Review, db: None) -> ScoreSheet:
    return f.sheet(base.seats()[0])


@pytest.fixture
def paper(mine: ScoreSheet) -> Attachment:
    return with_paper(mine.bid)


def get(user: User, name: str, sheet: ScoreSheet, *more: object):
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.force_login(user)
    with on(SCORED, 10):
        return client.get(reverse(name, args=[sheet.assignment_id, sheet.bid.uuid, *more]))


def test_rule_3_6_documents_are_read_online_as_pages_marked_with_alias_time_and_address_tail(mine, paper, rf):
    expert = mine.assignment.expert.user
    assert get(expert, "sheet_file", mine, paper.uuid).json()["pages"] >= 1
    page = get(expert, "sheet_page", mine, paper.uuid, 1)
    assert page["Content-Type"] == "image/png"
    assert "no-store" in page["Cache-Control"]
    assert Image.open(io.BytesIO(page.content)).width == 900
    with on(SCORED, 10):
        mark = documents.mark_of(mine, rf.get("/", REMOTE_ADDR="203.0.113.77"))
    assert mark == f"{mine.assignment.alias}  2026-05-20 10:00  113.77"
    html = get(expert, "sheet", mine).content.decode()
    assert f"/files/{paper.uuid}/" in html, "the viewer's address below the sheet"
    assert reverse("attachment", args=[paper.uuid]) not in html.replace(
        reverse("sheet_file", args=[mine.assignment_id, mine.bid.uuid, paper.uuid]), ""
    )


def test_the_first_page_of_the_main_document_is_its_opening(mine, paper):
    expert = mine.assignment.expert.user
    get(expert, "sheet", mine)
    assert not SheetReading.objects.filter(sheet=mine, opened_at__isnull=False).exists(), "the page alone opens nothing"
    get(expert, "sheet_text", mine, paper.uuid, 1)
    assert SheetReading.objects.get(sheet=mine).opened_at is not None


def test_nobody_reads_by_another_experts_address_or_without_a_seat(base, mine, paper):
    other = base.seats()[1].expert.user
    for user in (other, base.secretary, base.w.officer, base.bids[0].pi):
        for name, more in (("sheet_file", ()), ("sheet_page", (1,)), ("sheet_text", (1,))):
            assert get(user, name, mine, paper.uuid, *more).status_code == 404


def test_a_file_of_another_bid_and_a_page_that_is_not_there_are_not_found(base, mine, paper):
    expert = mine.assignment.expert.user
    foreign = Attachment.objects.exclude(holder_id=mine.bid_id).first()
    if foreign is not None:
        assert get(expert, "sheet_file", mine, foreign.uuid).status_code == 404
    assert get(expert, "sheet_page", mine, paper.uuid, 99).status_code == 404


def test_seconds_of_use_are_taken_from_the_expert_alone(base, mine):
    url = reverse("sheet_beat", args=[mine.assignment_id, mine.bid.uuid])
    client = Client()
    client.force_login(mine.assignment.expert.user)
    with on(SCORED, 10):
        assert client.post(url, {"seconds": "15"}).status_code == 204
        assert client.post(url, {"seconds": "-5"}).status_code == 204
        stranger = Client()
        stranger.force_login(base.seats()[1].expert.user)
        assert stranger.post(url, {"seconds": "15"}).status_code == 404
    assert SheetReading.objects.get(sheet=mine).seconds == 15
