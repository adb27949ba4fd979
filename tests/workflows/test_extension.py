"""个别延期: one bid closes later, for a reason on record and with two people behind it; nobody else does."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from accounts.models import User
from projects.closing import bid_close_of, rec_close_of
from projects.models import Bid, BidExtension, Challenge
from projects.queries import bids_visible_to, extensions_visible_to
from tests import delivery_factories as f
from tests.delivery_factories import BID_CLOSE, REC_CLOSE, Team, World, on
from tests.extension_factories import GROUNDS, REC_UNTIL, UNTIL, at, endorsed, granted
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.extension import BidExtensionFlow, ask_extension
from workflows.models import OutboxMessage
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
S = BidExtension.State


@pytest.fixture(scope="module")
def base(module_db: None) -> World:
    """One bid handed in, one still a draft on the last day."""
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    f.submitted_bid(w, challenge)
    with on(date(2026, 4, 13)):
        f.complete_draft(w, challenge, f.team(w))
    return w


@pytest.fixture
def w(base: World, db: None) -> World:
    return f.fresh(base)


def late(w: World) -> tuple[Bid, Team]:
    bid = Bid.objects.get(challenge__challenge_list=w.challenge_list, state="DRAFT")
    return bid, next(team for team in w.teams if team.organisation == bid.organisation)


def close(w: World) -> None:
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)


def test_a_granted_extension_lets_this_one_bid_in_after_the_close(w: World) -> None:
    bid, t = late(w)
    granted(w, bid)
    close(w)
    with on(UNTIL, 16):
        f.hand_over(w, Bid.objects.get(pk=bid.pk), t)
    bid.refresh_from_db()
    assert (bid.state, bid.submitted_at) == ("SUBMITTED", at(UNTIL, 16))
    with on(REC_UNTIL + timedelta(days=1)):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    assert bid.formal_check.items.get(code="F05").passed


def test_nobody_elses_close_moves(w: World) -> None:
    challenge = w.challenge_list.challenges.get()
    with on(date(2026, 4, 13)):
        other_team = f.team(w)
        other = f.complete_draft(w, challenge, other_team)
    granted(w, Bid.objects.exclude(pk=other.pk).get(state="DRAFT", challenge=challenge))
    close(w)
    with on(UNTIL, 16), pytest.raises(Refused, match="截止"):
        perform(BidFlow, other, "hand_in", by=other.pi, pledge=True)
    assert bid_close_of(other, at(UNTIL, 16)) == w.challenge_list.bid_close_at


def test_the_extension_ends_on_the_second(w: World) -> None:
    bid, _t = late(w)
    granted(w, bid)
    close(w)
    with on(UNTIL, 17), pytest.raises(Refused, match="2026-04-24 17:00:00 截止"):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    assert rec_close_of(bid, at(REC_UNTIL, 14)) == at(REC_UNTIL, 15)


def test_it_needs_a_reason_and_a_second_person(w: World) -> None:
    bid, _t = late(w)
    with on(BID_CLOSE), pytest.raises(Refused, match="延期理由"):
        ask_extension(bid, by=bid.pi, grounds="来不及")
    with on(BID_CLOSE), pytest.raises(Refused, match="权限"):
        ask_extension(bid, by=w.officer, grounds=GROUNDS)
    row = endorsed(w, bid)
    with on(BID_CLOSE, 12):
        for outsider in (w.officer, w.second_officer, bid.pi):
            with pytest.raises(Refused, match="权限"):
                perform(BidExtensionFlow, row, "grant", by=outsider)
    alone = {"state": S.GRANTED, "granted_by": w.officer}
    with pytest.raises(DatabaseError, match="granted_by_another"), transaction.atomic():
        BidExtension.objects.filter(pk=row.pk).update(**alone)


def test_a_head_who_endorsed_as_officer_does_not_grant(w: World) -> None:
    f.RoleGrant.objects.create(user=w.officer, role=f.Role.LEAD, agency=w.agency)
    row = endorsed(w, late(w)[0])
    officer = User.objects.get(pk=w.officer.pk)
    with on(BID_CLOSE, 12), pytest.raises(Refused, match="第二人"):
        perform(BidExtensionFlow, row, "grant", by=officer)


@pytest.mark.parametrize(
    ("field", "instants"),
    [
        ("bid_until", {"bid_until": at(BID_CLOSE, 17)}),
        ("bid_until", {"bid_until": at(date(2026, 5, 2), 9), "rec_until": at(date(2026, 5, 3), 9)}),
        ("rec_until", {"rec_until": at(UNTIL, 16)}),
        ("rec_until", {"rec_until": at(date(2026, 5, 29), 9)}),
    ],
    ids=["not later", "too long", "recommender before unit", "recommender too late"],
)
def test_instants_that_make_no_sense_are_refused_by_name(w: World, field: str, instants: dict[str, datetime]) -> None:
    with pytest.raises(Refused) as found:
        endorsed(w, late(w)[0], **instants)
    assert set(found.value.fields) == {field}


def test_it_is_asked_for_until_the_first_working_day_after_the_close(w: World) -> None:
    bid, _t = late(w)
    with on(date(2026, 4, 23)), pytest.raises(Refused, match="期限已过"):
        ask_extension(bid, by=bid.pi, grounds=GROUNDS)
    with on(REC_CLOSE, 14):
        row = ask_extension(bid, by=bid.pi, grounds=GROUNDS)
    with on(REC_CLOSE, 14), pytest.raises(Refused, match="正在办理"):
        ask_extension(bid, by=bid.pi, grounds=GROUNDS)
    assert row.state == S.ASKED


def test_a_challenge_whose_only_bid_is_extended_does_not_lapse(w: World) -> None:
    bid, t = late(w)
    submitted = Bid.objects.get(challenge__challenge_list=w.challenge_list, state="SUBMITTED")
    with on(BID_CLOSE):
        perform(BidFlow, submitted, "withdraw", by=submitted.pi, reason="合作单位退出，无法按期申报")
    granted(w, bid)
    close(w)
    assert w.challenge_list.challenges.get().state == Challenge.State.CLOSED
    with on(UNTIL, 16):
        f.hand_over(w, Bid.objects.get(pk=bid.pk), t)


def test_the_list_does_not_go_under_review_while_a_bid_may_still_come(w: World) -> None:
    bid, _t = late(w)
    row = endorsed(w, bid)
    close(w)
    with on(date(2026, 4, 23)):
        f.checked(w, Bid.objects.get(challenge__challenge_list=w.challenge_list, state="SUBMITTED"))
        with pytest.raises(Refused, match=row.number):
            perform(ChallengeListFlow, w.challenge_list, "begin_review", by=w.officer)
        perform(BidExtensionFlow, row, "grant", by=w.lead)
        with pytest.raises(Refused, match=row.number):
            perform(ChallengeListFlow, w.challenge_list, "begin_review", by=w.officer)
    with on(REC_UNTIL, 16):
        perform(ChallengeListFlow, w.challenge_list, "begin_review", by=w.officer)
    with on(REC_UNTIL, 16), pytest.raises(Refused, match="已进入评审"):
        ask_extension(bid, by=bid.pi, grounds=GROUNDS)


def test_team_and_supervisor_are_told_and_the_draft_is_reminded_of_its_own_close(w: World) -> None:
    bid, _t = late(w)
    row = granted(w, bid)
    told = set(OutboxMessage.objects.filter(subject__contains=row.number).values_list("recipient", flat=True))
    assert {bid.pi_id, w.supervisor.pk, w.lead.pk} <= told
    close(w)
    OutboxMessage.objects.all().delete()
    with on(UNTIL - timedelta(days=1), 18):
        sweep_all()
    reminder = OutboxMessage.objects.get(recipient=bid.pi, code="N02")
    assert "2026-04-24 17:00" in reminder.body


def test_who_decides_on_it_does_not_read_the_draft(w: World) -> None:
    bid, _t = late(w)
    row = granted(w, bid)
    for reader in (w.officer, w.lead):
        assert extensions_visible_to(reader).filter(pk=row.pk).exists()
        assert not bids_visible_to(reader).filter(pk=bid.pk).exists()
    for stranger in (w.teams[0].pi, w.rec_user, f.world().officer):
        assert not extensions_visible_to(stranger).filter(pk=row.pk).exists()


def test_what_was_granted_stays_as_it_is(w: World) -> None:
    row = granted(w, late(w)[0])
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        BidExtension.objects.filter(pk=row.pk).update(bid_until=at(date(2026, 4, 29), 17))


def test_denied_and_sent_back(w: World) -> None:
    bid, _t = late(w)
    row = endorsed(w, bid)
    with on(BID_CLOSE, 12):
        perform(BidExtensionFlow, row, "send_back", by=w.lead, reason="请补充供电公司的书面证明再报")
        assert (row.state, row.bid_until, row.endorsed_by) == (S.ASKED, None, None)
        perform(BidExtensionFlow, row, "deny", by=w.second_officer, reason="证明材料与所述时段不符")
    with on(UNTIL), pytest.raises(Refused, match="截止"):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
