"""The defence of a round (domain 2.5, 3.8): order by lot, questions without a name, absence on record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from projects.presets import PRESETS
from review.defence import replay_order
from review.models import DefenceQuestion, DefenceSession, DefenceSlot
from tests import defence_factories as d
from tests import delivery_factories as made
from tests import review_factories as f
from tests.defence_factories import HELD, PLANNED
from tests.delivery_factories import commit_sql, on
from tests.review_factories import REASON, Review, given
from workflows.audit import verify
from workflows.clock import SHANGHAI, travel
from workflows.defence import DefenceSessionFlow
from workflows.defence_question import QuestionFlow
from workflows.defence_slot import DefenceSlotFlow
from workflows.engine import perform, start
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(3, rules=d.RULES))))))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """Experts read three bids; the rules ask for a defence, which is not planned yet."""
    return base


def refused(call: Callable[[], Any], day: date = PLANNED, hour: int = 11) -> Refused:
    with on(day, hour), pytest.raises(Refused) as caught:
        call()
    return caught.value


def act(r: Review, step: str, by: User, **inputs: Any) -> DefenceSession:
    return perform(DefenceSessionFlow, d.session(r), step, by=by, **inputs)


# --- the order ----------------------------------------------------------------------------------


def test_rule_3_8_the_order_is_drawn_before_a_witness_from_a_committed_seed_and_replays(r):
    d.planned(r)
    with on(PLANNED):
        act(r, "commit_order", r.secretary)
    entry = AuditEntry.objects.get(object_type="review.defencesession", transition="commit_order",
                                   object_id=str(d.session(r).pk))  # fmt: skip
    assert d.session(r).pending_seed not in str(entry.payload)
    for user in (r.secretary, r.w.officer, r.chair):
        assert refused(lambda u=user: act(r, "draw_order", u)).code == "not_permitted"
    with on(PLANNED):
        act(r, "draw_order", r.w.supervisor)
    session = d.session(r)
    record = session.record
    assert record["seed_commitment"] == entry.payload["seed_commitment"]
    assert (record["entropy"], record["ids_digest"]) == (entry.hash, entry.payload["ids_digest"])
    assert replay_order(record, bytes.fromhex(record["seed"])) == record["order"]
    assert [slot.bid.number for slot in session.slots.order_by("position")] == record["order"]
    assert session.pending_seed == ""
    assert verify(AuditEntry.objects.order_by("seq")) is None


def test_rule_3_8_slots_keep_the_minutes_of_the_rules_and_the_buffer(r):
    session = d.ordered(r)
    starts = [slot.starts_at.astimezone(SHANGHAI) for slot in session.slots.order_by("position")]
    assert [f"{start:%m-%d %H:%M}" for start in starts] == ["05-20 09:00", "05-20 09:35", "05-20 10:10"]
    slot = session.slots.get(position=1)
    assert (slot.questions_at - slot.starts_at, slot.ends_at - slot.starts_at) == (
        timedelta(minutes=10), timedelta(minutes=30),
    )  # fmt: skip


def test_the_order_and_the_slots_stay_as_drawn(r):
    session = d.ordered(r)
    with pytest.raises(IntegrityError, match="the order of defence"):
        commit_sql("UPDATE review_defencesession SET record = '{}' WHERE id = %s", session.pk)
    with pytest.raises(IntegrityError, match="the slot of defence"):
        commit_sql("UPDATE review_defenceslot SET starts_at = now() WHERE session_id = %s", session.pk)


def test_no_defence_where_the_rules_have_none_and_one_at_a_time(r, db):
    d.planned(r)
    with on(PLANNED), pytest.raises(IntegrityError, match="one_defence_of_a_round_at_a_time"):
        d.planned(r)
    plain = f.pledged(f.drawn(f.planned(f.under_review(f.closed(1)))))
    assert refused(lambda: d.planned(plain)).sentences == [
        "本批规则不设答辩；请直接进入评分；需要答辩的，请在规则集中设定后另行发榜。"
    ]


def test_another_day_needs_a_reason_and_a_new_draw_and_the_old_order_is_kept(r):
    first = d.announced(r)
    assert "reason" in refused(lambda: act(r, "cancel", r.secretary)).fields
    with on(PLANNED):
        act(r, "cancel", r.secretary, reason=REASON)
    second = d.ordered(r)
    first.refresh_from_db()
    assert (first.state, second.state, first.record is not None) == ("CANCELLED", "ORDERED", True)
    assert OutboxMessage.objects.filter(code="N07", subject__startswith="答辩取消").count() == 3


# --- telling the teams --------------------------------------------------------------------------


def test_rule_2_5_no_defence_before_the_experts_have_read_for_five_days(r):
    d.ordered(r, first_day=date(2026, 5, 15))
    found = refused(lambda: act(r, "announce", r.secretary))
    assert "首家答辩不得早于此时" in found.sentences[0]


def test_rule_2_18_n07_tells_each_team_its_own_slot_and_how_many_may_come(r):
    session = d.announced(r)
    for slot in session.slots.select_related("bid__pi"):
        letter = OutboxMessage.objects.get(code="N07", recipient=slot.bid.pi)
        assert letter.url == slot.get_absolute_url()
        assert f"{slot.starts_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in letter.body
        assert "到场不超过 3 人" in letter.body
    others = [slot.bid.title for slot in session.slots.all() if slot.bid.pi_id != letter.recipient_id]
    assert not any(title in letter.subject + letter.body for title in others)


def test_rule_3_8_a_team_sees_its_own_slot_only(r):
    session = d.announced(r)
    first, second = session.slots.select_related("bid__pi", "bid__organisation").order_by("position")[:2]
    client = Client()
    client.force_login(first.bid.pi)
    with on(PLANNED, 12):
        assert client.get(session.get_absolute_url()).status_code == 404
        assert client.get(second.get_absolute_url()).status_code == 404
        page = client.get(first.get_absolute_url())
        paper = client.get(f"{first.get_absolute_url()}notice.pdf")
    assert (page.status_code, paper.status_code, paper["Content-Type"]) == (200, 200, "application/pdf")
    assert second.bid.organisation.name not in page.content.decode()


# --- who comes ----------------------------------------------------------------------------------


def register(slot: DefenceSlot, team: str, substitute: str = "", day: date = PLANNED) -> DefenceSlot:
    with on(day, 12):
        return perform(DefenceSlotFlow, slot, "register_team", by=slot.bid.pi, team=team, substitute=substitute)


def test_rule_3_8_no_more_persons_than_the_rules_allow_and_the_pi_among_them(r):
    slot = d.announced(r).slots.select_related("bid__pi").get(position=1)
    pi = slot.bid.pi.name
    assert register_refused(slot, f"{pi}\n甲\n乙\n丙") == ["到场不超过 3 人；请减少人员。"]
    assert "负责人须本人到场" in register_refused(slot, "甲 工程师\n乙")[0]
    register(slot, f"{pi} 负责人\n甲 工程师")
    assert slot.team == f"{pi} 负责人\n甲 工程师"


def register_refused(slot: DefenceSlot, team: str, substitute: str = "", day: date = PLANNED) -> list[str]:
    with on(day, 12), pytest.raises(Refused) as caught:
        perform(DefenceSlotFlow, slot, "register_team", by=slot.bid.pi, team=team, substitute=substitute)
    (found,) = caught.value.fields.values()
    return found


def test_rule_3_8_a_substitute_needs_the_sealed_letter_two_days_before(r):
    slot = d.announced(r).slots.select_related("bid__pi", "session").get(position=1)
    assert register_refused(slot, "甲 总工", "甲") == ["请先在本页上传单位盖章的替代函。"]
    with on(PLANNED, 12):
        made.store_file(slot, "OTHER", slot.bid.pi)
    late = register_refused(slot, "甲 总工", "甲", day=HELD - timedelta(days=1))
    assert "替代函须在答辩 2 天前" in late[0]
    register(slot, "甲 总工", "甲")
    assert slot.substitute == "甲"


def test_rule_3_8_absence_is_recorded_told_and_counts_as_waived(r):
    session = d.announced(r)
    slots = list(session.slots.select_related("bid__pi").order_by("position"))
    early = refused(lambda: perform(DefenceSlotFlow, slots[0], "record_absence", by=r.secretary, reason=REASON))
    assert "请届时登记到场情况" in early.sentences[0]
    d.scoring(r)
    with on(HELD, 11):
        perform(DefenceSlotFlow, slots[0], "record_absence", by=r.secretary, reason=REASON)
        letters = OutboxMessage.objects.filter(code="N07", recipient=slots[0].bid.pi, subject__startswith="缺席答辩")
        assert letters.get().body == REASON
        assert refused(lambda: act(r, "conclude", r.secretary), HELD).sentences == [
            "第 2、3 家的到场情况尚未登记；请逐家登记。"
        ]
        for slot in slots[1:]:
            perform(DefenceSlotFlow, slot, "record_presence", by=r.secretary, note="负责人本人到场，证件已核对")
        act(r, "conclude", r.secretary)
        for seat in r.seats("PLEDGED"):
            f.score(seat, "90", "88", "86")
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    f.close(r)
    absent = next(bid for bid in r.bids if bid.pk == slots[0].bid_id)
    assert absent.state == "NOT_RECOMMENDED"
    assert [bid.state for bid in r.bids].count("RECOMMENDED") == 1


# --- questions ----------------------------------------------------------------------------------


def test_rule_2_5_questions_reach_the_team_without_a_name_two_days_before_and_are_answered_in_writing(r):
    session = d.announced(r)
    bid = r.bids[0]
    seats = r.seats()[:3]
    for n, seat in enumerate(seats):
        d.question(seat, bid, f"第 {n + 1} 位专家想知道：指标的测试条件是什么？")
    with on(date(2026, 5, 18), 8):
        act(r, "send_questions", r.secretary)
    asked = list(DefenceQuestion.objects.filter(bid=bid).order_by("no"))
    assert [question.no for question in asked] == [1, 2, 3]
    letter = OutboxMessage.objects.get(code="N08", recipient=bid.pi)
    slot = session.slots.get(bid=bid)
    assert letter.url == slot.get_absolute_url()
    client = Client()
    client.force_login(bid.pi)
    with on(date(2026, 5, 18), 10):
        html = client.get(slot.get_absolute_url()).content.decode()
        for question in asked:
            assert question.text in html
            perform(QuestionFlow, question, "reply", by=bid.pi, answer="在 25 摄氏度、额定负荷下测试。")
    for seat in seats:
        assert seat.alias not in html
        assert seat.expert.user.name not in html + letter.subject + letter.body
    reader = r.seats()[4]
    client.force_login(reader.expert.user)
    with on(date(2026, 5, 18), 11):
        assert "在 25 摄氏度、额定负荷下测试。" in client.get(f.sheet(reader).get_absolute_url()).content.decode()


def test_rule_2_5_later_than_two_days_before_no_question_is_passed_on(r):
    d.announced(r)
    d.question(r.seats()[0], r.bids[0])
    found = refused(lambda: act(r, "send_questions", r.secretary), date(2026, 5, 18), 10)
    assert "现在已经不足" in found.sentences[0]


def test_the_order_of_the_questions_says_nothing_about_who_wrote_first(r):
    """Twelve questions keep the order of writing by chance once in 479 million."""
    d.announced(r)
    for n in range(12):
        d.question(r.seats()[n % 5], r.bids[0], f"问题 {n}：请说明风险与应对措施。")
    with on(PLANNED, 15):
        act(r, "send_questions", r.secretary)
    assert list(DefenceQuestion.objects.order_by("no").values_list("pk", flat=True)) != sorted(
        DefenceQuestion.objects.values_list("pk", flat=True)
    )


def test_experts_ask_only_in_the_preview_about_their_own_bids_and_the_secretary_may_withhold(r):
    d.announced(r)
    seat = r.seats()[0]
    other = f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1, rules=d.RULES))))))
    assert (
        "只能就分配给您的申报提问；请从您的评审任务中选择。"
        in refused(lambda: d.question(seat, other.bids[0])).sentences
    )
    question = d.question(seat, r.bids[0])
    colleague = r.seats()[1].expert.user
    row = DefenceQuestion(assignment=seat, bid=r.bids[0], text="冒名提问：请说明。")
    assert refused(lambda: start(QuestionFlow, row, by=colleague)).code == "not_permitted"
    with on(PLANNED, 12):
        perform(QuestionFlow, question, "withhold", by=r.secretary, reason=REASON)
    with on(PLANNED, 13):
        act(r, "send_questions", r.secretary)
    assert not OutboxMessage.objects.filter(code="N08", recipient=r.bids[0].pi).exists()
    assert OutboxMessage.objects.filter(code="N08", recipient=seat.expert.user, body=REASON).exists()
    assert "问题已转达各申报方" in refused(lambda: d.question(seat, r.bids[0]), hour=14).sentences[0]


def test_no_answer_once_the_defence_has_begun(r):
    session = d.announced(r)
    question = d.question(r.seats()[0], r.bids[0])
    with on(PLANNED, 13):
        act(r, "send_questions", r.secretary)
    slot = session.slots.get(bid=r.bids[0])
    with travel(slot.starts_at), pytest.raises(Refused, match="请当面回答"):
        perform(QuestionFlow, question, "reply", by=r.bids[0].pi, answer="迟到的答复")


# --- between defence and scores -----------------------------------------------------------------


def test_scores_wait_for_the_announced_defence_and_for_each_teams_turn(r):
    ends = datetime.combine(HELD, time(20), SHANGHAI)
    found = refused(
        lambda: perform(ReviewRoundFlow, r.round, "open_scoring", by=r.secretary, scoring_until=ends), HELD, 9
    )
    assert found.sentences == ["本批评审设答辩：请先安排答辩、抽取顺序并通知各申报方。"]
    session = d.announced(r)
    d.scoring(r)
    seat = r.seats()[0]
    sheet = f.sheet(seat)
    late = refused(lambda: perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **given("86")), HELD, 9)
    assert "该申报尚未答辩" in late.sentences[0]
    with on(HELD, 11):
        perform(ScoreSheetFlow, sheet, "save_draft", by=seat.expert.user, **given("86"))
        slot = session.slots.get(bid=sheet.bid_id)
        perform(DefenceSlotFlow, slot, "record_presence", by=r.secretary, note="本人到场")
        perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **given("86"))
    assert sheet.state == "SUBMITTED"


def test_an_aborted_round_cancels_its_defence_and_tells_the_teams(r):
    d.announced(r)
    with on(PLANNED, 14):
        perform(ReviewRoundFlow, r.round, "abort", by=r.w.officer, reason=REASON)
    assert d.session(r).state == "CANCELLED"
    assert OutboxMessage.objects.filter(code="N07", subject__startswith="答辩取消").count() == 3


def test_rules_of_a_defence_name_minutes_and_persons():
    rules = replace(PRESETS["OPEN_CHALLENGE"], defence=True, defence_minutes=(0, 20), defence_persons=0)
    assert rules.problems() == [
        "答辩时长应写明陈述和提问的分钟数，都不少于 1 分钟", "答辩到场人数上限不少于 1 人",
    ]  # fmt: skip
