"""The conflict matrix on record, its rulings, and how somebody leaves a panel when a conflict comes up (domain 3.5)."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role
from projects.models import BidEditor
from review.models import Assignment, ConflictFinding, ConflictRuling, Expert, ExpertTie
from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import avoid, tie
from tests.delivery_factories import commit_sql, on
from tests.review_factories import DRAWN, READ, REASON, Review
from workflows import clock
from workflows.assignment import AssignmentFlow
from workflows.bid import BidFlow
from workflows.conflict_matrix import keep_findings
from workflows.conflict_ruling import ConflictRulingFlow
from workflows.engine import perform
from workflows.expert_tie import ExpertTieFlow, declare
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow


@pytest.fixture(scope="module")
def planned_base(module_db: None) -> Review:
    return f.planned(f.under_review(f.closed(2)))


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    found = f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))
    the_database_agrees()
    return found


@pytest.fixture
def planned(planned_base: Review, db: None) -> Review:
    """Ten experts; nobody is invited yet."""
    return planned_base


@pytest.fixture
def r(scoring_base: Review, db: None) -> Review:
    """Five experts score two bids; two technical standbys and one of each other kind wait."""
    return scoring_base


def begin_draw(r: Review) -> None:
    with on(DRAWN):
        perform(ReviewRoundFlow, r.round, "begin_draw", by=r.w.officer, witness=r.w.supervisor.pk)


def standing(r: Review) -> set[tuple[int, int, str, str]]:
    rows = ConflictFinding.objects.filter(bid__in=[b.pk for b in r.bids], gone_at=None)
    return set(rows.values_list("expert_id", "bid_id", "code", "severity"))


def has_left(seat: Assignment) -> bool:
    seat.refresh_from_db()
    return seat.state == "RECUSED" and set(seat.sheets.values_list("state", flat=True)) == {"VOID"}


def the_database_agrees() -> None:
    commit_sql("SELECT 1")


def doubt(r: Review, seat: Assignment) -> ConflictRuling:
    """A relation that nobody has confirmed."""
    with on(READ, 11):
        declare(ExpertTie(expert=seat.expert, kind="OTHER", organisation=r.bids[0].organisation), by=seat.expert.user)
    return ConflictRuling.objects.get(finding__expert=seat.expert)


# --- found before anybody is invited --------------------------------------------------------------


def test_rule_3_5_every_pair_is_checked_before_anybody_is_invited(planned):
    pool = list(Expert.objects.filter(agency=planned.w.agency).order_by("pk"))
    tie(pool[0], "EMPLOYED", organisation=planned.bids[0].organisation)
    tie(pool[1], "OTHER", organisation=planned.bids[1].organisation)
    begin_draw(planned)
    first, second = planned.bids
    assert standing(planned) == {(pool[0].pk, first.pk, "C04", "BLOCK"), (pool[1].pk, second.pk, "C07", "WARN")}
    assert not planned.round.assignments.exists()
    entry = AuditEntry.objects.filter(transition="begin_draw", object_id=str(planned.round.pk)).get()
    assert entry.payload["conflicts"]["counts"] == {"C04 BLOCK": 1, "C07 WARN": 1}
    assert len(entry.payload["conflicts"]["digest"]) == 64
    with on(DRAWN):
        perform(ReviewRoundFlow, planned.round, "draw", by=planned.w.supervisor)
    assert pool[0].pk not in planned.round.assignments.values_list("expert_id", flat=True)


def test_what_no_longer_holds_is_marked_as_gone_and_comes_back_when_it_holds_again(r):
    expert = f.expert(r.w)
    row = declare(ExpertTie(expert=expert, kind="EMPLOYED", organisation=r.bids[0].organisation), by=expert.user)
    assert {code for _e, _b, code, _s in standing(r)} == {"C04"}
    perform(ExpertTieFlow, row, "withdraw", by=expert.user, reason="填错了单位，不是同一家公司")
    assert standing(r) == set()
    assert ConflictFinding.objects.get(expert=expert).gone_at is not None
    declare(ExpertTie(expert=expert, kind="EMPLOYED", organisation=r.bids[0].organisation), by=expert.user)
    assert {code for _e, _b, code, _s in standing(r)} == {"C04"}
    assert ConflictFinding.objects.filter(expert=expert).count() == 1


def test_to_look_twice_writes_nothing_twice(r):
    expert = f.expert(r.w, organisation=r.bids[0].organisation)
    for _ in range(2):
        keep_findings([expert], r.bids, clock.now())
    assert ConflictFinding.objects.filter(expert=expert).count() == 1


def test_the_command_brings_a_round_up_to_date_and_tells_counts_only(r, capsys):
    expert = f.expert(r.w, organisation=r.bids[0].organisation)
    call_command("find_conflicts", round=r.round.pk)
    told = capsys.readouterr().out
    assert "C01 BLOCK 1" in told
    assert expert.user.name not in told
    with pytest.raises(CommandError, match="没有编号为 0 的评审轮次"):
        call_command("find_conflicts", round=0)


# --- rulings --------------------------------------------------------------------------------------


def test_rule_3_5_a_doubt_is_ruled_on_by_the_secretary_with_a_written_reason(r):
    ruling = doubt(r, r.seats()[0])
    for user in (r.w.officer, r.w.supervisor, r.seats()[0].expert.user):
        with pytest.raises(Refused, match="权限"):
            perform(ConflictRulingFlow, ruling, "clear", by=user, reason=REASON)
    with pytest.raises(Refused, match="理由"):
        perform(ConflictRulingFlow, ruling, "clear", by=r.secretary, reason="不属实")
    perform(ConflictRulingFlow, ruling, "clear", by=r.secretary, reason=REASON)
    assert {severity for *_rest, severity in standing(r)} == {"WARN"}
    assert r.seats()[0].state == "PLEDGED"
    entry = AuditEntry.objects.filter(object_type="review.conflictruling", transition="clear").get()
    assert entry.reason == REASON
    assert entry.payload["code"] == "C07"


def test_a_cleared_doubt_is_open_again_when_its_ground_changes(r):
    expert = r.seats()[0].expert
    ruling = doubt(r, r.seats()[0])
    perform(ConflictRulingFlow, ruling, "clear", by=r.secretary, reason=REASON)
    keep_findings([expert], r.bids, clock.now())
    ruling.refresh_from_db()
    assert ruling.state == "CLEARED"
    again = ExpertTie(expert=expert, kind="OTHER", organisation=r.bids[0].organisation, note="共同出资办企业")
    declare(again, by=expert.user)
    ruling.refresh_from_db()
    assert ruling.state == "OPEN"
    assert "共同出资" in ruling.evidence


def test_rule_3_5_who_is_found_to_be_in_conflict_leaves_the_panel_and_a_standby_steps_in(r):
    seat = r.technical
    with on(READ, 12):
        perform(ScoreSheetFlow, f.sheet(seat), "submit", by=seat.expert.user, **f.given())
    ruling = doubt(r, seat)
    with on(READ, 13):
        perform(ConflictRulingFlow, ruling, "confirm", by=r.secretary, reason=REASON)
    assert has_left(seat)
    assert len(r.seats()) == 5
    assert r.seats("INVITED")[0].seat_type == "TECHNICAL"
    the_database_agrees()


def test_what_was_confirmed_keeps_blocking_when_the_matrix_is_made_anew(r):
    seat = r.technical
    ruling = doubt(r, seat)
    with on(READ, 13):
        perform(ConflictRulingFlow, ruling, "confirm", by=r.secretary, reason=REASON)
        keep_findings([seat.expert], r.bids, clock.now())
    assert ConflictFinding.objects.get(expert=seat.expert).severity == "BLOCK"
    the_database_agrees()


# --- facts that come up while a panel sits ----------------------------------------------------------


def test_a_relation_declared_during_scoring_takes_its_expert_off_the_panel_at_once(r):
    seat = r.technical
    with on(READ, 11):
        declare(
            ExpertTie(expert=seat.expert, kind="EMPLOYED", organisation=r.bids[1].organisation), by=seat.expert.user
        )
    assert has_left(seat)
    # What others read of it names the rule, not the fact.
    assert seat.decline_reason == "追溯期内曾在申请或参与单位任职"
    the_database_agrees()


def test_who_has_handed_everything_in_leaves_too_and_his_scores_are_void(r):
    seat = r.technical
    with on(READ, 11):
        f.score(seat)
        row = ExpertTie(expert=seat.expert, kind="RELATIVE", person=r.bids[0].pi, source="SECRETARY")
        declare(row, by=r.secretary)
    assert has_left(seat)
    the_database_agrees()


def test_a_secretary_confirms_a_relation_and_it_blocks(r):
    seat = r.technical
    with on(READ, 11):
        row = declare(ExpertTie(expert=seat.expert, kind="COAUTHOR", person=r.bids[0].pi), by=r.secretary)
        assert row.source == "SECRETARY"
        assert not has_left(seat)
        with pytest.raises(Refused, match="权限"):
            perform(ExpertTieFlow, row, "confirm", by=seat.expert.user, reason=REASON)
        perform(ExpertTieFlow, row, "confirm", by=r.secretary, reason=REASON)
    assert has_left(seat)
    the_database_agrees()


def test_an_avoid_request_that_is_accepted_during_the_round_counts_at_once(r):
    seat = r.technical
    row = avoid(r.bids[0], seat.expert)
    decision = {"avoidance": row.pk, "decision": "ACCEPTED", "decision_reason": "双方存在专利诉讼，情况属实"}
    with on(READ, 11):
        perform(BidFlow, r.bids[0], "decide_avoidance", by=r.w.officer, **decision)
    assert has_left(seat)
    assert "申请方" in seat.decline_reason
    assert "诉讼" not in seat.decline_reason
    the_database_agrees()


def test_who_joined_a_bidder_since_he_pledged_can_hand_in_nothing_and_reads_why(r):
    seat = r.technical
    Expert.objects.filter(pk=seat.expert_id).update(organisation=r.bids[0].organisation)
    with on(READ, 11), pytest.raises(Refused, match="请申请回避"):
        perform(ScoreSheetFlow, f.sheet(seat), "submit", by=seat.expert.user, **f.given())
    with on(READ, 11):
        perform(ScoreSheetFlow, f.sheet(seat, 1), "submit", by=seat.expert.user, **f.given())


def test_a_pledge_is_refused_by_rule_and_names_no_bidder(planned):
    begin_draw(planned)
    with on(DRAWN):
        perform(ReviewRoundFlow, planned.round, "draw", by=planned.w.supervisor)
        seat = planned.seats()[0]
        perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
        tie(seat.expert, "EMPLOYED", organisation=planned.bids[0].organisation)
        with pytest.raises(Refused, match="追溯期内曾在申请或参与单位任职") as refusal:
            perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
    assert planned.bids[0].organisation.name not in str(refusal.value.sentences)


# --- staff ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["own unit", "fills in a bid", "declared"])
def test_rule_3_5_no_supervisor_with_a_tie_to_a_bidder_witnesses_the_draw(planned, how):
    supervisor = made.person("有关联的监督员", Role.SUP, agency=planned.w.agency)
    if how == "own unit":
        supervisor.organisation = planned.bids[0].organisation
        supervisor.save()
    elif how == "fills in a bid":
        BidEditor.objects.create(bid=planned.bids[0], user=supervisor, added_at=clock.now())
    else:
        tie(f.expert(planned.w, user=supervisor), "RELATIVE", person=planned.bids[1].pi)
    with on(DRAWN), pytest.raises(Refused, match=supervisor.name):
        perform(ReviewRoundFlow, planned.round, "begin_draw", by=planned.w.officer, witness=supervisor.pk)
    begin_draw(planned)


def test_rule_3_5_no_secretary_or_officer_with_a_tie_to_a_bidder_runs_the_review(db):
    r = f.under_review(f.closed(1))
    r.secretary.organisation = r.bids[0].organisation
    r.secretary.save()
    with pytest.raises(Refused, match="在申请或参与单位任职"):
        f.planned(r)
    r.secretary = made.person("别的秘书", Role.SEC, agency=r.w.agency)
    f.planned(r)
    r.w.officer.organisation = r.bids[0].organisation
    r.w.officer.save()
    with pytest.raises(Refused, match=r.w.officer.name):
        begin_draw(r)


def test_what_lies_before_the_look_back_keeps_nobody_away(planned):
    expert = Expert.objects.filter(agency=planned.w.agency)[0]
    tie(expert, "EMPLOYED", organisation=planned.bids[0].organisation, until=date(2023, 5, 10))
    begin_draw(planned)
    assert standing(planned) == set()
