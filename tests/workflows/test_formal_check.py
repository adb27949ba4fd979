"""形式审查 (domain 2.4): automatic items, an officer's opinion, a second person, and nothing without a reason."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.models import IntegrityRecord, Role, User
from projects.models import Bid, BidPartner, FormalCheck
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import CHECKED, Review
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI, travel
from workflows.engine import perform
from workflows.formal_check import FormalCheckFlow
from workflows.models import OutboxMessage
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

OPINION = "承诺书未加盖公章，请重新上传盖章件"
#: Three working days after 2026-04-29, the first not counted: 04-30, 05-06, 05-07.
CORRECTION_ENDS = datetime.combine(date(2026, 5, 7), time(17), SHANGHAI)


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.closed(1)


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def begun(r: Review) -> FormalCheck:
    with on(CHECKED):
        perform(BidFlow, r.bids[0], "begin_formal_check", by=r.w.officer)
    return FormalCheck.objects.get(bid=r.bids[0])


def checked(r: Review, result: str = "PASS", codes: tuple[str, ...] = (), opinion: str = "") -> FormalCheck:
    check = begun(r)
    with on(CHECKED):
        inputs = {"result": result, "reason_codes": list(codes), "opinion": opinion}
        perform(FormalCheckFlow, check, "check", by=r.w.officer, **inputs)
    return check


def confirmed(r: Review, *args: Any, **kwargs: Any) -> FormalCheck:
    check = checked(r, *args, **kwargs)
    with on(CHECKED):
        perform(FormalCheckFlow, check, "confirm", by=r.w.second_officer)
    return check


def in_correction(r: Review) -> FormalCheck:
    return confirmed(r, "CORRECT", ("F10",), OPINION)


def refusal(call: Callable[[], Any]) -> Refused:
    with on(CHECKED), pytest.raises(Refused) as caught:
        call()
    return caught.value


def failed(check: FormalCheck) -> dict[str, str]:
    return dict(check.items.filter(passed=False).values_list("code", "note"))


# --- the automatic items ------------------------------------------------------------------------


def test_the_automatic_items_run_as_soon_as_the_check_begins_and_a_complete_bid_passes_all(r):
    check = begun(r)
    assert check.state == FormalCheck.State.AUTO_CHECKED
    codes = ["F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F10", "F12"]
    assert list(check.items.values_list("code", flat=True)) == codes
    assert failed(check) == {}
    assert r.bids[0].state == Bid.State.FORMAL_CHECK


def test_nobody_runs_the_automatic_items_by_hand(r):
    check = begun(r)
    for step in ("run_automatic_items", "recheck"):
        assert refusal(lambda step=step: perform(FormalCheckFlow, check, step, by=r.w.officer)).code in (
            "not_permitted",
            "wrong_state",
        )


@pytest.mark.parametrize("who", ["lead", "supervisor", "finance", "rec_user", "dem_user"])
def test_only_an_officer_of_the_agency_begins_the_check(r, who):
    found = refusal(lambda: perform(BidFlow, r.bids[0], "begin_formal_check", by=getattr(r.w, who)))
    assert found.code == "not_permitted"


def spoil_files(bid: Bid) -> None:
    from attachments.models import Attachment

    Attachment.objects.filter(holder_id=bid.pk, slot="PLEDGE").delete()


def bar_the_pi(bid: Bid) -> None:
    bar(user=bid.pi)


def bar_the_unit(bid: Bid) -> None:
    bar(organisation=bid.organisation)


def bar_a_partner(bid: Bid) -> None:
    partner = made.organisation("联合单位")
    BidPartner.objects.create(bid=bid, organisation=partner, task="测试", budget_yuan=0)
    made.store_file(bid, "AGREEMENT", bid.pi)
    bar(organisation=partner)


def bar(**subject: Any) -> None:
    IntegrityRecord.objects.create(
        conduct="提供虚假材料", decision_no="鲁科监〔2026〕3号", in_force_from=CHECKED, in_force_to=CHECKED, **subject
    )


def forget_the_recommender(bid: Bid) -> None:
    Bid.objects.filter(pk=bid.pk).update(recommender=None)


def mistype_the_credit_code(bid: Bid) -> None:
    """The shape is right, the check character is not."""
    unit, code = bid.organisation, bid.organisation.uscc
    last = next(c for c in "0123456789" if c != code[-1])
    type(unit).objects.filter(pk=unit.pk).update(uscc=code[:-1] + last)


def lead_by_the_demander(bid: Bid) -> None:
    Bid.objects.filter(pk=bid.pk).update(organisation=bid.challenge.demander)


def forget_the_agreement(bid: Bid) -> None:
    BidPartner.objects.create(bid=bid, organisation=made.organisation("联合单位"), task="测试", budget_yuan=0)


def be_late(bid: Bid) -> None:
    Bid.objects.filter(pk=bid.pk).update(submitted_at=bid.challenge.challenge_list.rec_close_at)


@pytest.mark.parametrize(
    ("spoil", "code", "note"),
    [
        (mistype_the_credit_code, "F01", "校验码不符"),
        (spoil_files, "F02", "缺少：诚信承诺书"),
        (bar_the_pi, "F03", "鲁科监〔2026〕3号"),
        (bar_the_unit, "F03", "鲁科监〔2026〕3号"),
        (bar_a_partner, "F03", "鲁科监〔2026〕3号"),
        (be_late, "F05", "晚于推荐截止"),
        (forget_the_recommender, "F06", "未指定推荐单位"),
        (lead_by_the_demander, "F08", "牵头单位即需求单位"),
        (forget_the_agreement, "F10", "无联合申报协议"),
    ],
)
def test_rule_2_4_each_automatic_item_names_what_is_wrong_with_the_bid(r, spoil, code, note):
    spoil(r.bids[0])
    found = failed(begun(r))
    assert set(found) == {code}
    assert note in found[code]


@pytest.mark.django_db
def test_two_lead_bids_of_one_investigator_are_found():
    two = f.closed(2)
    first, second = two.bids
    Bid.objects.filter(pk=second.pk).update(pi=first.pi)
    assert failed(begun(two)) == {"F04": "同一负责人牵头超过限项"}


def test_a_bid_submitted_one_second_before_the_close_is_in_time(r):
    bid = r.bids[0]
    close = bid.challenge.challenge_list.rec_close_at
    Bid.objects.filter(pk=bid.pk).update(submitted_at=close - timedelta(seconds=1))
    assert failed(begun(r)) == {}


def test_a_bar_that_has_ended_the_day_before_counts_no_more(r):
    day_before = CHECKED - timedelta(days=1)
    IntegrityRecord.objects.create(
        user=r.bids[0].pi, conduct="旧案", decision_no="旧", in_force_from=date(2024, 1, 1), in_force_to=day_before
    )
    assert failed(begun(r)) == {}


# --- the officer's opinion ----------------------------------------------------------------------


def test_passing_a_clean_bid_needs_no_words(r):
    check = checked(r)
    assert (check.state, check.result) == ("MANUAL_CHECKED", "PASS")
    assert check.checked_by == r.w.officer
    assert r.bids[0].state == Bid.State.FORMAL_CHECK, "nothing takes effect before the second person"


def test_passing_over_a_failed_item_must_be_explained_and_the_sentence_names_the_item(r):
    spoil_files(r.bids[0])
    check = begun(r)
    found = refusal(lambda: perform(FormalCheckFlow, check, "check", by=r.w.officer, result="PASS", opinion="可以"))
    assert "F02" in found.fields["opinion"][0]
    assert "不少于 10 个字" in found.fields["opinion"][0]
    with on(CHECKED):
        perform(FormalCheckFlow, check, "check", by=r.w.officer, result="PASS", opinion="承诺书已线下补交原件，存档")


@pytest.mark.parametrize("result", ["CORRECT", "REJECT"])
def test_rule_2_3_returning_or_refusing_needs_a_coded_reason_and_ten_characters(r, result):
    check = begun(r)

    def attempt(**inputs: Any) -> Refused:
        return refusal(lambda: perform(FormalCheckFlow, check, "check", by=r.w.officer, result=result, **inputs))

    assert "选择原因代码" in attempt(opinion=OPINION).fields["reason_codes"][0]
    assert "不少于 10 个字" in attempt(reason_codes=["F10"], opinion="一二三四五六七八九").fields["opinion"][0]
    assert "reason_codes" in attempt(reason_codes=["F99"], opinion=OPINION).fields
    with on(CHECKED):
        inputs = {"reason_codes": ["F10"], "opinion": "一二三四五六七八九十"}
        perform(FormalCheckFlow, check, "check", by=r.w.officer, result=result, **inputs)


@pytest.mark.parametrize("code", ["F01", "F03", "F04", "F05", "F07", "F08", "F09", "F12"])
def test_rule_2_3_a_correction_is_asked_for_curable_items_only(r, code):
    check = begun(r)
    inputs = {"result": "CORRECT", "reason_codes": ["F10", code], "opinion": OPINION}
    found = refusal(lambda: perform(FormalCheckFlow, check, "check", by=r.w.officer, **inputs))
    assert found.fields["reason_codes"] == [f"{code} 无法补正，请改为不予受理，或说明理由后通过。"]


@pytest.mark.parametrize("who", ["lead", "supervisor", "finance", "rec_user"])
def test_only_officers_write_the_opinion(r, who):
    check = begun(r)
    found = refusal(lambda: perform(FormalCheckFlow, check, "check", by=getattr(r.w, who), result="PASS"))
    assert found.code == "not_permitted"


def test_neither_team_nor_stranger_nor_another_agency_acts_on_the_check(r):
    other = made.world()
    check = checked(r)
    people: list[User] = [r.w.teams[0].pi, r.w.teams[0].admin, other.officer, other.lead, made.person("路人")]
    for user in people:
        for step in ("confirm", "send_back"):
            inputs = {"reason": f.REASON} if step == "send_back" else {}
            found = refusal(lambda u=user, s=step, i=inputs: perform(FormalCheckFlow, check, s, by=u, **i))
            assert found.code == "not_permitted"


# --- the second person --------------------------------------------------------------------------


def test_rule_2_3_four_eyes_whoever_checked_may_neither_confirm_nor_send_back(r):
    check = checked(r)
    for step, inputs in (("confirm", {}), ("send_back", {"reason": f.REASON})):
        found = refusal(lambda s=step, i=inputs: perform(FormalCheckFlow, check, s, by=r.w.officer, **i))
        assert found.sentences == ["复核须由审查人以外的第二人进行，请转交另一位经办人。"]


def test_four_eyes_are_kept_by_the_database_too(r):
    check = confirmed(r)
    sql = "UPDATE projects_formalcheck SET confirmed_by_id = checked_by_id WHERE id = %s"
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="formal_check_by_two_people"):
        cursor.execute(sql, [check.pk])


@pytest.mark.parametrize("who", ["second_officer", "lead"])
def test_rule_2_3_the_second_person_confirms_and_the_bid_is_accepted_and_all_three_are_told(r, who):
    check = checked(r)
    with on(CHECKED):
        perform(FormalCheckFlow, check, "confirm", by=getattr(r.w, who))
    bid = r.bids[0]
    assert (check.state, bid.state) == ("CONFIRMED", "ACCEPTED")
    told = OutboxMessage.objects.filter(code="N04", subject__startswith="已受理")
    assert {m.recipient_id for m in told} == {bid.pi_id, r.w.teams[0].admin.pk, r.w.rec_user.pk}


def test_rule_2_3_a_bid_refused_acceptance_gets_the_written_reason(r):
    confirmed(r, "REJECT", ("F09",), "与已立项项目内容重复，不予受理")
    bid = r.bids[0]
    assert bid.state == Bid.State.NOT_ACCEPTED
    letters = OutboxMessage.objects.filter(code="N04", subject__startswith="不予受理")
    assert {m.recipient_id for m in letters} == {bid.pi_id, r.w.teams[0].admin.pk, r.w.rec_user.pk}
    assert {m.body for m in letters} == {"与已立项项目内容重复，不予受理"}


def test_sending_back_needs_a_reason_and_forgets_the_first_opinion(r):
    check = checked(r, "REJECT", ("F09",), OPINION)
    short = refusal(lambda: perform(FormalCheckFlow, check, "send_back", by=r.w.lead, reason="不妥"))
    assert "不少于 10 个字" in short.fields["reason"][0]
    with on(CHECKED):
        perform(FormalCheckFlow, check, "send_back", by=r.w.lead, reason=f.REASON)
    assert (check.state, check.result, check.reason_codes, check.opinion) == ("AUTO_CHECKED", "", [], "")
    assert check.checked_by is None
    with on(CHECKED):  # now the other one may check and the first one confirm
        perform(FormalCheckFlow, check, "check", by=r.w.second_officer, result="PASS")
        perform(FormalCheckFlow, check, "confirm", by=r.w.officer)
    assert r.bids[0].state == Bid.State.ACCEPTED


# --- the correction -----------------------------------------------------------------------------


def test_rule_2_3_a_correction_carries_a_deadline_of_three_working_days(r):
    check = in_correction(r)
    assert check.correction_until == CORRECTION_ENDS
    assert r.bids[0].state == Bid.State.CORRECTION
    letter = OutboxMessage.objects.get(code="N03")
    assert (letter.recipient, letter.body) == (r.bids[0].pi, OPINION)


def test_a_correction_one_second_before_the_deadline_starts_the_check_anew(r):
    check = in_correction(r)
    with travel(CORRECTION_ENDS - timedelta(seconds=1)):
        assert sweep_all() == 0
        perform(BidFlow, r.bids[0], "hand_in_correction", by=r.bids[0].pi)
    check.refresh_from_db()
    assert (check.state, check.result, check.correction_until) == ("AUTO_CHECKED", "", None)
    assert (check.checked_by, check.confirmed_by) == (None, None)
    assert check.items.count() == 10
    with on(date(2026, 5, 8)):  # two people anew
        perform(FormalCheckFlow, check, "check", by=r.w.officer, result="PASS")
        perform(FormalCheckFlow, check, "confirm", by=r.w.lead)
    assert r.bids[0].state == Bid.State.ACCEPTED


def test_a_correction_at_the_deadline_is_late_and_the_bid_lapses_to_the_second(r):
    in_correction(r)
    with travel(CORRECTION_ENDS - timedelta(seconds=1)), pytest.raises(Refused, match="补正期限未到"):
        perform(BidFlow, r.bids[0], "lapse_correction", by=SYSTEM)
    with travel(CORRECTION_ENDS):
        with pytest.raises(Refused, match="补正期限已过"):
            perform(BidFlow, r.bids[0], "hand_in_correction", by=r.bids[0].pi)
        sweep_all()
    assert r.bids[0].state == Bid.State.NOT_ACCEPTED


def test_only_the_pi_hands_in_the_correction(r):
    in_correction(r)
    for user in (r.w.teams[0].admin, r.w.officer, made.person("同事", org=r.w.teams[0].organisation)):
        assert refusal(lambda u=user: perform(BidFlow, r.bids[0], "hand_in_correction", by=u)).code == "not_permitted"


# --- objection and the end ----------------------------------------------------------------------


def test_a_result_is_contested_by_a_reconsideration_only(r):
    check = confirmed(r, "REJECT", ("F08",), OPINION)
    for step in ("object_to", "settle", "resume", "reopen"):
        found = refusal(lambda s=step: perform(FormalCheckFlow, check, s, by=r.w.officer, reason=f.REASON))
        assert found.code in ("not_permitted", "wrong_state")


def test_a_refusal_is_final_when_nobody_may_ask_again(r):
    check = confirmed(r, "REJECT", ("F08",), OPINION)
    with on(CHECKED + timedelta(days=15)), pytest.raises(Refused, match="2026-05-14 前申请复审"):
        perform(FormalCheckFlow, check, "finalise", by=r.w.officer)
    with on(CHECKED + timedelta(days=16)):
        perform(FormalCheckFlow, check, "finalise", by=r.w.officer)
    assert check.state == "FINAL"


def test_nothing_is_final_while_a_correction_is_under_way(r):
    check = in_correction(r)
    found = refusal(lambda: perform(FormalCheckFlow, check, "finalise", by=r.w.officer))
    assert found.sentences == ["补正尚未完成，请待补正提交或逾期后再办理。"]


def test_a_final_check_never_reopens(r):
    check = confirmed(r)
    with on(CHECKED):
        perform(FormalCheckFlow, check, "finalise", by=r.w.officer)
    for step in ("check", "confirm", "send_back", "object_to", "finalise"):
        found = refusal(lambda s=step: perform(FormalCheckFlow, check, s, by=r.w.second_officer))
        assert found.code == "wrong_state"


def test_the_delegated_agency_checks_like_an_officer(r):
    agy = made.person("专业机构", Role.AGY, agency=r.w.agency)
    check = begun(r)
    with on(CHECKED):
        perform(FormalCheckFlow, check, "check", by=agy, result="PASS")
        perform(FormalCheckFlow, check, "confirm", by=r.w.officer)
    assert check.state == "CONFIRMED"
