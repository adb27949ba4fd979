"""揭榜: rules of domain 2.3 and 2.4 that no other file tests by name."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from accounts.models import User
from projects.models import Bid, BidPartner, FormalCheck, IndicatorResponse
from projects.presets import OPEN_CHALLENGE
from tests import delivery_factories as f
from tests.delivery_factories import BID_CLOSE, REASON, REC_CLOSE, Team, World, on
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI, travel
from workflows.days import end_of
from workflows.engine import perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.formal_check_items import automatic_items
from workflows.models import OutboxMessage
from workflows.refused import Refused
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
CLOSES = datetime.combine(BID_CLOSE, time(17), SHANGHAI)
REC_CLOSES = datetime.combine(REC_CLOSE, time(15), SHANGHAI)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def base(module_db: None) -> World:
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    with on(date(2026, 4, 1)):
        f.complete_draft(w, challenge, f.team(w))
    return w


@pytest.fixture
def w(base: World, db: None) -> World:
    return f.fresh(base)


def draft(w: World) -> tuple[Bid, Team]:
    return Bid.objects.get(challenge__challenge_list=w.challenge_list, state="DRAFT"), w.teams[0]


def at_unit(w: World) -> tuple[Bid, Team]:
    bid, t = draft(w)
    with on(date(2026, 4, 2)):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    return bid, t


def at_recommender(w: World) -> tuple[Bid, Team]:
    bid, t = at_unit(w)
    with on(date(2026, 4, 2)):
        perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=True)
    return bid, t


def submitted(w: World) -> tuple[Bid, Team]:
    bid, t = at_recommender(w)
    with on(date(2026, 4, 2)):
        perform(BidFlow, bid, "recommend", by=w.rec_user, endorsement="同意推荐")
    return bid, t


def close(w: World) -> None:
    with travel(REC_CLOSES + timedelta(hours=1)):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)


def told(person: User) -> list[str]:
    return list(OutboxMessage.objects.filter(recipient=person).values_list("subject", flat=True))


def test_rule_2_3_the_unit_or_the_pi_opens_a_bid_and_nobody_else(w: World) -> None:
    challenge, t = w.challenge_list.challenges.get(), f.team(w)
    with on(date(2026, 4, 2)):
        for stranger in (w.officer, w.teams[0].pi, w.rec_user):
            with pytest.raises(Refused, match="权限"):
                start(
                    BidFlow, Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="申请"), by=stranger
                )
        start(BidFlow, Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="申请"), by=t.admin)


def test_rule_2_3_a_bid_is_opened_while_the_challenge_is_open_only(w: World) -> None:
    challenge, t = w.challenge_list.challenges.get(), f.team(w)
    with travel(CLOSES), pytest.raises(Refused, match="揭榜已于 2026-04-21 17:00:00 截止"):
        start(BidFlow, Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="申请"), by=t.pi)


def test_rule_2_3_the_pi_belongs_to_the_lead(w: World) -> None:
    challenge, t = w.challenge_list.challenges.get(), f.team(w)
    with on(date(2026, 4, 2)), pytest.raises(Refused, match="负责人须为牵头单位人员"):
        start(
            BidFlow, Bid(challenge=challenge, organisation=t.organisation, pi=w.teams[0].pi, title="申请"), by=t.admin
        )


def test_rule_2_3_one_lead_bid_per_pi_and_list() -> None:
    w = f.world()
    first, second = f.published_list(w, challenges=2).challenges.order_by("number")
    t = f.team(w)
    with on(date(2026, 4, 2)):
        f.complete_draft(w, first, t)
        with pytest.raises(Refused, match="限牵头 1 项"):
            f.complete_draft(w, second, t)


@pytest.mark.parametrize(
    ("name", "label"), [("title", "项目名称"), ("summary", "摘要"), ("route", "技术路线"), ("team", "团队与条件")]
)
def test_rule_2_3_every_required_field_is_filled_in(w: World, name: str, label: str) -> None:
    bid, t = draft(w)
    Bid.objects.filter(pk=bid.pk).update(**{name: ""})
    with on(date(2026, 4, 2)), pytest.raises(Refused, match=f"尚未填写：{label}"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_the_pledge_is_signed(w: World) -> None:
    bid, t = draft(w)
    with on(date(2026, 4, 2)), pytest.raises(Refused) as found:
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=False)
    assert set(found.value.fields) == {"pledge"}


def test_rule_2_3_the_files_are_there_before_the_bid_is_handed_in(w: World) -> None:
    bid, t = draft(w)
    f.Attachment.objects.filter(holder_id=bid.pk, slot="PROPOSAL").update(status="REMOVED")
    with on(date(2026, 4, 2)), pytest.raises(Refused, match="尚未上传：揭榜申报书"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_the_whole_challenge_is_covered(w: World) -> None:
    bid, t = draft(w)
    answer = IndicatorResponse.objects.filter(bid=bid).order_by("pk").first()
    assert answer is not None
    answer.delete()
    with on(date(2026, 4, 2)), pytest.raises(Refused, match=f"以下指标尚未响应：{answer.indicator.name}"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_no_promise_is_weaker_than_asked(w: World) -> None:
    bid, t = draft(w)
    answer = bid.responses.select_related("indicator").get(indicator__no=1)
    IndicatorResponse.objects.filter(pk=answer.pk).update(promised=answer.indicator.target - 1)
    with on(date(2026, 4, 2)), pytest.raises(Refused, match=f"低于榜题要求：{answer.indicator.name}"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_own_money_reaches_the_ratio_of_the_rules() -> None:
    """Beijing 2026: 2 to 1 (domain 2.2). Short by one yuan it is not handed in, and the check would find it."""
    w = f.world(replace(OPEN_CHALLENGE, matching_ratio_percent=200))
    challenge = f.published_list(w).challenges.get()
    with on(date(2026, 4, 2)):
        bid = f.complete_draft(w, challenge, f.team(w), requested_yuan=1_000_000, matching_yuan=1_999_999)
        with pytest.raises(Refused, match=r"自筹经费不得少于 200\.00 万元，请调高自筹"):
            perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
        (short,) = [item for item in automatic_items(bid, date(2026, 4, 29)) if item.code == "F12"]
        assert (short.passed, short.note) == (False, "自筹经费应不少于 2000000 元")
        Bid.objects.filter(pk=bid.pk).update(matching_yuan=2_000_000)
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)


def test_rule_2_3_lead_and_at_most_four_partners(w: World) -> None:
    bid, t = draft(w)
    for n in range(5):
        BidPartner.objects.create(bid=bid, organisation=f.organisation("联合单位"), task=f"任务{n}")
    f.store_file(bid, "AGREEMENT", t.pi)
    with on(date(2026, 4, 2)), pytest.raises(Refused, match="联合单位不得超过 4 家"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_a_consortium_has_an_agreement(w: World) -> None:
    bid, t = draft(w)
    BidPartner.objects.create(bid=bid, organisation=f.organisation("联合单位"), task="测试")
    with on(date(2026, 4, 2)), pytest.raises(Refused, match="尚未上传：联合申报协议"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)


def test_rule_2_3_lateness_is_decided_by_the_second_of_receipt(w: World) -> None:
    bid, t = draft(w)
    with travel(CLOSES), pytest.raises(Refused, match="截止"):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    with travel(CLOSES - SECOND):
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    assert bid.handed_in_at == CLOSES - SECOND


def test_rule_2_3_the_unit_confirms_the_matching_money_before_the_close(w: World) -> None:
    bid, t = at_unit(w)
    with on(date(2026, 4, 3)), pytest.raises(Refused) as found:
        perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=False)
    assert set(found.value.fields) == {"matching_confirmed"}
    with travel(CLOSES), pytest.raises(Refused, match="截止"):
        perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=True)
    with travel(CLOSES - SECOND):
        perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=True)


def test_rule_2_3_the_recommender_endorses_in_words_until_its_own_later_close(w: World) -> None:
    bid, _t = at_recommender(w)
    with travel(REC_CLOSES - SECOND):
        with pytest.raises(Refused) as found:
            perform(BidFlow, bid, "recommend", by=w.rec_user, endorsement="")
        assert set(found.value.fields) == {"endorsement"}
    with travel(REC_CLOSES), pytest.raises(Refused, match="推荐已于 2026-04-22 15:00:00 截止"):
        perform(BidFlow, bid, "recommend", by=w.rec_user, endorsement="同意推荐")
    with travel(REC_CLOSES - SECOND):
        perform(BidFlow, bid, "recommend", by=w.rec_user, endorsement="同意推荐")
    assert bid.state == Bid.State.SUBMITTED


def test_rule_2_3_a_recommender_has_a_quota_per_list() -> None:
    w = f.world(f.replace(f.PRESETS["OPEN_CHALLENGE"], recommender_quota=1))
    challenge = f.published_list(w).challenges.get()
    f.submitted_bid(w, challenge)
    with pytest.raises(Refused, match="推荐名额（1 项）已用完"):
        f.submitted_bid(w, challenge)


def test_rule_2_3_what_is_returned_says_why_and_comes_back(w: World) -> None:
    bid, t = at_unit(w)
    with on(date(2026, 4, 3)):
        with pytest.raises(Refused) as found:
            perform(BidFlow, bid, "unit_return", by=t.admin, reason="改")
        assert set(found.value.fields) == {"reason"}
        perform(BidFlow, bid, "unit_return", by=t.admin, reason="经费表与申报书不一致，请核对")
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    assert bid.state == Bid.State.UNIT_REVIEW
    assert OutboxMessage.objects.filter(recipient=t.pi, code="N03", body__contains="经费表").exists()


def test_rule_2_3_withdrawn_freely_before_the_close_and_with_leave_afterwards(w: World) -> None:
    bid, t = submitted(w)
    with travel(CLOSES - SECOND), pytest.raises(Refused, match="尚未截止"):
        perform(BidFlow, bid, "let_go", by=w.lead, reason=REASON)
    with travel(CLOSES):
        with pytest.raises(Refused, match="截止"):
            perform(BidFlow, bid, "withdraw", by=t.pi, reason=REASON)
        with pytest.raises(Refused, match="权限"):
            perform(BidFlow, bid, "let_go", by=w.officer, reason=REASON)
        perform(BidFlow, bid, "let_go", by=w.lead, reason=REASON)
    assert bid.state == Bid.State.WITHDRAWN


def test_rule_2_3_after_a_withdrawal_the_team_may_bid_anew(w: World) -> None:
    bid, t = submitted(w)
    with on(date(2026, 4, 5)):
        perform(BidFlow, bid, "withdraw", by=t.pi, reason=REASON)
        again = f.complete_draft(w, bid.challenge, t)
        f.hand_over(w, again, t)
    assert (bid.state, again.state) == (Bid.State.WITHDRAWN, Bid.State.SUBMITTED)


def test_rule_2_3_a_draft_never_counts_as_a_submission(w: World) -> None:
    bid, _t = draft(w)
    close(w)
    bid.refresh_from_db()
    assert bid.state == Bid.State.DRAFT
    assert not Bid.objects.filter(pk=bid.pk, state__in=Bid.HANDED_IN).exists()
    with on(date(2026, 4, 29)), pytest.raises(Refused):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)


def test_rule_2_3_the_formal_check_comes_after_the_close_and_is_due_in_working_days(w: World) -> None:
    bid, _t = submitted(w)
    with travel(CLOSES - SECOND), pytest.raises(Refused, match="截止后才能"):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    close(w)
    with on(date(2026, 4, 23)):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    # Ten working days after 2026-04-22: 5-1 to 5-5 are off, 5-9 is worked.
    assert FormalCheckFlow(bid.formal_check).deadline() == end_of(date(2026, 5, 9))


def test_rule_2_3_disqualified_by_the_head_at_any_time_and_everybody_is_told(w: World) -> None:
    bid, t = submitted(w)
    with on(date(2026, 4, 5)):
        with pytest.raises(Refused, match="权限"):
            perform(BidFlow, bid, "disqualify", by=w.officer, reason=REASON)
        perform(BidFlow, bid, "disqualify", by=w.lead, reason=REASON)
    assert bid.state == Bid.State.DISQUALIFIED
    assert all(any("取消资格" in subject for subject in told(person)) for person in (t.pi, t.admin, w.rec_user))


def test_rule_2_4_money_above_the_cap_and_partners_with_more_than_there_is_are_found(w: World) -> None:
    bid, t = submitted(w)
    close(w)
    f.store_file(bid, "AGREEMENT", t.pi)
    BidPartner.objects.create(bid=bid, organisation=f.organisation("联合单位"), task="测试", budget_yuan=99_000_000)
    Bid.objects.filter(pk=bid.pk).update(requested_yuan=bid.challenge.cap_yuan + 1)
    with on(date(2026, 4, 23)):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    item = FormalCheck.objects.get(bid=bid).items.get(code="F02")
    assert not item.passed
    assert "超过榜金" in item.note
    assert "联合单位经费合计 99000000 元" in item.note
