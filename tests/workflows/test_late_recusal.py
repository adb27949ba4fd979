"""A conflict found after the collation (domain 3.5): who is blocked leaves with his scores, the bidders do not pay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from projects.presets import PRESETS
from review.models import (
    ConflictRuling,
    Expert,
    ExpertTie,
    PanelSignature,
    ReviewRound,
    ReviewTally,
    ScoreItem,
    ScoreSheet,
)
from review.queries import rounds_visible_to, sheets_visible_to
from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import tie, unguarded
from tests.delivery_factories import commit_sql, on
from tests.late_recusal_factories import FOUR_DO, join, judged, member
from tests.review_factories import LONG, REASON, SCORED, Review
from workflows import pool
from workflows.clock import travel
from workflows.conflict_ruling import ConflictRulingFlow
from workflows.engine import perform, start
from workflows.expert_tie import declare
from workflows.invariants import broken
from workflows.models import AuditEntry, OutboxMessage
from workflows.panel_opinion import members_who_owe, opinion_digest
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

BADGE = '<span class="jb-tag">组长</span>'


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return judged()


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """All is locked; four of the five could conclude."""
    return base


@pytest.fixture(scope="module")
def strict_base(module_db: None) -> Review:
    return judged(PRESETS["OPEN_CHALLENGE"])


@pytest.fixture
def strict(strict_base: Review, db: None) -> Review:
    """All five are the quorum."""
    return strict_base


def act(r: Review, step: str, by: Any, hour: int = 16, **inputs: Any) -> Any:
    with on(SCORED, hour):
        return perform(ReviewRoundFlow, r.round, step, by=by, **inputs)


def refused(call: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


# --- who leaves, and what stays -------------------------------------------------------------------


def test_rule_3_5_who_is_found_to_be_blocked_after_the_collation_leaves_with_his_scores(r):
    seat = join(member(r), r)
    assert (seat.state, seat.decline_reason) == ("RECUSED", "追溯期内曾在申请或参与单位任职")
    assert {sheet.state for sheet in seat.sheets.all()} == {"VOID"}
    assert len(r.seats("LOCKED")) == 4
    assert r.seats("INVITED") == [], "after the collation nobody steps in"
    tally = ReviewTally.objects.get(round=r.round, bid=r.bids[0])
    assert (tally.assigned, tally.submitted) == (4, 4)
    commit_sql("SELECT 1")
    assert broken() == {}


def test_what_he_gave_stays_on_record_as_evidence(r):
    seat = member(r)
    before = list(ScoreItem.objects.filter(sheet__assignment=seat).order_by("pk").values_list("value", flat=True))
    totals = [sheet.total for sheet in seat.sheets.order_by("pk")]
    join(seat, r)
    after = list(ScoreItem.objects.filter(sheet__assignment=seat).order_by("pk").values_list("value", flat=True))
    assert (after, [sheet.total for sheet in seat.sheets.order_by("pk")]) == (before, totals)
    entry = AuditEntry.objects.get(object_type="review.assignment", transition="stand_aside", object_id=str(seat.pk))
    assert (entry.from_state, entry.to_state) == ("LOCKED", "RECUSED")


@pytest.fixture
def asked(db: None) -> ScoreSheet:
    """The outlier of five is asked about."""
    rows = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]
    r = f.collated(
        f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2, rules=FOUR_DO))))))), *rows
    )
    sheet = ScoreSheet.objects.select_related("assignment__expert__user", "assignment__round").get(
        assignment__round=r.round, total=60
    )
    with on(SCORED, 13):
        perform(ScoreSheetFlow, sheet, "query", by=r.secretary, flags=["D2"], reason=REASON)
    commit_sql("SELECT 1")
    return sheet


def test_a_sheet_that_was_being_asked_about_goes_void_too_and_nobody_waits_for_its_answer(asked):
    seat = asked.assignment
    with on(SCORED, 15):
        declare(
            ExpertTie(expert=seat.expert, kind="EMPLOYED", organisation=asked.bid.organisation), by=seat.expert.user
        )
    asked.refresh_from_db()
    assert (asked.state, asked.query_flags, asked.answer) == ("VOID", "D2", "")
    with on(SCORED, 16):
        late = refused(lambda: perform(ScoreSheetFlow, asked, "confirm", by=seat.expert.user, reason=REASON))
    assert late.code == "wrong_state"
    commit_sql("SELECT 1")


def test_nobody_answers_a_question_about_a_bid_he_must_not_judge(asked):
    """The database would refuse the lock at commit: said here in words, to each his own."""
    expert, secretary = asked.assignment.expert, asked.assignment.round.secretary
    with unguarded():
        Expert.objects.filter(pk=expert.pk).update(organisation=asked.bid.organisation)
    with on(SCORED, 16):
        found = refused(lambda: perform(ScoreSheetFlow, asked, "confirm", by=expert.user, reason=REASON))
    assert found.sentences == ["您对这份申请有应当回避的情形，不再评分；请告知评审秘书。"]
    asked.refresh_from_db()
    with travel(asked.query_until + timedelta(minutes=1)):
        found = refused(lambda: perform(ScoreSheetFlow, asked, "let_stand", by=secretary))
    assert found.sentences == [f"{asked.assignment.alias} 对这份申请有应当回避的情形；请评审秘书“核对回避”。"]


def test_a_doubt_that_the_secretary_confirms_takes_him_off_as_well(r):
    seat = member(r)
    with on(SCORED, 14):
        declare(
            ExpertTie(expert=seat.expert, kind="COAUTHOR", person=r.bids[0].pi, note="合作论文"), by=seat.expert.user
        )
        ruling = ConflictRuling.objects.get(finding__expert=seat.expert)
        assert len(r.seats("LOCKED")) == 5, "a doubt alone moves nobody"
        perform(ConflictRulingFlow, ruling, "confirm", by=r.secretary, reason=REASON)
    seat.refresh_from_db()
    assert seat.state == "RECUSED"
    commit_sql("SELECT 1")


def test_who_moves_to_a_bidder_leaves_as_soon_as_he_says_so(r):
    seat = member(r)
    with on(SCORED, 14):
        pool.edit(seat.expert, by=seat.expert.user, facts={"organisation": r.bids[0].organisation})
    seat.refresh_from_db()
    assert seat.state == "RECUSED"


# --- the opinion ------------------------------------------------------------------------------------


def test_rule_2_5_the_opinion_is_drafted_signed_and_seen_anew(r):
    f.signed(r)
    before, signatures = opinion_digest(r.round), PanelSignature.objects.filter(round=r.round).count()
    join(member(r), r, 18)
    assert opinion_digest(r.round) != before
    assert (r.round.panel_opinion, r.round.sign_until) == (LONG, None), "the words stay as a draft"
    assert PanelSignature.objects.filter(round=r.round).count() == signatures, "what was signed stays on record"
    found = refused(lambda: act(r, "close", r.chair, 18))
    assert "请先由组长起草评审组意见。" in found.sentences
    with on(SCORED, 19):
        made.sign_round(r.round, seen_by=r.w.supervisor, opinion=LONG)
        assert members_who_owe(r.round) == []
        perform(ReviewRoundFlow, r.round, "close", by=r.chair)
    assert r.round.state == "CLOSED"


def test_secretary_chair_and_supervisor_are_told_by_alias_with_what_is_to_be_done(r):
    seat = join(member(r), r)
    for person in (r.secretary, r.chair, r.w.supervisor):
        letter = OutboxMessage.objects.get(recipient=person, subject__contains="汇总后须回避")
        assert seat.alias in letter.subject
        assert "重新签署" in letter.body
        assert seat.expert.user.name not in letter.subject + letter.body
    own = OutboxMessage.objects.get(recipient=seat.expert.user, subject__startswith="您须回避")
    assert own.body == "追溯期内曾在申请或参与单位任职"


# --- the chair --------------------------------------------------------------------------------------


def test_when_the_chair_has_to_leave_another_is_named_and_he_reads_no_more(r):
    chair, old = r.round.chair, r.chair
    assert chair is not None
    other = next(seat for seat in r.seats() if seat.seat_type == "TECHNICAL" and seat.pk != chair.pk)
    found = refused(lambda: act(r, "name_chair", r.secretary, 14, chair=other.pk))
    assert found.sentences == ["汇总之后，组长在任的，不能另行指定；请由现任组长继续办理。"]
    join(chair, r)
    assert not rounds_visible_to(old).filter(pk=r.round.pk).exists()
    assert not sheets_visible_to(old).filter(assignment__round=r.round).exists()
    letter = OutboxMessage.objects.get(recipient=r.secretary, subject__contains="汇总后须回避")
    assert "请先另行指定" in letter.body
    client = Client()
    client.force_login(r.secretary)
    with on(SCORED, 16):
        assert BADGE not in client.get(r.round.get_absolute_url()).content.decode()
    act(r, "name_chair", r.secretary, chair=other.pk)
    with on(SCORED, 16):
        assert BADGE in client.get(r.round.get_absolute_url()).content.decode()
    with on(SCORED, 17):
        made.close_round(r.round, seen_by=r.w.supervisor, opinion=LONG)
    assert (r.round.state, r.round.chair_id) == ("CLOSED", other.pk)


# --- quorum, odd panels, and the way out ------------------------------------------------------------


def test_rule_2_5_below_the_quorum_nothing_is_drafted_or_closed_and_the_cure_is_named(strict):
    f.signed(strict)
    join(member(strict), strict, 18)
    needed = "评审法定人数为 5 人，现有 4 人；请中止本轮，补充专家库后另行抽取评审组。"
    for step, inputs in (("draft_opinion", {"panel_opinion": LONG, "sign_until": "2026-05-30 10:00"}), ("close", {})):
        found = refused(lambda s=step, i=inputs: act(strict, s, strict.chair, 18, **i))
        assert needed in found.sentences
    letter = OutboxMessage.objects.get(recipient=strict.secretary, subject__contains="汇总后须回避")
    assert needed in letter.body


def test_an_even_panel_concludes_nothing_where_the_rule_says_odd(db):
    r = judged(replace(PRESETS["OPEN_CHALLENGE"], quorum=3))
    first, second = [seat for seat in r.seats() if seat.pk != r.round.chair_id][:2]
    join(first, r)
    even = "评审组现有 4 人，须为单数，汇总后不能再增减成员；请中止本轮，另行抽取评审组。"
    found = refused(lambda: act(r, "draft_opinion", r.chair, panel_opinion=LONG, sign_until="2026-05-30 10:00"))
    assert even in found.sentences
    join(second, r, 17)
    with on(SCORED, 18):
        made.close_round(r.round, seen_by=r.w.supervisor, opinion=LONG)
    assert r.round.state == "CLOSED"


def test_a_panel_that_cannot_conclude_is_aborted_and_another_is_drawn(strict):
    left = join(member(strict), strict)
    act(strict, "abort", strict.w.officer, reason=REASON)
    assert strict.round.state == "ABORTED"
    assert {seat.state for seat in strict.seats("LOCKED", "VOIDED")} == {"VOIDED"}
    assert {s.state for s in ScoreSheet.objects.filter(assignment__round=strict.round)} == {"VOID"}
    commit_sql("SELECT 1")
    assert broken() == {}
    for seat_type in ("TECHNICAL", "INDUSTRY", "FINANCE"):
        for _ in range(3):
            f.expert(strict.w, seat_type)
    with on(SCORED, 17):
        again = ReviewRound(challenge=strict.challenge, no=2, criteria=[], secretary=strict.secretary)
        start(ReviewRoundFlow, again, by=strict.w.officer)
        perform(ReviewRoundFlow, again, "begin_draw", by=strict.w.officer, witness=strict.w.supervisor.pk)
        perform(ReviewRoundFlow, again, "draw", by=strict.w.supervisor)
    assert left.expert_id not in again.assignments.values_list("expert_id", flat=True)


def test_an_unwelcome_result_is_no_reason_to_abort(r):
    for user in (r.w.officer, r.w.supervisor):
        found = refused(lambda u=user: act(r, "abort", u, reason=REASON))
        assert found.sentences == [
            "评分已经汇总：只有因回避达不到法定人数、不成单数或无人可任组长时，才能中止本轮；请继续办理。"
        ]


# --- facts that nobody told the round ---------------------------------------------------------------


def test_facts_that_changed_unnoticed_keep_the_round_open_until_the_secretary_has_checked(r):
    f.signed(r)
    seat = member(r)
    tie(seat.expert, "EMPLOYED", organisation=r.bids[0].organisation)
    sentence = f"{seat.alias} 应当回避；请评审秘书“核对回避”，使其退出，所打的分作废。"
    assert sentence in refused(lambda: act(r, "close", r.chair, 18)).sentences
    act(r, "check_conflicts", r.secretary, 18)
    seat.refresh_from_db()
    assert (seat.state, r.round.sign_until, r.round.state) == ("RECUSED", None, "COLLATING")
    commit_sql("SELECT 1")
