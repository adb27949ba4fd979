"""发榜: rules of domain 2.1 and 2.2 that no other file tests by name."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from projects.models import Bid, Challenge, ChallengeList, Indicator
from tests import delivery_factories as f
from tests.delivery_factories import PUBLISHED, REASON, REC_CLOSE, World, on
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.models import OutboxMessage
from workflows.refused import Refused
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
S = ChallengeList.State


@pytest.fixture
def w() -> World:
    return f.world()


def called(w: World, bids: int = 1) -> tuple[ChallengeList, list[Bid]]:
    row = f.published_list(w)
    return row, [f.submitted_bid(w, row.challenges.get()) for _ in range(bids)]


def close(w: World) -> None:
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)


def told(person: User) -> list[str]:
    return list(OutboxMessage.objects.filter(recipient=person).values_list("subject", flat=True))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda row: Indicator.objects.filter(challenge__challenge_list=row).update(is_must=False), "没有必达指标"),
        (lambda row: row.challenges.update(cap_yuan=0), "没有榜金"),
        (lambda row: row.challenges.update(ip_terms=""), "没有知识产权约定"),
    ],
    ids=["indicators", "cap", "ip"],
)
def test_rule_2_1_each_challenge_has_indicators_cap_and_ip_terms_before_it_is_published(w, spoil, said) -> None:  # type: ignore[no-untyped-def]
    row = f.appraised_list(w)
    with on(date(2026, 2, 2)):
        perform(ChallengeListFlow, row, "approve", by=w.lead)
    spoil(row)
    with on(PUBLISHED), pytest.raises(Refused, match=said):
        perform(ChallengeListFlow, row, "publish", by=w.lead)


def test_rule_2_1_a_list_without_a_contact_is_not_approved(w: World) -> None:
    row = f.appraised_list(w)
    ChallengeList.objects.filter(pk=row.pk).update(contact="")
    with on(date(2026, 2, 2)), pytest.raises(Refused, match="联系方式"):
        perform(ChallengeListFlow, row, "approve", by=w.lead)


def test_rule_2_1_the_call_stays_open_as_long_as_the_rules_promise(w: World) -> None:
    row = f.appraised_list(w)
    with on(date(2026, 2, 2)):
        perform(ChallengeListFlow, row, "approve", by=w.lead)
    with on(date(2026, 4, 10)), pytest.raises(Refused, match="至少开放 15 天，请将揭榜截止设在 2026-04-25"):
        perform(ChallengeListFlow, row, "publish", by=w.lead)


def test_rule_2_1_a_draft_list_lies_open_for_five_working_days_before_it_is_approved(w: World) -> None:
    row = f.appraised_list(w)
    with on(date(2026, 1, 26)):  # a Monday: the fifth working day is the Friday
        perform(ChallengeListFlow, row, "show_draft", by=w.officer)
    with on(date(2026, 1, 30), 23), pytest.raises(Refused, match="公示到 2026-01-30 届满"):
        perform(ChallengeListFlow, row, "approve", by=w.lead)
    with on(date(2026, 1, 31), 0):
        perform(ChallengeListFlow, row, "approve", by=w.lead)
    assert row.state == S.APPROVED


def test_rule_2_1_publishing_tells_units_and_recommenders_and_opens_at_once(w: World) -> None:
    admin = f.team(w).admin
    row = f.published_list(w)
    assert (row.state, row.challenges.get().state) == (S.PUBLISHED, Challenge.State.OPEN)
    assert all(any("榜单发布" in subject for subject in told(person)) for person in (admin, w.rec_user))


def test_rule_2_1_only_the_head_approves_publishes_extends_suspends_and_cancels(w: World) -> None:
    row = f.appraised_list(w)
    with on(date(2026, 2, 2)), pytest.raises(Refused, match="权限"):
        perform(ChallengeListFlow, row, "approve", by=w.officer)
    with on(date(2026, 2, 2)):
        perform(ChallengeListFlow, row, "approve", by=w.lead)
    with on(PUBLISHED), pytest.raises(Refused, match="权限"):
        perform(ChallengeListFlow, row, "publish", by=w.officer)
    for step in ("suspend", "cancel"):
        published = f.published_list(f.world())
        with on(date(2026, 4, 1)), pytest.raises(Refused, match="权限"):
            perform(ChallengeListFlow, published, step, by=w.officer, reason=REASON)


def test_rule_2_1_a_cancelled_list_voids_every_bid_and_says_why(w: World) -> None:
    row, (bid,) = called(w)
    with on(date(2026, 4, 15)):
        with pytest.raises(Refused, match="理由"):
            perform(ChallengeListFlow, row, "cancel", by=w.lead, reason="")
        perform(ChallengeListFlow, row, "cancel", by=w.lead, reason=REASON)
    bid.refresh_from_db()
    assert (bid.state, row.challenges.get().state) == (Bid.State.VOID, Challenge.State.WITHDRAWN)
    assert OutboxMessage.objects.filter(recipient=bid.pi, body=REASON).exists()


def test_rule_2_1_a_suspended_list_comes_back_to_where_it_was(w: World) -> None:
    row, _bids = called(w)
    with on(date(2026, 4, 15)):
        perform(ChallengeListFlow, row, "suspend", by=w.lead, reason=REASON)
        perform(ChallengeListFlow, row, "resume", by=w.lead, reason=REASON)
    assert row.state == S.PUBLISHED


def test_rule_2_2_a_challenge_without_a_single_bid_lapses_at_the_close(w: World) -> None:
    row = f.published_list(w)
    close(w)
    assert row.challenges.get().state == Challenge.State.LAPSED


def test_rule_2_2_a_challenge_without_an_accepted_bid_lapses(w: World) -> None:
    row, (bid,) = called(w)
    close(w)
    with on(date(2026, 4, 29)):
        perform(BidFlow, bid, "disqualify", by=w.lead, reason=REASON)
        perform(ChallengeListFlow, row, "begin_review", by=w.officer)
    assert row.challenges.get().state == Challenge.State.LAPSED


def test_rule_2_2_after_the_close_a_challenge_is_withdrawn_by_the_head_only_and_bidders_are_told(w: World) -> None:
    row, (bid,) = called(w)
    close(w)
    challenge = row.challenges.get()
    with on(date(2026, 4, 29)):
        with pytest.raises(Refused, match="权限"):
            perform(ChallengeFlow, challenge, "withdraw", by=w.officer, reason=REASON)
        perform(ChallengeFlow, challenge, "withdraw", by=w.lead, reason=REASON)
    bid.refresh_from_db()
    assert bid.state == Bid.State.VOID
    assert any("作废" in subject for subject in told(bid.pi))


def test_rule_2_2_before_the_close_the_demander_withdraws_freely_and_everybody_is_told(w: World) -> None:
    row, (bid,) = called(w)
    challenge, other = row.challenges.get(), f.world()
    door = f"/act/challenge/{challenge.pk}/withdraw/"
    with on(date(2026, 4, 10)):
        with pytest.raises(Refused, match="权限"):
            perform(ChallengeFlow, challenge, "withdraw", by=other.dem_user, reason=REASON)
        client = Client()
        client.force_login(w.dem_user)
        assert door in client.get(challenge.get_absolute_url()).content.decode()
        perform(ChallengeFlow, challenge, "withdraw", by=w.dem_user, reason=REASON)
    bid.refresh_from_db()
    assert (challenge.state, bid.state) == (Challenge.State.WITHDRAWN, Bid.State.VOID)
    assert any("作废" in subject for subject in told(bid.pi))
    assert any("需求方撤榜" in subject for subject in told(w.officer))
    assert any("需求方撤榜" in subject for subject in told(w.lead))


def test_rule_2_2_from_the_close_on_the_demander_asks_the_head(w: World) -> None:
    row, _bids = called(w)
    close(w)
    with on(date(2026, 4, 29)), pytest.raises(Refused, match="权限"):
        perform(ChallengeFlow, row.challenges.get(), "withdraw", by=w.dem_user, reason=REASON)


def test_rule_2_2_the_demander_never_leads_a_bid_on_its_own_challenge(w: World) -> None:
    challenge = f.published_list(w).challenges.get()
    pi = f.person("需求方负责人", org=w.demander)
    with on(date(2026, 4, 1)), pytest.raises(Refused, match="需求单位不得牵头"):
        start(BidFlow, Bid(challenge=challenge, organisation=w.demander, pi=pi, title="自己的榜"), by=pi)
