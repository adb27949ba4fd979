"""What concerns every bid at once: two people, one preview; held, and told when it is released."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import IntegrityRecord, Role
from projects.models import AwardDecision, Bid, DecisionBatch, DecisionLetter, DecisionRow, LetterRecipient
from tests import delivery_factories as f
from tests import review_factories as r
from workflows.award import AwardDecisionFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.decision_batch import DecisionBatchFlow, preview, propose_batch
from workflows.decision_plan import Words
from workflows.engine import perform
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
THREE = ("90", "80", "60")
NUMBER = "鲁科字〔2026〕29号"


@pytest.fixture(scope="module")
def cleared(module_db: None) -> f.World:
    w = f.world()
    f.cleared_decision(w, scores=THREE)
    return w


@pytest.fixture
def w(cleared: f.World, db: None) -> f.World:
    return f.fresh(cleared)


def propose(w: f.World, kind: str = "ISSUE", by: object = None, **words: object) -> DecisionBatch:
    if kind == "ISSUE":
        words.setdefault("document_no", NUMBER)
    return propose_batch(w.decision, kind, by=by or w.officer, **words)  # type: ignore[arg-type]


def approve(w: f.World, batch: DecisionBatch, by: object = None) -> None:
    perform(DecisionBatchFlow, batch, "approve", by=by or w.lead)  # type: ignore[arg-type]


def states(w: f.World) -> list[str]:
    return list(
        Bid.objects.filter(challenge__challenge_list__agency=w.agency).order_by("pk").values_list("state", flat=True)
    )


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


# --- two people ---------------------------------------------------------------------------------


def test_rule_2_6_nobody_carries_out_what_he_proposed_himself(w: f.World) -> None:
    with f.on(f.ISSUED):
        batch = propose(w, by=w.lead)
        with pytest.raises(Refused, match="另一位领导"):
            approve(w, batch)
        with pytest.raises(Refused, match="权限"):
            approve(w, batch, by=w.second_officer)
        approve(w, batch, by=f.person("副厅长", Role.LEAD, agency=w.agency))
    assert w.decision.state == AwardDecision.State.ISSUED


def test_no_single_person_finds_a_way_around_the_second(w: f.World) -> None:
    for transition, inputs in (("issue", {"document_no": NUMBER, "digest": "0" * 64}), ("release", {"digest": ""})):
        with f.on(f.ISSUED), pytest.raises(Refused):
            perform(AwardDecisionFlow, w.decision, transition, by=w.lead, **inputs)
    assert w.decision.state == AwardDecision.State.CLEARED


def test_the_database_knows_no_second_person_who_is_the_first(w: f.World) -> None:
    with f.on(f.ISSUED):
        batch = propose(w)
    update = "UPDATE projects_decisionbatch SET state = 'CARRIED_OUT', decided_by_id = proposed_by_id WHERE id = %s"
    with pytest.raises(DatabaseError, match="batch_has_a_second_person"), transaction.atomic():
        sql(update, batch.pk)


def test_the_database_lets_no_result_out_without_a_batch(w: f.World) -> None:
    # The chain's own guard would refuse it first.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE projects_awarddecision DISABLE TRIGGER state_is_audited_update")
    with pytest.raises(DatabaseError, match="without a second person"), transaction.atomic():
        sql("UPDATE projects_awarddecision SET state = 'ISSUED' WHERE id = %s", w.decision.pk)


def test_both_names_stand_in_the_chain(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w))
    batch = w.decision.batches.order_by("-pk")[0]
    entry = AuditEntry.objects.get(object_type="projects.decisionbatch", transition="approve", object_id=str(batch.pk))
    assert (entry.payload["proposed_by"], entry.payload["decided_by"]) == (w.officer.name, w.lead.name)
    issued = AuditEntry.objects.get(
        object_type="projects.awarddecision", transition="issue", object_id=str(w.decision.pk)
    )
    assert issued.payload["digest"] == entry.payload["digest"]
    assert "拟立项 1 项、共 2,000,000 元，告知书 3 份" in issued.payload["told"]


def test_a_refused_batch_changes_nothing_and_tells_the_proposer_why(w: f.World) -> None:
    with f.on(f.ISSUED):
        batch = propose(w)
        perform(DecisionBatchFlow, batch, "refuse", by=w.lead, reason=f.REASON)
        assert OutboxMessage.objects.filter(recipient=w.officer, body=f.REASON).exists()
        assert w.decision.state == AwardDecision.State.CLEARED
        approve(w, propose(w))


def test_one_batch_waits_at_a_time(w: f.World) -> None:
    with f.on(f.ISSUED):
        batch = propose(w)
        with pytest.raises(Refused, match="等待第二人复核"):
            propose(w)
        perform(DecisionBatchFlow, batch, "withdraw", by=w.officer)
        propose(w)


# --- the preview is what is done -----------------------------------------------------------------


def test_rule_2_6_what_is_carried_out_is_what_was_previewed(w: f.World) -> None:
    with f.on(f.ISSUED):
        plan = preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER))
        approve(w, propose(w, digest=plan.digest))
    assert plan.counts == {"AWARD": 1, "RESERVE": 1, "REJECT": 1}
    told = DecisionLetter.objects.filter(decision=w.decision)
    assert [(t.bid_id, t.kind, tuple(t.content["opinions"]), t.content["reason"]) for t in told] == [
        (p.bid_id, p.kind, p.opinions, p.reason) for p in plan.letters
    ]
    assert sum(p.award_yuan for p in w.projects) == plan.money


@pytest.mark.parametrize("who", ["proposer", "approver"])
def test_a_preview_that_has_aged_is_refused(w: f.World, who: str) -> None:
    with f.on(f.ISSUED):
        digest = preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER)).digest
        batch = propose(w, digest=digest) if who == "approver" else None
        DecisionRow.objects.filter(decision=w.decision, rank=3).update(reason="另行研究")
        with pytest.raises(Refused, match="内容有变化"):
            approve(w, batch) if batch else propose(w, digest=digest)
    assert w.decision.state == AwardDecision.State.CLEARED


def test_other_words_are_another_preview(w: f.World) -> None:
    with f.on(f.ISSUED):
        digest = preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER)).digest
        with pytest.raises(Refused, match="内容有变化"):
            propose(w, digest=digest, document_no="鲁科字〔2026〕30号")


def test_a_preview_names_what_is_missing(w: f.World) -> None:
    IntegrityRecord.objects.create(
        user=w.teams[0].pi, conduct="伪造数据", decision_no="鲁科监〔2026〕3号", in_force_from=f.ISSUED
    )
    with f.on(f.ISSUED):
        plan = preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER))
        assert any("鲁科监〔2026〕3号" in sentence for sentence in plan.blockers)
        assert any("经费盘子" in sentence for sentence in plan.warnings)
        with pytest.raises(Refused, match="鲁科监"):
            propose(w)


def test_a_preview_costs_no_more_for_more_bids(w: f.World, django_assert_max_num_queries: object) -> None:
    with f.on(f.ISSUED), django_assert_max_num_queries(22):  # type: ignore[operator]
        preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER))


def test_rule_3_3_a_tie_that_nothing_settles_is_not_cut_in_two() -> None:
    w = f.world()
    f.proposed_decision(w, scores=THREE)
    second = w.decision.rows.get(rank=2)
    DecisionRow.objects.filter(pk=second.pk).update(rank=1)
    with f.on(f.DECIDING):
        perform(AwardDecisionFlow, w.decision, "submit_to_joint_meeting", by=w.officer)
        perform(AwardDecisionFlow, w.decision, "submit_to_office_meeting", by=w.officer, minutes="一致同意")
    with f.on(f.NOTICED):
        with pytest.raises(Refused, match="组长主持抽签") as refusal:
            propose(w, "PUBLICISE", minutes="审议通过")
        assert str(second.bid.number) in str(refusal.value)
        perform(AwardDecisionFlow, w.decision, "change_row", by=w.lead, row=second.pk, outcome="REJECT",
                ground="BUDGET", reason=f.REASON)  # fmt: skip
        propose(w, "PUBLICISE", minutes="审议通过")


def test_rule_3_3_the_decision_says_by_which_step_a_bid_got_its_place() -> None:
    found = r.collated(r.scoring(r.in_preview(r.pledged(r.drawn(r.planned(r.under_review(r.closed(2))))))))
    first, second = found.bids
    r.close(found, ballot=f"{second.number},{first.number}")
    with f.on(f.DECIDING):
        perform(ChallengeListFlow, found.w.challenge_list, "begin_decision", by=found.w.officer)
    rows = found.w.decision.rows.order_by("rank")
    assert list(rows.values_list("bid", "rank", "decided_by")) == [(second.pk, 1, "ballot"), (first.pk, 2, "ballot")]


# --- held until released -------------------------------------------------------------------------


def test_rule_2_6_a_held_result_changes_nothing_outside_until_it_is_released(w: f.World) -> None:
    with f.on(f.ISSUED):
        before = states(w)
        messages = OutboxMessage.objects.count()
        approve(w, propose(w, is_held=True))
        assert w.decision.state == AwardDecision.State.HELD
        assert states(w) == before
        assert not w.projects
        assert not DecisionLetter.objects.filter(decision=w.decision).exists()
        assert OutboxMessage.objects.count() == messages
    later = f.ISSUED + timedelta(days=5)
    with f.on(later):
        sweep_all()
        assert w.decision.state == AwardDecision.State.HELD
        approve(w, propose(w, "RELEASE"))
    assert states(w) == ["AWARDED", "RESERVE", "NOT_AWARDED"]
    assert w.decision.document_no == NUMBER
    assert w.decision.issued_at.astimezone(SHANGHAI).date() == later  # type: ignore[union-attr]
    (project,) = w.projects
    assert project.contract_due_on == later + timedelta(days=20)


def at(days: int) -> datetime:
    return datetime.combine(f.ISSUED + timedelta(days=days), datetime.min.time(), SHANGHAI) + timedelta(hours=9)


def test_a_held_result_is_released_by_itself_at_the_instant_that_was_set(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w, is_held=True, release_at=at(3)))
    with f.on(f.ISSUED + timedelta(days=3), 8):
        sweep_all()
        assert w.decision.state == AwardDecision.State.HELD
    with f.on(f.ISSUED + timedelta(days=3), 9):
        sweep_all()
    assert states(w) == ["AWARDED", "RESERVE", "NOT_AWARDED"]


def test_the_clock_releases_only_what_two_people_have_seen(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w, is_held=True, release_at=at(3)))
    DecisionRow.objects.filter(decision=w.decision, rank=3).update(reason="另行研究")
    with f.on(f.ISSUED + timedelta(days=4)):
        sweep_all()
        assert w.decision.state == AwardDecision.State.HELD
        approve(w, propose(w, "RELEASE"))
    assert w.decision.state == AwardDecision.State.ISSUED


def test_a_bar_found_while_it_is_held_stops_the_release(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w, is_held=True, release_at=at(3)))
    IntegrityRecord.objects.create(
        user=w.teams[0].pi, conduct="伪造数据", decision_no="鲁科监〔2026〕3号", in_force_from=f.ISSUED
    )
    with f.on(f.ISSUED + timedelta(days=4)):
        sweep_all()
        with pytest.raises(Refused, match="鲁科监"):
            propose(w, "RELEASE")
    assert w.decision.state == AwardDecision.State.HELD


def test_a_held_result_may_be_taken_back_to_the_meeting(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w, is_held=True, release_at=at(3)))
        perform(AwardDecisionFlow, w.decision, "reopen", by=w.lead, reason=f.REASON)
    assert (w.decision.state, w.decision.release_at) == (AwardDecision.State.OFFICE_MEETING, None)


def test_a_release_in_the_past_or_without_a_hold_is_refused(w: f.World) -> None:
    with f.on(f.ISSUED), pytest.raises(Refused, match="晚于现在"):
        propose(w, is_held=True, release_at=at(-1))
    with f.on(f.ISSUED), pytest.raises(DatabaseError, match="only_held_results_wait"):
        propose(w, release_at=at(3))


# --- who is told ---------------------------------------------------------------------------------


def test_rule_2_18_everybody_concerned_is_told_once_with_a_letter(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w))
    told = LetterRecipient.objects.filter(letter__decision=w.decision)
    assert set(told.values_list("capacity", flat=True)) == {"PI", "ORG", "REC"}
    people = {t.pi.pk for t in w.teams} | {t.admin.pk for t in w.teams} | {w.rec_user.pk}
    assert set(told.values_list("user", flat=True)) == people
    heard = OutboxMessage.objects.filter(code="N09", recipient__in=people)
    assert sorted(heard.filter(recipient=w.teams[2].pi).values_list("subject", flat=True)) == [
        f"未予立项：{Bid.objects.get(pi=w.teams[2].pi).title}"
    ]
    tasks = OutboxMessage.objects.filter(task="projects.tasks.draw_decision_letters")
    assert [message.arguments for message in tasks] == [[w.decision.pk]]


def test_rule_2_0_whoever_is_refused_is_told_why(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w))
    reasons = {t.kind: t.content["reason"] for t in DecisionLetter.objects.filter(decision=w.decision)}
    assert reasons["REJECT"] == "综合得分 60.00，在本榜题申报中排名第 3，未达到合格线 75 分。"
    assert "列为备选" in reasons["RESERVE"]
    assert reasons["AWARD"] == ""


def test_a_reserve_that_is_promoted_or_waits_in_vain_gets_a_letter_of_its_own(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w))
    f.sign(w, w.projects[0])
    kinds = DecisionLetter.objects.filter(bid=w.decision.rows.get(rank=2).bid).values_list("kind", flat=True)
    assert list(kinds) == ["RESERVE", "REJECT"]


def test_what_was_told_never_changes(w: f.World) -> None:
    with f.on(f.ISSUED):
        approve(w, propose(w))
    letter = DecisionLetter.objects.filter(decision=w.decision).order_by("pk")[0]
    for change in ({"content": {}}, {"told_at": None}, {"kind": "REJECT"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            DecisionLetter.objects.filter(pk=letter.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        letter.recipients.all().delete()
