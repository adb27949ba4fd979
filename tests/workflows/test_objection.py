"""异议: by real name while a notice runs; nothing becomes final over it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Role, User
from projects.models import Bid, Objection, PublicNotice
from projects.objection_forms import ObjectionForm
from projects.queries import objections_visible_to
from tests import delivery_factories as f
from workflows.award import AwardDecisionFlow
from workflows.days import end_of
from workflows.engine import extras_of, perform
from workflows.models import OutboxMessage
from workflows.objection import ObjectionFlow, eligible_investigators, file_objection
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
S = Objection.State
DAY, AFTER = date(2026, 6, 3), date(2026, 6, 8)
GROUNDS = "该项目已获省重点研发计划支持，属于重复立项"
SHOWN = "该项目是否已获其他财政支持"


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.noticed_decision(w, scores=("90", "80", "60"))
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def objected(w: f.World, *, rank: int = 1, by: object = None, day: date = DAY) -> Objection:
    bid = w.decision.rows.get(rank=rank).bid
    with f.on(day):
        return file_objection(
            w.notice, by=by or f.person("群众"), author_name="李某", author_contact="13800000000",
            grounds=GROUNDS, bid=bid,
        )  # fmt: skip


def investigator(w: f.World) -> User:
    return f.person("调查", Role.OFF, agency=w.agency)


def heard(w: f.World, objection: Objection, by: User | None = None) -> User:
    by = by or investigator(w)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
        perform(ObjectionFlow, objection, "investigate", by=w.officer, investigator=by.pk)
        perform(ObjectionFlow, objection, "hear", by=by, other_party_reply="两个项目内容不同")
    return by


def closed(w: f.World, objection: Objection, verdict: str) -> None:
    by = heard(w, objection)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, verdict, by=by, finding="经核查，情况已经查明")
        perform(ObjectionFlow, objection, "answer", by=w.officer, reply="您反映的情况已经核查")
        if verdict == "uphold":
            perform(
                AwardDecisionFlow, w.decision, "change_row", by=w.lead, row=w.decision.rows.get(rank=1).pk,
                outcome="REJECT", ground="OBJECTION", reason=f.REASON,
            )  # fmt: skip
        perform(ObjectionFlow, objection, "close", by=w.officer)


def test_anyone_with_an_account_objects_in_his_own_name(w: f.World) -> None:
    citizen = f.person("群众")
    objection = objected(w, by=citizen)
    assert (objection.state, objection.author_user) == (S.RECEIVED, citizen)
    assert objection.number == f"{w.notice.number}-Y01"


def test_rule_2_10_an_anonymous_objection_is_not_accepted(w: f.World) -> None:
    with f.on(DAY), pytest.raises(Refused, match="实名"):
        file_objection(w.notice, by=SYSTEM, author_name=" ", author_contact="", grounds=GROUNDS)
    with pytest.raises(IntegrityError, match="objection_is_by_real_name"):
        Objection.objects.create(notice=w.notice, number="x", grounds=GROUNDS, created_at="2026-06-03T00:00Z")


@pytest.mark.parametrize(("day", "hour", "in_time"), [(5, 23, True), (6, 0, False)])
def test_rule_2_10_it_is_in_time_until_the_end_of_the_last_day(
    w: f.World, day: int, hour: int, *, in_time: bool
) -> None:
    with f.on(date(2026, 6, day), hour):
        if in_time:
            file_objection(w.notice, by=SYSTEM, author_name="来信人", author_contact="济南", grounds=GROUNDS)
        else:
            # The sweep has not come yet; what counts is the stored day.
            with pytest.raises(Refused, match="公示期内"):
                file_objection(w.notice, by=SYSTEM, author_name="来信人", author_contact="济南", grounds=GROUNDS)


def test_it_must_concern_a_bid_of_the_notice() -> None:
    w, other = f.world(), f.world()
    f.noticed_decision(w)
    f.proposed_decision(other)
    stranger = other.decision.rows.get(rank=1).bid
    with f.on(DAY), pytest.raises(Refused, match="不在这份公示之内"):
        file_objection(w.notice, by=SYSTEM, author_name="李某", author_contact="济南", grounds=GROUNDS, bid=stranger)


def test_rule_2_10_the_decision_waits_for_it(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        sweep_all()
    assert w.notice.state == PublicNotice.State.ENDED_WITH_OBJECTION
    assert w.decision.state == "NOTICE"
    with f.on(f.ISSUED), pytest.raises(Refused, match="现在的状态"):
        f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
    closed(w, objection, "dismiss")
    assert w.notice.state == PublicNotice.State.SETTLED
    assert w.decision.state == "CLEARED"


def test_rule_2_10_whoever_decided_does_not_investigate(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
        with pytest.raises(Refused, match="须回避"):
            perform(ObjectionFlow, objection, "investigate", by=w.officer, investigator=w.officer.pk)
        uninvolved = investigator(w)
        assert uninvolved in eligible_investigators(ObjectionFlow(objection))
        assert w.officer not in eligible_investigators(ObjectionFlow(objection))
        perform(ObjectionFlow, objection, "investigate", by=w.officer, investigator=uninvolved.pk)
        with pytest.raises(Refused, match="权限"):
            perform(ObjectionFlow, objection, "hear", by=w.officer, other_party_reply="说明")


def test_rule_2_10_an_upheld_objection_takes_the_award_away(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        sweep_all()
    by = heard(w, objection)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "uphold", by=by, finding="经核查，属于重复立项")
        perform(ObjectionFlow, objection, "answer", by=w.officer, reply="您反映的情况属实，已作处理")
        with pytest.raises(Refused, match="请先由厅局领导更改原决定"):
            perform(ObjectionFlow, objection, "close", by=w.officer)
        perform(
            AwardDecisionFlow, w.decision, "change_row", by=w.lead, row=w.decision.rows.get(rank=1).pk,
            outcome="REJECT", ground="OBJECTION", reason=f.REASON,
        )  # fmt: skip
        perform(ObjectionFlow, objection, "close", by=w.officer)
        assert w.decision.state == "CLEARED"
        f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
    assert w.decision.rows.get(rank=1).bid.state == Bid.State.NOT_AWARDED
    assert not w.projects


def test_rule_2_10_an_upheld_objection_of_a_rejected_bid_needs_a_new_notice(w: f.World) -> None:
    objection = objected(w, rank=3)
    by = heard(w, objection)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "uphold", by=by, finding="经核查，评审程序有误")
        perform(ObjectionFlow, objection, "answer", by=w.officer, reply="您反映的情况属实，已作处理")
        with pytest.raises(Refused, match="更改原决定"):
            perform(ObjectionFlow, objection, "close", by=w.officer)
        perform(AwardDecisionFlow, w.decision, "reopen", by=w.lead, reason=f.REASON)
        perform(ObjectionFlow, objection, "close", by=w.officer)
    assert objection.state == S.CLOSED


def test_the_ground_of_an_objection_needs_one(w: f.World) -> None:
    with f.on(DAY), pytest.raises(Refused, match="没有针对该申报的成立异议"):
        perform(
            AwardDecisionFlow, w.decision, "change_row", by=w.lead, row=w.decision.rows.get(rank=1).pk,
            outcome="REJECT", ground="OBJECTION", reason=f.REASON,
        )  # fmt: skip


def test_rule_2_10_refusing_it_needs_a_reason_and_lets_the_notice_go_on(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        sweep_all()
        with pytest.raises(Refused, match="不少于 10 个字"):
            perform(ObjectionFlow, objection, "reject_form", by=w.officer, reason="不受理")
        perform(
            ObjectionFlow,
            objection,
            "reject_form",
            by=w.officer,
            reason="只是不同意专家的学术判断，不属于异议事项",
        )
    assert w.notice.state == PublicNotice.State.SETTLED
    assert w.decision.state == "CLEARED"


def test_rule_2_10_another_academic_judgement_is_no_ground(w: f.World) -> None:
    """基金条例 19 条: said where it is written, and a reason for refusing it where it is taken in."""
    assert "学术判断的不同看法不属于异议范围" in str(ObjectionForm.base_fields["grounds"].help_text)
    objection = objected(w)
    steps = ObjectionFlow.reject_form.get_transitions()
    assert all("只是不同意专家的学术判断" in str(extras_of(step).help) for step in steps)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "reject_form", by=w.officer, reason="只是不同意专家的学术判断，未提出事实")
    assert objection.state == "REJECTED_FORM"


def test_rule_2_10_the_reply_is_due_in_fifteen_working_days_and_reminded(w: f.World) -> None:
    objection = objected(w)
    with f.on(DAY):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
    assert objection.reply_due_on == date(2026, 6, 25)  # 06-19 is 端午
    told = {day: reminded(w, date(2026, 6, day)) for day in (16, 17, 18, 23, 24, 25, 26)}
    # Five working days before the 25th is the 17th: a festival and a weekend lie between.
    assert {day: people for day, people in told.items() if people} == {
        day: {w.officer, w.supervisor} for day in (17, 24)
    }


def reminded(w: f.World, day: date) -> set[User]:
    """Whom two sweeps of a day remind of a reply, each of them once."""
    reminders = OutboxMessage.objects.filter(code="N11", key__isnull=False)
    before = set(reminders.values_list("pk", flat=True))
    with f.on(day):
        sweep_all()
        sweep_all()
    people = [message.recipient for message in reminders.exclude(pk__in=before)]
    assert len(people) == len(set(people))
    return set(people) & {w.officer, w.supervisor}


def test_rule_2_10_intake_and_acceptance_are_due_in_working_days(w: f.World) -> None:
    objection = objected(w, day=date(2026, 6, 5))  # a Friday
    assert ObjectionFlow(objection).deadline() == end_of(date(2026, 6, 9))
    with f.on(date(2026, 6, 8)):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        assert ObjectionFlow(objection).deadline() == end_of(date(2026, 6, 12))
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
    assert ObjectionFlow(objection).deadline() == end_of(date(2026, 6, 30))


# --- the party objected to --------------------------------------------------------------------------


def investigated(w: f.World, objection: Objection) -> User:
    by = investigator(w)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
        perform(ObjectionFlow, objection, "investigate", by=w.officer, investigator=by.pk)
    return by


def test_what_the_party_shall_answer_must_be_written_down(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        with pytest.raises(Refused, match="请写明要被异议方说明的事实") as caught:
            perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=" ")
        assert set(caught.value.fields) == {"shown_grounds"}


def test_rule_2_10_the_party_is_told_and_heard_and_does_not_learn_who_objects(w: f.World) -> None:
    citizen = f.person("金丝雀异议人")
    objection = objected(w, by=citizen)
    bid = objection.bid
    assert bid is not None
    pi, admin = bid.pi, next(t.admin for t in w.teams if t.organisation == bid.organisation)
    assert not objections_visible_to(pi).filter(pk=objection.pk).exists()
    by = investigated(w, objection)
    told = OutboxMessage.objects.filter(recipient__in=[pi, admin])
    assert set(told.filter(body=SHOWN).values_list("recipient", flat=True)) == {pi.pk, admin.pk}
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "hear", by=pi, other_party_reply="两个项目内容不同，附对照表")
        assert OutboxMessage.objects.filter(recipient=by, body="两个项目内容不同，附对照表").exists()
        perform(ObjectionFlow, objection, "uphold_partly", by=by, finding="经核查李某所述部分属实，不影响立项")
        perform(ObjectionFlow, objection, "answer", by=w.officer, reply="李某同志：您反映的情况部分属实")
        perform(ObjectionFlow, objection, "close", by=w.officer)
    secrets = (citizen.name, citizen.username, objection.author_name, objection.author_contact, GROUNDS)
    for reader in (pi, admin):
        client = Client()
        client.force_login(reader)
        page = client.get(objection.get_absolute_url())
        assert page.status_code == 200
        html = page.content.decode()
        assert "部分成立" in html
        assert SHOWN in html
        letters = "".join(f"{m.subject}{m.body}" for m in OutboxMessage.objects.filter(recipient=reader))
        for secret in secrets:
            assert secret not in html
            assert secret not in letters
        assert "附对照表" in html


@pytest.mark.parametrize("who", ["rival", "officer", "recommender"])
def test_nobody_else_answers_for_the_party(w: f.World, who: str) -> None:
    objection = objected(w)
    investigated(w, objection)
    actor = {"rival": w.teams[1].pi, "officer": w.officer, "recommender": w.rec_user}[who]
    assert objection.bid is not None
    assert objection.bid.pi != actor
    with f.on(AFTER), pytest.raises(Refused, match="权限"):
        perform(ObjectionFlow, objection, "hear", by=actor, other_party_reply="代为说明")


def test_rule_2_10_the_reply_is_extended_once_by_fifteen_working_days_with_a_reason(w: f.World) -> None:
    objection = objected(w)
    investigated(w, objection)
    assert objection.reply_due_on == date(2026, 6, 30)
    why = "第三方检测机构须重新测试，结果六月底才能取得"
    with f.on(AFTER):
        with pytest.raises(Refused, match="权限"):
            perform(ObjectionFlow, objection, "extend_reply", by=w.officer, reason=why)
        with pytest.raises(Refused, match="不少于 10 个字"):
            perform(ObjectionFlow, objection, "extend_reply", by=w.lead, reason="延长")
        perform(ObjectionFlow, objection, "extend_reply", by=w.lead, reason=why)
        assert (objection.state, objection.reply_due_on) == (S.INVESTIGATING, date(2026, 7, 21))
        with pytest.raises(Refused, match="只能延长一次"):
            perform(ObjectionFlow, objection, "extend_reply", by=w.lead, reason=why)
    assert OutboxMessage.objects.filter(recipient=objection.author_user, body=why).exists()


def test_partly_upheld_leaves_the_decision_as_it_is(w: f.World) -> None:
    objection = objected(w)
    with f.on(AFTER):
        sweep_all()
    closed(w, objection, "uphold_partly")
    assert objection.verdict == Objection.Verdict.PARTLY
    assert w.decision.state == "CLEARED"


def test_the_database_keeps_what_author_and_party_wrote(w: f.World) -> None:
    objection = objected(w)
    heard(w, objection)
    for change in (
        {"grounds": "改过的理由"},
        {"author_name": "别人"},
        {"other_party_reply": "改口"},
        {"shown_grounds": "别的"},
    ):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Objection.objects.filter(pk=objection.pk).update(**change)


def test_only_the_author_withdraws_it(w: f.World) -> None:
    objection = objected(w)
    with pytest.raises(Refused, match="权限"):
        perform(ObjectionFlow, objection, "withdraw", by=w.officer, reason=f.REASON)
    perform(ObjectionFlow, objection, "withdraw", by=objection.author_user, reason=f.REASON)
    with f.on(AFTER):
        sweep_all()
    assert w.notice.state == PublicNotice.State.ENDED_CLEAN
