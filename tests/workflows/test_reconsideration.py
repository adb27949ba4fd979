"""复审 (domain 2.10, 基金条例 19 条): within 15 days, decided in 60 by somebody else; revoked means reviewed again."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError

from accounts.models import Role, User
from projects.models import Bid, Challenge, FormalCheck, Reconsideration
from review.models import ReviewRound
from tests import delivery_factories as made
from tests import reconsideration_factories as again
from tests import review_factories as f
from tests.delivery_factories import on
from tests.reconsideration_factories import CONCLUSION, GROUNDS, LAST_DAY, TOO_LATE
from tests.review_factories import CHECKED, Review
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.days import end_of
from workflows.engine import perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.models import OutboxMessage
from workflows.reconsideration import ReconsiderationFlow, ask_again, eligible_reviewers
from workflows.refusals import may_ask_again
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
S = Reconsideration.State
REASON = "只是不同意形式审查的学术看法，没有提出事实"


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    r = f.closed(2)
    again.refused(r.w, r.bids[0])
    return r


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def admin(r: Review) -> User:
    return r.w.teams[0].admin


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


def recheck(r: Review, by: User, result: str = "PASS") -> FormalCheck:
    check = FormalCheck.objects.get(bid=r.bids[0])
    perform(FormalCheckFlow, check, "check", by=by, result=result)
    return check


def test_rule_2_10_reconsideration_is_asked_within_fifteen_days_of_the_refusal(r: Review) -> None:
    assert may_ask_again(r.bids[0], noon(LAST_DAY))
    assert not may_ask_again(r.bids[0], noon(TOO_LATE))
    with on(TOO_LATE), pytest.raises(Refused, match=r"15 日内.*2026-05-14"):
        ask_again(r.bids[0], by=r.bids[0].pi, grounds=GROUNDS)
    with on(LAST_DAY, 23):
        ask_again(r.bids[0], by=r.bids[0].pi, grounds=GROUNDS)


def test_rule_2_10_reconsideration_needs_the_units_seal_in_time(r: Review) -> None:
    row = again.filed(r.bids[0])
    assert ReconsiderationFlow(row).deadline() == end_of(LAST_DAY)
    with on(LAST_DAY), pytest.raises(Refused, match="权限"):
        perform(ReconsiderationFlow, row, "seal", by=r.bids[0].pi, sealed=True)
    with on(TOO_LATE), pytest.raises(Refused, match="期限已过"):
        perform(ReconsiderationFlow, row, "seal", by=admin(r), sealed=True)
    with on(LAST_DAY, 23):
        perform(ReconsiderationFlow, row, "seal", by=admin(r), sealed=True)
    assert r.bids[0].formal_check.state == "OBJECTED"


def test_rule_2_10_reconsideration_is_decided_within_sixty_days(r: Review) -> None:
    row = again.sealed(r.w, r.bids[0])
    assert row.decide_by == date(2026, 7, 13)
    assert ReconsiderationFlow(row).deadline() == end_of(date(2026, 7, 13))
    told: set[User] = set()
    for day in (3, 10, 12, 13, 14):
        with on(date(2026, 7, day)):
            sweep_all()
    for message in OutboxMessage.objects.filter(code="N11", key__isnull=False, subject__contains=row.number):
        told.add(message.recipient)
    assert {r.w.lead, r.w.supervisor} <= told


def test_rule_2_10_whoever_refused_does_not_reconsider(r: Review) -> None:
    row = again.sealed(r.w, r.bids[0])
    with on(LAST_DAY, 12):
        for involved in (r.w.officer, r.w.second_officer):
            assert involved not in eligible_reviewers(ReconsiderationFlow(row))
            with pytest.raises(Refused, match="须回避"):
                perform(ReconsiderationFlow, row, "assign", by=r.w.lead, reviewer=involved.pk)
        outsider = made.person("别厅", Role.OFF, agency=made.world().agency)
        with pytest.raises(Refused, match="另选"):
            perform(ReconsiderationFlow, row, "assign", by=r.w.lead, reviewer=outsider.pk)
        with pytest.raises(Refused, match="权限"):
            perform(ReconsiderationFlow, row, "assign", by=r.w.officer, reviewer=r.w.lead.pk)


def test_rule_2_10_revoked_means_reviewed_again_by_others(r: Review) -> None:
    row, reviewer = again.under_review(r.w, r.bids[0])
    with on(LAST_DAY, 13):
        for stranger in (r.w.officer, r.w.lead):
            with pytest.raises(Refused, match="权限"):
                perform(ReconsiderationFlow, row, "revoke", by=stranger, conclusion=CONCLUSION)
        perform(ReconsiderationFlow, row, "revoke", by=reviewer, conclusion=CONCLUSION)
        check = FormalCheck.objects.get(bid=r.bids[0])
        assert (r.bids[0].state, check.state, check.result) == (Bid.State.FORMAL_CHECK, "AUTO_CHECKED", "")
        assert (check.checked_by, check.confirmed_by, check.reason_codes) == (None, None, [])
        with pytest.raises(Refused, match="已被复审撤销"):
            recheck(r, r.w.officer)
        check = recheck(r, r.w.second_officer)
        perform(FormalCheckFlow, check, "confirm", by=reviewer)
    assert r.bids[0].state == Bid.State.ACCEPTED
    mail = OutboxMessage.objects.filter(recipient=r.bids[0].pi, body=CONCLUSION)
    assert mail.filter(subject__contains="撤销原决定").exists()


def test_a_second_refusal_after_a_revocation_may_be_contested_again(r: Review) -> None:
    row, reviewer = again.under_review(r.w, r.bids[0])
    with on(LAST_DAY, 13):
        perform(ReconsiderationFlow, row, "revoke", by=reviewer, conclusion=CONCLUSION)
        check = FormalCheck.objects.get(bid=r.bids[0])
        inputs = {"result": "REJECT", "reason_codes": ["F08"], "opinion": again.OPINION}
        perform(FormalCheckFlow, check, "check", by=r.w.second_officer, **inputs)
        perform(FormalCheckFlow, check, "confirm", by=reviewer)
    assert may_ask_again(r.bids[0], noon(LAST_DAY + timedelta(days=15)))
    second = again.filed(r.bids[0], LAST_DAY + timedelta(days=2))
    assert second.number == f"{r.bids[0].number}-F2"


def test_kept_means_final_with_its_reasons_told(r: Review) -> None:
    row, reviewer = again.under_review(r.w, r.bids[0])
    with on(LAST_DAY, 13):
        with pytest.raises(Refused, match="10"):
            perform(ReconsiderationFlow, row, "keep", by=reviewer, conclusion="维持")
        perform(ReconsiderationFlow, row, "keep", by=reviewer, conclusion=CONCLUSION)
    assert (row.state, r.bids[0].state) == (S.KEPT, Bid.State.NOT_ACCEPTED)
    assert FormalCheck.objects.get(bid=r.bids[0]).state == "FINAL"
    assert not may_ask_again(r.bids[0], noon(LAST_DAY))
    with on(LAST_DAY, 14), pytest.raises(Refused, match="只能申请一次"):
        ask_again(r.bids[0], by=r.bids[0].pi, grounds=GROUNDS)
    told = OutboxMessage.objects.filter(subject__contains="维持原决定").values_list("recipient", flat=True)
    assert {r.bids[0].pi.pk, admin(r).pk} == set(told)


def test_academic_judgement_is_no_ground(r: Review) -> None:
    row = again.sealed(r.w, r.bids[0])
    with on(LAST_DAY, 12):
        perform(ReconsiderationFlow, row, "reject_form", by=r.w.officer, reason=REASON)
    assert FormalCheck.objects.get(bid=r.bids[0]).state == "FINAL"


def test_taken_back_it_can_be_asked_once_more(r: Review) -> None:
    row = again.sealed(r.w, r.bids[0], LAST_DAY - timedelta(days=2))
    with on(LAST_DAY - timedelta(days=1)):
        perform(ReconsiderationFlow, row, "withdraw", by=r.bids[0].pi, reason="补充证明材料后重新提出申请")
    again.sealed(r.w, r.bids[0])


@pytest.mark.parametrize("who", ["officer", "lead", "rec_user"])
def test_only_the_principal_investigator_asks(r: Review, who: str) -> None:
    with on(LAST_DAY), pytest.raises(Refused, match="权限"):
        ask_again(r.bids[0], by=getattr(r.w, who), grounds=GROUNDS)


def test_only_a_refused_bid_can_be_reconsidered(r: Review) -> None:
    other = r.bids[1]
    assert not may_ask_again(other, noon(LAST_DAY))
    with on(LAST_DAY), pytest.raises(Refused, match="只有不予受理的申请"):
        ask_again(other, by=other.pi, grounds=GROUNDS)


def test_the_database_keeps_one_request_and_its_words(r: Review) -> None:
    row = again.filed(r.bids[0])
    with pytest.raises(IntegrityError, match="one_reconsideration_per_refusal"), transaction.atomic():
        Reconsideration.objects.create(
            bid=r.bids[0], number="x", grounds=GROUNDS, refused_at=row.refused_at, created_at=noon(LAST_DAY)
        )
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Reconsideration.objects.filter(pk=row.pk).update(grounds="另一段理由，事后改写")
    with pytest.raises(IntegrityError, match="decided_with_reasons"), transaction.atomic():
        Reconsideration.objects.filter(pk=row.pk).update(state="KEPT")


# --- what waits for it ------------------------------------------------------------------------------


def test_a_challenge_whose_only_bid_is_contested_does_not_lapse() -> None:
    r = f.closed(1)
    again.refused(r.w, r.bids[0])
    row = again.sealed(r.w, r.bids[0])
    with on(LAST_DAY, 14):
        with pytest.raises(Refused, match="可以申请复审或复审尚未办结"):
            perform(ChallengeListFlow, r.w.challenge_list, "begin_review", by=r.w.officer)
        perform(ReconsiderationFlow, row, "reject_form", by=r.w.officer, reason=REASON)
        perform(ChallengeListFlow, r.w.challenge_list, "begin_review", by=r.w.officer)
    assert r.challenge.state == Challenge.State.LAPSED


def test_a_challenge_with_another_bid_goes_on_and_the_one_that_comes_back_gets_a_round_of_its_own() -> None:
    r = f.closed(3)
    late = r.bids[2]
    again.refused(r.w, late)
    with on(CHECKED):
        for bid in r.bids[:2]:
            made.checked(r.w, bid)
        perform(ChallengeListFlow, r.w.challenge_list, "begin_review", by=r.w.officer)
    row, reviewer = again.under_review(r.w, late, date(2026, 5, 12))
    f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(r))))), *[("88", "80")] * 5)
    f.close(r)
    with on(f.SCORED, 17):
        with pytest.raises(Refused, match=f"复审尚未办结.*{late.number}"):
            perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
        perform(ReconsiderationFlow, row, "revoke", by=reviewer, conclusion=CONCLUSION)
        with pytest.raises(Refused, match=f"还没有评审的申请.*{late.number}"):
            perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
        check = FormalCheck.objects.get(bid=late)
        perform(FormalCheckFlow, check, "check", by=r.w.second_officer, result="PASS")
        perform(FormalCheckFlow, check, "confirm", by=reviewer)
        start(
            ReviewRoundFlow,
            ReviewRound(challenge=r.challenge, no=2, criteria=[], secretary=r.secretary),
            by=r.w.officer,
        )
        perform(ReviewRoundFlow, r.round, "begin_draw", by=r.w.officer, witness=r.w.supervisor.pk)
        perform(ReviewRoundFlow, r.round, "draw", by=r.w.supervisor)
    late.refresh_from_db()
    assert late.state == Bid.State.IN_ROUND


def test_the_list_goes_to_no_meeting_while_a_team_may_still_ask() -> None:
    r = f.closed(2)
    late = r.bids[1]
    with on(CHECKED):
        made.checked(r.w, r.bids[0])
    again.refused(r.w, late, date(2026, 5, 8))
    with on(date(2026, 5, 8), 15):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_review", by=r.w.officer)
    f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(r))))))
    f.close(r)
    with on(date(2026, 5, 23)), pytest.raises(Refused, match=f"{late.number}（截至 2026-05-23）"):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
    with on(date(2026, 5, 24)):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
