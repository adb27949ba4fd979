"""查重 in the formal check: found, shown with its passages, advisory, and within the agency's own walls."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from projects.duplicates import compare
from projects.models import Bid, DuplicateCheck, DuplicateMatch, Fingerprint
from projects.queries import duplicate_checks_visible_to
from projects.tasks import compare_bid
from projects.views.duplicates import matches_shown_to
from tests import delivery_factories as f
from tests.delivery_factories import REC_CLOSE, World, on
from tests.projects.test_similarity import words
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.models import OutboxMessage
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
COPIED = words(20, 120)


def handed_in(w: World, route: str, day: date = date(2026, 4, 10)) -> Bid:
    t = f.team(w)
    with on(day):
        bid = f.complete_draft(w, w.challenge_list.challenges.get(), t, title=f"申请{len(w.teams)}", route=route)
        f.hand_over(w, bid, t)
    return bid


def closed(w: World) -> World:
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)
    return w


@pytest.fixture(scope="module")
def base(module_db: None) -> World:
    """Two teams of which one copied, a third that wrote everything itself."""
    w = f.world()
    f.published_list(w)
    handed_in(w, words(1, 200) + COPIED + words(2, 200))
    handed_in(w, words(3, 100) + "\n" + COPIED[:60] + "，" + COPIED[60:] + words(4, 80))
    handed_in(w, words(5, 400))
    return closed(w)


@pytest.fixture
def w(base: World, db: None) -> World:
    return f.fresh(base)


def bids_of(w: World) -> list[Bid]:
    return list(Bid.objects.filter(challenge__challenge_list=w.challenge_list).order_by("pk"))


def page(user: User, bid: Bid, query: str = "") -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/bids/{bid.uuid}/duplicates/{query}")
    return answer.status_code, answer.content.decode()


def test_rule_2_4_a_bid_is_compared_with_the_others_and_the_copy_is_found(w: World) -> None:
    first, copy, third = bids_of(w)
    assert [compare(bid.pk) for bid in (first, copy, third)] == [1, 1, 0]
    match = DuplicateMatch.objects.get(check_of=copy.pk)
    assert (match.other, match.longest) == (first, 120)
    assert 300 < match.permille < 500
    done = DuplicateCheck.objects.get(bid=third)
    assert (done.compared_with, done.compared_sha256) == (2, third.snapshot_sha256)


def test_the_formal_check_asks_for_the_comparison_and_is_not_bound_by_it(w: World) -> None:
    _first, copy, _third = bids_of(w)
    with on(date(2026, 4, 23)):
        perform(BidFlow, copy, "begin_formal_check", by=w.officer)
    asked = OutboxMessage.objects.get(task="projects.tasks.compare_bid")
    assert asked.arguments == [copy.pk]
    compare_bid(*asked.arguments)
    assert not copy.formal_check.items.filter(code="F09").exists()
    with on(date(2026, 4, 23)):
        perform(f.FormalCheckFlow, copy.formal_check, "check", by=w.officer, result="PASS")


def test_comparing_again_changes_nothing_and_a_correction_is_indexed_anew(w: World) -> None:
    first, copy, _third = bids_of(w)
    compare(copy.pk)
    before = set(Fingerprint.objects.values_list("bid", "value"))
    compare(copy.pk)
    assert DuplicateMatch.objects.filter(check_of=copy.pk).count() == 1
    assert set(Fingerprint.objects.values_list("bid", "value")) == before
    DuplicateCheck.objects.filter(bid=first).update(indexed_sha256="0" * 64)
    Fingerprint.objects.filter(bid=first).delete()
    compare(copy.pk)
    assert set(Fingerprint.objects.values_list("bid", "value")) == before


def test_the_page_marks_the_passage_in_both_texts(w: World) -> None:
    first, copy, _third = bids_of(w)
    compare(copy.pk)
    status, html = page(w.officer, copy)
    assert status == 200
    assert html.count('<mark data-passage="1"') == 2
    assert COPIED in html
    assert first.organisation.name in html
    status, html = page(w.officer, bids_of(w)[2])
    assert (status, "正在与以往申请" in html) == (200, True)


def test_only_those_who_check_see_it(w: World) -> None:
    _first, copy, _third = bids_of(w)
    compare(copy.pk)
    for outsider in (copy.pi, w.teams[1].admin, w.rec_user, w.dem_user, w.finance, f.world().officer):
        assert page(outsider, copy)[0] == 404
        assert not duplicate_checks_visible_to(outsider).exists()


def test_another_agencys_bid_is_told_only_once_it_is_funded_and_its_words_never(w: World) -> None:
    other = f.world()
    f.published_list(other)
    theirs = handed_in(other, words(7, 50) + COPIED + words(8, 150), date(2026, 4, 3))
    copy = bids_of(w)[1]
    assert compare(copy.pk) == 2
    check = DuplicateCheck.objects.get(bid=copy)
    assert theirs not in [shown.match.other for shown in matches_shown_to(w.officer, check)]
    assert theirs.organisation.name not in page(w.officer, copy)[1]


def test_who_checks_reads_no_words_of_another_agencys_funded_project() -> None:
    other = f.world()
    secret = words(9, 30)
    project = f.active_project(other, route=COPIED + secret)
    assert project.bid.state == Bid.State.AWARDED
    w = f.world()
    f.published_list(w)
    copy = handed_in(w, words(3, 100) + COPIED + words(4, 80), date(2026, 4, 15))
    compare(copy.pk)
    status, html = page(w.officer, copy)
    assert (status, project.bid.organisation.name in html, COPIED in html) == (200, True, True)
    assert secret not in html
