"""评审轮次 (domain 2.5, 3.2–3.4): drawn before a witness, read for five days, scored, collated, signed."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test import Client

from accounts.models import IntegrityRecord, Role, RoleGrant, User
from projects.models import Bid, BidPartner
from review.draw import commit, replay
from review.models import Assignment, ConflictRuling, DrawRecord, ExpertTie, ReviewRound, ScoreSheet
from review.queries import rounds_visible_to
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import DRAWN, LONG, READ, REASON, SCORED, UNTIL, Review
from workflows.assignment import AssignmentFlow
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI, travel
from workflows.conflict_ruling import ConflictRulingFlow
from workflows.engine import perform, start
from workflows.expert_tie import declare
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.review_permissions import is_chair
from workflows.review_round import ReviewRoundFlow, flags_of
from workflows.score_sheet import ScoreSheetFlow
from workflows.timeline import timeline

PREVIEW_ENDS = datetime.combine(DRAWN, time(12), SHANGHAI) + timedelta(days=5)
FIVE = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.planned(f.under_review(f.closed(2)))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def act(r: Review, step: str, by: User, **inputs: Any) -> ReviewRound:
    return perform(ReviewRoundFlow, r.round, step, by=by, **inputs)


def refused(call: Callable[[], Any], day: date = DRAWN, hour: int = 13) -> Refused:
    with on(day, hour), pytest.raises(Refused) as caught:
        call()
    return caught.value


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))


@pytest.fixture
def scoring(scoring_base: Review, db: None) -> Review:
    """The panel of five reads and scores; nobody has handed anything in."""
    return scoring_base


@pytest.fixture(scope="module")
def collated_base(module_db: None) -> Review:
    return f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))), *FIVE)


@pytest.fixture
def collated(collated_base: Review, db: None) -> Review:
    """All is locked; the chair is to sign."""
    return collated_base


# --- planning -----------------------------------------------------------------------------------


def test_a_round_is_planned_only_once_the_challenge_is_under_review_and_the_sentence_says_what_to_do_first(db):
    r = f.closed(1, pool={})
    row = ReviewRound(challenge=r.challenge, criteria=[], secretary=r.secretary)
    found = refused(lambda: start(ReviewRoundFlow, row, by=r.w.officer))
    assert found.sentences == ["榜题未进入评审；请先完成形式审查并将榜单转入评审。"]


def test_only_an_officer_of_the_agency_plans_a_round(r):
    other = made.world()
    for user in (r.w.lead, r.secretary, r.w.supervisor, r.w.teams[0].pi, other.officer):
        row = ReviewRound(challenge=r.challenge, no=2, criteria=[], secretary=r.secretary)
        assert refused(lambda u=user, row=row: start(ReviewRoundFlow, row, by=u)).code == "not_permitted"


# --- commitment and draw ------------------------------------------------------------------------


def begin(r: Review) -> ReviewRound:
    with on(DRAWN):
        return act(r, "begin_draw", r.w.officer, witness=r.w.supervisor.pk)


def test_seed_and_candidates_are_hashed_and_on_record_before_anything_is_drawn(r):
    row = begin(r)
    entry = AuditEntry.objects.get(object_type="review.reviewround", object_id=str(row.pk), transition="begin_draw")
    assert entry.payload["seed_commitment"] == commit(bytes.fromhex(row.pending_seed))
    assert len(entry.payload["candidate_digest"]) == 64
    assert row.pending_seed not in str(entry.payload)
    assert not row.draws.exists()
    assert not row.assignments.exists()
    with on(DRAWN):
        act(r, "draw", r.w.supervisor)
    record = r.round.draws.get()
    assert record.seed_commitment == entry.payload["seed_commitment"]
    assert record.record["candidate_digest"] == entry.payload["candidate_digest"]
    assert r.round.pending_seed == ""
    assert [s.id for s in replay(record.record, bytes.fromhex(record.seed_hex)).seats] == record.record["seats"]


def test_criteria_not_published_in_the_call_may_not_be_used_they_are_those_of_the_pinned_rules(r):
    row = begin(r)
    assert [(c["code"], c["max_score"]) for c in row.criteria] == [
        ("GOAL", 20), ("ROUTE", 25), ("MILESTONES", 15), ("TEAM", 20), ("BUDGET", 10), ("BENEFIT", 10), ("VETO", 0),
    ]  # fmt: skip
    with pytest.raises(IntegrityError, match="criteria of round"):
        commit_sql("UPDATE review_reviewround SET criteria = '[]' WHERE id = %s", row.pk)


def test_accepted_bids_enter_the_round_when_the_draw_begins(r):
    assert {bid.state for bid in r.bids} == {"ACCEPTED"}
    begin(r)
    assert {bid.state for bid in r.bids} == {"IN_ROUND"}


def test_a_supervisor_of_the_agency_witnesses_and_nobody_else_can_be_named(r):
    other = made.world()
    for user in (r.w.officer, r.w.lead, other.supervisor):
        assert "witness" in refused(lambda u=user: act(r, "begin_draw", r.w.officer, witness=u.pk)).fields
    both = r.w.second_officer
    RoleGrant.objects.create(user=both, role=Role.SUP, agency=r.w.agency)
    found = refused(lambda: act(r, "begin_draw", User.objects.get(pk=both.pk), witness=both.pk))
    assert found.fields["witness"] == ["见证人不能是抽取人本人；请另选一位监督员。"]


def test_only_an_officer_begins_and_only_the_named_witness_draws(r):
    for user in (r.w.lead, r.secretary, r.w.supervisor, r.w.teams[0].pi):
        found = refused(lambda u=user: act(r, "begin_draw", u, witness=r.w.supervisor.pk))
        assert found.code == "not_permitted"
    begin(r)
    another = made.person("另一监督", Role.SUP, agency=r.w.agency)
    for user in (r.w.officer, r.w.lead, r.secretary, another):
        assert refused(lambda u=user: act(r, "draw", u)).code == "not_permitted"


def test_a_witness_who_lost_the_office_draws_no_more(r):
    begin(r)
    RoleGrant.objects.filter(user=r.w.supervisor).update(is_active=False)
    witness = User.objects.get(pk=r.w.supervisor.pk)
    assert refused(lambda: act(r, "draw", witness)).code == "not_permitted"


def test_the_panel_is_odd_and_has_three_technical_one_industry_and_one_finance_seat(r):
    f.drawn(r)
    seats = r.seats()
    assert sorted(s.seat_type for s in seats) == ["FINANCE", "INDUSTRY", "TECHNICAL", "TECHNICAL", "TECHNICAL"]
    assert [s.alias for s in seats] == ["E01", "E02", "E03", "E04", "E05"]
    units = {s.expert.organisation_id for s in seats}
    assert len(units) == 5, "at most one expert per legal unit"
    standbys = r.round.draws.get().record["standbys"]
    assert len(standbys) == 3, "one standby per seat type"


def test_an_invitation_names_field_and_round_but_no_bidder(r):
    f.drawn(r)
    pool = r.w.agency.experts.values("user")
    letters = OutboxMessage.objects.filter(code="N05", subject__startswith="评审邀请", recipient__in=pool)
    assert {m.recipient_id for m in letters} == {s.expert.user_id for s in r.seats()}
    text = "".join(m.subject + m.body for m in letters)
    assert not any(t.organisation.name in text or t.pi.name in text for t in r.w.teams)
    assert not any(bid.title in text for bid in r.bids)


def test_too_small_a_pool_is_refused_with_what_is_missing_and_the_cure(r):
    r.w.agency.experts.filter(seat_type="FINANCE").update(is_active=False)
    found = refused(lambda: act(r, "begin_draw", r.w.officer, witness=r.w.supervisor.pk))
    assert found.sentences == ["回避后专家不足：财务席缺 2 人。请补充专家库。"]


def test_conflicts_are_counted_before_the_draw_begins_not_when_the_witness_stands_there(r):
    for expert in r.w.agency.experts.filter(seat_type="INDUSTRY"):
        BidPartner.objects.create(bid=r.bids[0], organisation=expert.organisation, task="测试", budget_yuan=0)
    found = refused(lambda: act(r, "begin_draw", r.w.officer, witness=r.w.supervisor.pk))
    assert found.sentences == ["回避后专家不足：产业席缺 2 人。请补充专家库。"]


def test_a_pool_of_too_few_units_is_refused_before_the_draw_begins(r):
    pool = list(r.w.agency.experts.order_by("pk"))
    for expert in pool:
        expert.organisation = pool[0].organisation
        expert.save()
    found = refused(lambda: act(r, "begin_draw", r.w.officer, witness=r.w.supervisor.pk))
    assert "每单位至多 1 人" in found.sentences[0]


def test_who_entered_the_pool_after_the_commitment_cannot_be_drawn(r):
    begin(r)
    f.expert(r.w)
    found = refused(lambda: act(r, "draw", r.w.supervisor))
    assert "请中止本轮，另行启动抽取" in found.sentences[0]
    assert not r.round.assignments.exists()
    with on(DRAWN):
        act(r, "abort", r.w.supervisor, reason=REASON)
        start(
            ReviewRoundFlow, ReviewRound(challenge=r.challenge, no=2, criteria=[], secretary=r.secretary),
            by=r.w.officer,
        )  # fmt: skip
    f.drawn(r)
    assert len(r.seats()) == 5


def test_experts_of_another_field_at_their_yearly_cap_or_out_of_the_pool_are_not_drawn(r):
    pool = list(r.w.agency.experts.filter(seat_type="TECHNICAL"))
    pool[0].fields = ["BIO"]
    pool[0].save()
    f.expert(r.w, max_panels_per_year=0)
    f.expert(r.w, is_active=False)
    row = begin(r)
    entry = AuditEntry.objects.get(object_type="review.reviewround", object_id=str(row.pk), transition="begin_draw")
    assert entry.payload["filters"] == {"FIELD": 1, "YEARLY_CAP": 1, "INACTIVE": 1}


def test_the_draw_is_evidence_that_nobody_changes_or_deletes(r):
    f.drawn(r)
    record = r.round.draws.get()
    for sql in ("UPDATE review_drawrecord SET record = '{}'", "DELETE FROM review_drawrecord"):
        with pytest.raises(DatabaseError, match="review_drawrecord"):
            commit_sql(sql)
    assert DrawRecord.objects.get(pk=record.pk).record == record.record


# --- from the list to the preview ---------------------------------------------------------------


def test_the_preview_waits_for_every_pledge_and_a_chair_and_names_all_that_is_missing(r):
    f.drawn(r)
    with on(DRAWN, 11):
        for seat in r.seats()[1:]:
            f.pledge(seat)
    found = refused(lambda: act(r, "open_preview", r.secretary))
    assert found.sentences == ["尚未签署承诺：E01。请催办，或更换专家。", "请先指定评审组长。"]


def test_the_chair_comes_from_the_technical_seats(r):
    f.drawn(r)
    finance = next(s for s in r.seats() if s.seat_type == "FINANCE")
    assert "chair" in refused(lambda: act(r, "name_chair", r.secretary, chair=finance.pk)).fields
    with on(DRAWN):
        act(r, "name_chair", r.w.officer, chair=r.technical.pk)
    assert r.round.state == "CONFIRMED"


def test_a_standby_does_not_become_chair(r):
    f.drawn(r)
    with on(DRAWN):
        gone = r.technical
        perform(AssignmentFlow, gone, "decline", by=gone.expert.user, decline_reason="出国")
    standby = r.round.assignments.get(alias="E06")
    for seat in (standby, gone):
        assert "chair" in refused(lambda s=seat: act(r, "name_chair", r.secretary, chair=s.pk)).fields


def test_only_the_rounds_own_secretary_or_an_officer_runs_the_round(r):
    f.pledged(f.drawn(r))
    another = made.person("别的秘书", Role.SEC, agency=r.w.agency)
    for user in (another, r.w.lead, r.w.supervisor, r.chair, r.w.teams[0].pi):
        assert refused(lambda u=user: act(r, "open_preview", u)).code == "not_permitted"
    RoleGrant.objects.filter(user=r.secretary).update(is_active=False)
    former = User.objects.get(pk=r.secretary.pk)
    assert refused(lambda: act(r, "open_preview", former)).code == "not_permitted"


def test_experts_read_for_five_days_to_the_second(r):
    f.in_preview(f.pledged(f.drawn(r)))
    assert r.round.preview_until == PREVIEW_ENDS
    assert all(seat.sheets.count() == 2 for seat in r.seats())
    with travel(PREVIEW_ENDS - timedelta(seconds=1)), pytest.raises(Refused, match="2026-05-16 12:00:00"):
        act(r, "open_scoring", r.secretary, scoring_until=UNTIL)
    with travel(PREVIEW_ENDS):
        act(r, "open_scoring", r.secretary, scoring_until=UNTIL)
    assert r.round.state == "SCORING"


# --- scoring time -------------------------------------------------------------------------------


def test_the_scoring_deadline_lies_ahead(r):
    f.in_preview(f.pledged(f.drawn(r)))
    now = datetime.combine(READ, time(13), SHANGHAI)
    found = refused(lambda: act(r, "open_scoring", r.secretary, scoring_until=now), READ)
    assert found.fields["scoring_until"] == ["评分截止须晚于现在，请改晚。"]


def test_when_time_is_too_short_it_is_extended_with_a_reason_and_only_to_a_later_instant_ahead(scoring):

    def extend(until: datetime, **inputs: Any) -> Any:
        return act(scoring, "extend_scoring", scoring.secretary, scoring_until=until, **inputs)

    later = UNTIL + timedelta(days=1)
    assert "reason" in refused(lambda: extend(later), SCORED).fields
    assert "scoring_until" in refused(lambda: extend(UNTIL, reason=REASON), SCORED).fields
    long_after = SCORED + timedelta(days=7)
    assert "也须晚于现在" in str(refused(lambda: extend(later, reason=REASON), long_after))
    with on(SCORED):
        extend(later, reason=REASON)
    assert (scoring.round.state, scoring.round.scoring_until) == ("SCORING", later)


# --- collating ----------------------------------------------------------------------------------


def test_collation_waits_for_every_expert_and_names_the_late_ones_by_alias(scoring):
    with on(SCORED):
        for seat in scoring.seats()[:3]:
            f.score(seat)
    found = refused(lambda: act(scoring, "collate", scoring.secretary), SCORED)
    assert found.sentences == ["尚未提交：E04、E05。请催办，或更换专家。"]


def test_a_substitute_who_has_not_scored_is_waited_for_so_that_the_panel_is_never_even(scoring):
    seats = scoring.seats()
    with on(SCORED):
        for seat in seats[:4]:
            f.score(seat)
        perform(AssignmentFlow, seats[4], "replace", by=scoring.secretary, reason=REASON)
        if scoring.round.chair_id == seats[4].pk:
            act(scoring, "name_chair", scoring.secretary, chair=scoring.technical.pk)
    substitute = scoring.round.assignments.get(alias="E06")
    for step in ("accept", "pledge"):
        found = refused(lambda: act(scoring, "collate", scoring.secretary), SCORED)
        assert found.sentences == ["尚未提交：E06。请催办，或更换专家。"]
        with on(SCORED):
            pledge = {"confidentiality": True, "integrity": True} if step == "pledge" else {}
            perform(AssignmentFlow, substitute, step, by=substitute.expert.user, **pledge)
    with on(SCORED):
        f.score(substitute)
        act(scoring, "collate", scoring.secretary)
    assert len(scoring.seats("LOCKED")) == 5


def test_a_seat_that_nobody_fills_stops_the_round_and_the_sentence_says_what_to_do(r):
    f.drawn(r)
    with on(DRAWN):
        while invited := [s for s in r.seats("INVITED") if s.seat_type == "INDUSTRY"]:
            perform(AssignmentFlow, invited[0], "decline", by=invited[0].expert.user, decline_reason="出差")
    found = refused(lambda: act(r, "open_preview", r.secretary))
    assert "评审组应有 5 人，现有 4 人，已无人递补；请中止本轮，补充专家库后另行抽取。" in found.sentences
    told = OutboxMessage.objects.filter(code="N06", recipient=r.secretary, subject__startswith="无专家可递补")
    assert told.count() == 1


def test_collating_locks_every_seat_and_sheet(scoring):
    f.collated(scoring)
    assert {seat.state for seat in scoring.seats()} == {"LOCKED"}
    assert {s.state for seat in scoring.seats() for s in seat.sheets.all()} == {"LOCKED"}
    assert OutboxMessage.objects.filter(recipient=scoring.chair, subject__startswith="请签署评审组意见").exists()


def test_collation_needs_a_chair_who_still_sits(scoring):
    chair = scoring.round.chair
    with on(SCORED):
        perform(AssignmentFlow, chair, "recuse", by=chair.expert.user, decline_reason="亲属参与申报")
    for seat in scoring.seats("INVITED"):
        with on(SCORED):
            f.pledge(seat)
    with on(SCORED):
        for seat in scoring.seats():
            f.score(seat)
    assert refused(lambda: act(scoring, "collate", scoring.secretary), SCORED).sentences == ["请先指定评审组长。"]
    with on(SCORED):
        act(scoring, "name_chair", scoring.secretary, chair=scoring.technical.pk)
        act(scoring, "collate", scoring.secretary)


def test_a_recused_chair_signs_nothing_and_reads_nothing(scoring):
    chair = scoring.round.chair
    assert is_chair(ReviewRoundFlow(scoring.round), chair.expert.user)
    assert rounds_visible_to(chair.expert.user).exists()
    with on(SCORED):
        perform(AssignmentFlow, chair, "recuse", by=chair.expert.user, decline_reason="亲属参与申报")
    assert not is_chair(ReviewRoundFlow(scoring.round), chair.expert.user)
    assert not rounds_visible_to(chair.expert.user).exists()


# --- closing ------------------------------------------------------------------------------------


def test_trimmed_mean_of_the_rule_book_enters_score_ranking_and_outcome(collated):
    f.close(collated)
    first, second = collated.bids
    assert (first.score, first.state) == (Decimal("87.67"), "RECOMMENDED")
    assert (second.score, second.state) == (Decimal("80.00"), "RESERVE")
    entry = AuditEntry.objects.get(
        object_type="review.reviewround", transition="close", object_id=str(collated.round.pk)
    )
    assert Decimal(entry.payload["scores"][first.number]["score"]) == Decimal("87.67")
    assert entry.payload["scores"][first.number]["note"].startswith("去掉一个最高分 99.00 和一个最低分 60.00")


def test_below_the_pass_score_nobody_is_recommended(scoring):
    f.collated(scoring, *[("74.5", "75")] * 5)
    f.close(scoring)
    assert [bid.state for bid in scoring.bids] == ["NOT_RECOMMENDED", "RECOMMENDED"]


def test_a_veto_comes_before_every_score(scoring):
    with on(SCORED):
        for n, seat in enumerate(scoring.seats()):
            own = list(seat.sheets.order_by("bid_id"))
            veto = {"veto_safety": n == 0, "veto_reason": LONG if n == 0 else "", "comment": LONG}
            perform(ScoreSheetFlow, own[0], "submit", by=seat.expert.user, **f.given("95", **veto))
            perform(ScoreSheetFlow, own[1], "submit", by=seat.expert.user, **f.given("76"))
            perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
        act(scoring, "collate", scoring.secretary)
    f.close(scoring)
    assert [bid.state for bid in scoring.bids] == ["NOT_RECOMMENDED", "RECOMMENDED"]


def test_equal_bids_at_the_cut_wait_for_the_chair_run_ballot(scoring):
    f.collated(scoring, *[("86", "86")] * 5)
    found = refused(lambda: f.close(scoring), SCORED)
    assert "请主持抽签并填写抽签顺序" in found.fields["ballot"][0]
    assert all(bid.number in found.fields["ballot"][0] for bid in scoring.bids)
    assert {bid.state for bid in scoring.bids} == {"IN_ROUND"}
    first, second = scoring.bids
    f.close(scoring, ballot=f"{second.number}，{first.number}")
    assert [bid.state for bid in scoring.bids] == ["RESERVE", "RECOMMENDED"]


def test_of_equal_bids_the_one_that_asks_for_less_comes_first(scoring):
    Bid.objects.filter(pk=scoring.bids[1].pk).update(requested_yuan=1_900_000)
    f.collated(scoring, *[("86", "86")] * 5)
    f.close(scoring)
    assert [bid.state for bid in scoring.bids] == ["RESERVE", "RECOMMENDED"]


def test_flags_never_change_a_score_but_must_be_considered_before_the_chair_signs(collated):
    assert flags_of(collated.round)
    f.signed(collated)
    found = refused(lambda: act(collated, "close", collated.chair), SCORED)
    assert "flags_considered" in found.fields
    with on(SCORED, 17):
        act(collated, "close", collated.chair, flags_considered=True)
    assert collated.bids[0].score == Decimal("87.67")


def test_the_panel_opinion_has_at_least_twenty_characters_and_only_the_chair_signs(scoring):
    f.collated(scoring)
    tomorrow = UNTIL + timedelta(days=1)

    def draft(by: User, text: str = LONG) -> ReviewRound:
        return act(scoring, "draft_opinion", by, panel_opinion=text, sign_until=tomorrow)

    assert "panel_opinion" in refused(lambda: draft(scoring.chair, "同意"), SCORED).fields
    member = next(s.expert.user for s in scoring.seats() if s.pk != scoring.round.chair_id)
    for user in (scoring.secretary, scoring.w.officer, scoring.w.lead, scoring.w.supervisor, member):
        assert refused(lambda u=user: draft(u), SCORED).code == "not_permitted"
        assert refused(lambda u=user: act(scoring, "close", u), SCORED).code == "not_permitted"


def test_a_score_stays_as_the_round_made_it_whoever_writes(collated):
    f.close(collated)
    with pytest.raises(IntegrityError, match="the score of bid"):
        commit_sql("UPDATE projects_bid SET score = 99 WHERE id = %s", collated.bids[1].pk)


def test_a_closed_round_is_over(collated):
    f.close(collated)
    for step in ("begin_draw", "draw", "open_preview", "open_scoring", "collate", "close", "abort", "name_chair"):
        assert refused(lambda s=step: act(collated, s, collated.w.officer), SCORED).code == "wrong_state"


def test_the_list_decides_only_after_every_round_is_closed(collated):
    found = refused(
        lambda: perform(ChallengeListFlow, collated.w.challenge_list, "begin_decision", by=collated.w.officer), SCORED
    )
    assert "评审未结束的榜题" in found.sentences[0]
    f.close(collated)
    with on(made.DECIDING):
        perform(ChallengeListFlow, collated.w.challenge_list, "begin_decision", by=collated.w.officer)
    row = collated.w.decision.rows.get(bid=collated.bids[0])
    assert (row.rank, row.score, row.outcome) == (1, Decimal("87.67"), "AWARD")


def test_a_disqualified_bid_is_ranked_no_more(scoring):
    with on(SCORED):
        perform(BidFlow, scoring.bids[0], "disqualify", by=scoring.w.lead, reason=REASON)
    f.collated(scoring, *[("95", "80")] * 5)
    f.close(scoring)
    assert [bid.state for bid in scoring.bids] == ["DISQUALIFIED", "RECOMMENDED"]


def test_nobody_goes_on_scoring_a_bid_that_has_left_and_a_conflict_about_it_may_still_be_confirmed(scoring):
    seat, bid = scoring.seats("PLEDGED")[0], scoring.bids[0]
    with on(SCORED):
        tie = ExpertTie(expert=seat.expert, kind="COAUTHOR", person=bid.pi, note="合作论文")
        declare(tie, by=seat.expert.user)
        perform(BidFlow, bid, "disqualify", by=scoring.w.lead, reason=REASON)
        states = dict(ScoreSheet.objects.filter(assignment=seat).values_list("bid_id", "state"))
        ruling = ConflictRuling.objects.get(finding__expert=seat.expert, finding__bid=bid)
        perform(ConflictRulingFlow, ruling, "confirm", by=scoring.secretary, reason=REASON)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert states == {bid.pk: "VOID", scoring.bids[1].pk: "EMPTY"}
    assert list(Assignment.objects.filter(pk=seat.pk).values_list("state", flat=True)) == ["PLEDGED"]


# --- abort --------------------------------------------------------------------------------------


def test_an_abort_needs_a_reason_keeps_the_old_draw_and_voids_seats_and_sheets(scoring):
    assert "reason" in refused(lambda: act(scoring, "abort", scoring.w.officer), SCORED).fields
    with on(SCORED):
        act(scoring, "abort", scoring.w.officer, reason=REASON)
    assert (scoring.round.state, scoring.round.pending_seed) == ("ABORTED", "")
    assert {seat.state for seat in scoring.round.assignments.all()} == {"VOIDED"}
    assert {s.state for seat in scoring.round.assignments.all() for s in seat.sheets.all()} == {"VOID"}
    assert scoring.round.draws.count() == 1
    assert {bid.state for bid in scoring.bids} == {"IN_ROUND"}


@pytest.mark.parametrize("who", ["lead", "finance", "dem_user"])
def test_only_officer_or_supervisor_aborts(r, who):
    assert refused(lambda: act(r, "abort", getattr(r.w, who), reason=REASON)).code == "not_permitted"
    assert refused(lambda: act(r, "abort", made.world().supervisor, reason=REASON)).code == "not_permitted"


# --- confidentiality ----------------------------------------------------------------------------


def test_officers_and_teams_read_aliases_and_never_a_name(collated):
    f.close(collated)
    names = {seat.expert.user.name for seat in collated.seats()} | {
        s.expert.organisation.name for s in collated.seats()
    }
    with on(SCORED, 18):
        for user in (collated.w.officer, collated.w.lead):
            client = Client()
            client.force_login(user)
            html = client.get(collated.round.get_absolute_url()).content.decode()
            assert "E01" in html
            assert not any(name in html for name in names)
        for records in ([collated.round], collated.seats(), collated.bids):
            for record in records:
                text = str([vars(line) for line in timeline(record, collated.w.officer)])
                assert not any(name in text for name in names)
        team = Client()
        team.force_login(collated.bids[0].pi)
        assert team.get(collated.round.get_absolute_url()).status_code == 404
        html = team.get(collated.bids[0].get_absolute_url()).content.decode()
        assert not any(name in html for name in names)


def test_no_message_to_staff_or_team_carries_an_experts_name(collated):
    f.close(collated)
    panel = {seat.expert.user for seat in collated.seats()}
    for message in OutboxMessage.objects.exclude(recipient__in=panel):
        assert not any(user.name in message.subject + message.body for user in panel)


def test_what_comes_up_after_the_draw_keeps_an_expert_under_a_bar_from_stepping_in(r):
    f.drawn(r)
    drawn = r.round.draws.get()
    standbys = [drawn.experts()[name] for name in drawn.record["standbys"]]
    standby = r.w.agency.experts.get(seat_type="TECHNICAL", pk__in=standbys)
    IntegrityRecord.objects.create(user=standby.user, conduct="泄密", decision_no="x", in_force_from=DRAWN)
    gone = r.technical
    with on(DRAWN):
        perform(AssignmentFlow, gone, "decline", by=gone.expert.user, decline_reason="出国")
    substitute = r.round.assignments.get(alias="E06")
    assert substitute.expert_id != standby.pk
    assert substitute.seat_type == "TECHNICAL"


def test_the_seed_is_in_no_field_of_the_round_after_the_draw(r):
    f.drawn(r)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pending_seed FROM review_reviewround WHERE id = %s", [r.round.pk])
        assert cursor.fetchone() == ("",)
