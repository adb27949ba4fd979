"""评审任务 (domain 2.5, 3.6): invited, pledged, submitted; every vacancy calls a standby of the same kind."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import IntegrityRecord, User
from review.models import Assignment, ScoreSheet
from review.queries import bids_for_review, may_read_bid_as_expert
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import DRAWN, REASON, SCORED, Review
from workflows.actions import next_step
from workflows.assignment import AssignmentFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

PROMISE = {"confidentiality": True, "integrity": True}
BUSY = {"decline_reason": "评审期间出国"}


@pytest.fixture(scope="module")
def drawn_base(module_db: None) -> Review:
    return f.drawn(f.planned(f.under_review(f.closed(2))))


@pytest.fixture
def r(drawn_base: Review, db: None) -> Review:
    """A panel of five is invited."""
    return drawn_base


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))


@pytest.fixture
def scoring(scoring_base: Review, db: None) -> Review:
    return scoring_base


def own(seat: Assignment, step: str, **inputs: Any) -> Assignment:
    """The expert acts on his own seat."""
    with on(DRAWN, 11):
        return perform(AssignmentFlow, seat, step, by=seat.expert.user, **inputs)


def refused(call: Callable[[], Any], day: Any = DRAWN) -> Refused:
    with on(day, 11), pytest.raises(Refused) as caught:
        call()
    return caught.value


# --- invitation and pledge ----------------------------------------------------------------------


def test_an_expert_accepts_and_pledges_before_any_file_opens(r):
    seat = r.technical
    user = seat.expert.user
    own(seat, "accept")
    assert not bids_for_review(user).exists()
    own(seat, "pledge", **PROMISE)
    assert seat.pledged_at == datetime.combine(DRAWN, time(11), SHANGHAI)
    assert not bids_for_review(user).exists(), "files open with the preview"


@pytest.mark.parametrize("missing", ["confidentiality", "integrity"])
def test_both_promises_are_needed_confidentiality_and_integrity(r, missing):
    seat = r.technical
    own(seat, "accept")
    found = refused(lambda: perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, **{**PROMISE, missing: False}))
    assert list(found.fields) == [missing]


def test_there_is_no_pledge_without_acceptance(r):
    seat = r.technical
    found = refused(lambda: perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, **PROMISE))
    assert found.code == "wrong_state"


def test_the_database_knows_no_scoring_seat_without_a_pledge(r):
    with pytest.raises(IntegrityError, match="scores_only_after_pledge"):
        commit_sql("UPDATE review_assignment SET state = 'PLEDGED' WHERE id = %s", r.technical.pk)


def test_the_pledge_is_in_the_chain_with_its_promises(r):
    seat = r.technical
    f_seat = own(own(seat, "accept"), "pledge", **PROMISE)
    entry = AuditEntry.objects.get(object_type="review.assignment", object_id=str(f_seat.pk), transition="pledge")
    assert (entry.role, entry.payload["confidentiality"], entry.payload["integrity"]) == ("EXP", True, True)


def test_no_proxy_nobody_acts_on_the_seat_of_an_expert_but_he_himself(r):
    mine, other = r.seats()[:2]
    accepted = r.seats()[2]
    own(accepted, "accept")
    colleague = made.person("同事", org=mine.expert.organisation)
    people: list[User] = [
        other.expert.user, colleague, r.secretary, r.w.officer, r.w.lead, r.w.supervisor, r.w.teams[0].pi,
    ]  # fmt: skip
    for user in people:
        for step, inputs in (("accept", {}), ("decline", BUSY), ("recuse", BUSY)):
            found = refused(lambda u=user, s=step, i=inputs: perform(AssignmentFlow, mine, s, by=u, **i))
            assert found.code == "not_permitted"
        assert refused(lambda u=user: perform(AssignmentFlow, accepted, "pledge", by=u, **PROMISE)).code == (
            "not_permitted"
        )


def test_who_joined_a_bidder_after_the_draw_must_recuse_himself(r):
    seat = r.technical
    own(seat, "accept")
    seat.expert.organisation = r.bids[0].organisation
    seat.expert.save()
    found = refused(lambda: perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, **PROMISE))
    assert found.sentences == ["您有应当回避的情形（与申请或参与单位同属一个法人），请申请回避。"]
    own(seat, "recuse", decline_reason="已调入申请单位")
    assert seat.state == "RECUSED"


def test_an_expert_who_came_under_an_integrity_bar_does_not_pledge(r):
    seat = r.technical
    own(seat, "accept")
    IntegrityRecord.objects.create(user=seat.expert.user, conduct="泄密", decision_no="x", in_force_from=DRAWN)
    found = refused(lambda: perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, **PROMISE))
    assert "科研诚信限制期内" in found.sentences[0]


# --- vacancies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["decline", "recuse"])
def test_an_expert_who_cannot_judge_says_so_promptly_and_another_is_chosen(r, step):
    seat = r.technical
    before = {s.pk for s in r.seats()}
    drawn = r.round.draws.get()
    standbys = [drawn.experts()[name] for name in drawn.record["standbys"]]
    first_standby = r.w.agency.experts.get(seat_type="TECHNICAL", pk__in=standbys).pk
    own(seat, step, **BUSY)
    after = {s.pk for s in r.seats()}
    new = Assignment.objects.get(pk=(after - before).pop())
    assert (new.alias, new.state, new.seat_type) == ("E06", "INVITED", "TECHNICAL")
    assert new.expert_id == first_standby
    assert after & before == before - {seat.pk}, "nobody else moves"
    assert seat.decline_reason == BUSY["decline_reason"]


@pytest.mark.parametrize("step", ["decline", "recuse"])
def test_declining_and_recusing_need_a_reason(r, step):
    seat = r.technical
    assert "decline_reason" in refused(lambda: perform(AssignmentFlow, seat, step, by=seat.expert.user)).fields


def test_who_declined_is_not_asked_again_and_after_the_standbys_comes_the_pool(r):
    asked: set[int] = set()
    for _ in range(3):  # three seats, one standby, one more in the pool
        seat = r.technical
        if len(r.seats()) < 5:
            break
        assert seat.expert_id not in asked
        asked.add(seat.expert_id)
        own(seat, "decline", **BUSY)
    sources = [step["source"] for step in r.round.draws.order_by("-pk")[0].record["redraws"]]
    assert sources == ["standby", "pool"]
    assert len(r.seats()) == 4


def test_a_vacancy_without_substitute_does_not_keep_others_from_declining(r):
    while len(r.seats()) == 5:
        own(r.technical, "decline", **BUSY)
    finance = next(s for s in r.seats() if s.seat_type == "FINANCE")
    own(finance, "decline", **BUSY)
    new = next(s for s in r.seats() if s.seat_type == "FINANCE")
    assert new.expert_id != finance.expert_id


def test_no_pledge_takes_back_after_it_only_recusal_remains(r):
    seat = r.technical
    own(own(seat, "accept"), "pledge", **PROMISE)
    found = refused(lambda: perform(AssignmentFlow, seat, "decline", by=seat.expert.user, **BUSY))
    assert found.code == "wrong_state"
    own(seat, "recuse", **BUSY)


@pytest.mark.parametrize("who", ["officer", "secretary"])
def test_secretary_or_officer_replaces_a_silent_expert_with_a_reason(r, who):
    by = r.secretary if who == "secretary" else r.w.officer
    seat = r.technical
    assert "reason" in refused(lambda: perform(AssignmentFlow, seat, "replace", by=by)).fields
    with on(DRAWN):
        perform(AssignmentFlow, seat, "replace", by=by, reason=REASON)
    assert seat.state == "REPLACED"
    assert len(r.seats()) == 5


def test_nobody_may_name_the_substitute(r):
    seat = r.technical
    wanted = f.expert(r.w)
    found = refused(lambda: perform(AssignmentFlow, seat, "replace", by=r.secretary, reason=REASON, expert=wanted.pk))
    assert found.sentences == ["不认识的字段：expert；请对照接口文档删去或改正。"]


def test_neither_leader_nor_supervisor_nor_another_agency_replaces_an_expert(r):
    other = made.world()
    for user in (r.w.lead, r.w.supervisor, r.w.finance, other.officer, r.w.teams[0].pi):
        found = refused(lambda u=user: perform(AssignmentFlow, r.technical, "replace", by=u, reason=REASON))
        assert found.code == "not_permitted"


def test_a_replaced_members_conclusions_are_void_and_the_substitute_reviews_anew(scoring):
    seat = scoring.seats()[0]
    with on(SCORED):
        perform(ScoreSheetFlow, f.sheet(seat), "submit", by=seat.expert.user, **f.given())
        perform(AssignmentFlow, seat, "replace", by=scoring.secretary, reason=REASON)
    assert {s.state for s in seat.sheets.all()} == {"VOID"}
    substitute = scoring.round.assignments.get(alias="E06")
    assert not substitute.sheets.exists(), "no file opens before the pledge"
    with on(SCORED):
        f.pledge(substitute)
    assert [s.state for s in substitute.sheets.all()] == ["EMPTY", "EMPTY"]
    assert may_read_bid_as_expert(substitute.expert.user, scoring.bids[0])
    assert not may_read_bid_as_expert(seat.expert.user, scoring.bids[0])


def test_a_recusal_while_scoring_voids_what_was_scored(scoring):
    seat = scoring.seats()[1]
    with on(SCORED):
        perform(ScoreSheetFlow, f.sheet(seat), "submit", by=seat.expert.user, **f.given())
        perform(AssignmentFlow, seat, "recuse", by=seat.expert.user, **BUSY)
    assert {s.state for s in seat.sheets.all()} == {"VOID"}


# --- handing in ---------------------------------------------------------------------------------


def test_everything_is_handed_in_only_when_every_sheet_is(scoring):
    seat = scoring.seats()[0]
    with on(SCORED):
        perform(ScoreSheetFlow, f.sheet(seat), "submit", by=seat.expert.user, **f.given())
    found = refused(lambda: perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user), SCORED)
    assert found.sentences == ["还有 1 份评分表没有提交；请逐份提交后再办理。"]
    with on(SCORED):
        perform(ScoreSheetFlow, f.sheet(seat, 1), "submit", by=seat.expert.user, **f.given())
        perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
    assert seat.state == "SUBMITTED"


def test_nothing_is_handed_in_before_scoring_begins(r):
    f.in_preview(f.pledged(r))
    seat = r.seats()[0]
    found = refused(lambda: perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user))
    assert found.sentences == [
        "本轮评审不在评分阶段，请查看本轮的日程，或联系评审秘书。",
        "还有 2 份评分表没有提交；请逐份提交后再办理。",
    ]


def test_who_has_handed_in_can_neither_be_replaced_nor_recuse_himself(scoring):
    seat = scoring.seats()[0]
    with on(SCORED):
        f.score(seat)
    for step, by, inputs in (
        ("replace", scoring.secretary, {"reason": REASON}),
        ("recuse", seat.expert.user, BUSY),
        ("decline", seat.expert.user, BUSY),
    ):
        found = refused(lambda s=step, b=by, i=inputs: perform(AssignmentFlow, seat, s, by=b, **i), SCORED)
        assert found.code == "wrong_state"


def test_only_the_collation_locks_and_only_an_abort_voids(scoring):
    seat = scoring.seats()[0]
    with on(SCORED):
        f.score(seat)
    for step in ("lock", "void"):
        for user in (scoring.secretary, scoring.w.officer, seat.expert.user, scoring.w.supervisor):
            found = refused(lambda s=step, u=user: perform(AssignmentFlow, seat, s, by=u), SCORED)
            assert found.code == "not_permitted"


def test_after_collation_nobody_is_replaced_any_more(scoring):
    f.collated(scoring)
    seat = scoring.seats()[0]
    for by, step, inputs in (
        (scoring.secretary, "replace", {"reason": REASON}),
        (seat.expert.user, "recuse", BUSY),
    ):
        found = refused(lambda b=by, s=step, i=inputs: perform(AssignmentFlow, seat, s, by=b, **i), SCORED)
        assert found.code == "wrong_state"


def test_an_invitation_of_an_aborted_round_is_void(r):
    with on(DRAWN):
        perform(ReviewRoundFlow, r.round, "abort", by=r.w.officer, reason=REASON)
    seat = r.seats("VOIDED")[0]
    assert refused(lambda: perform(AssignmentFlow, seat, "accept", by=seat.expert.user)).code == "wrong_state"


def test_the_next_step_and_its_deadline_are_the_experts_until_he_has_handed_in(scoring):
    seat = scoring.seats()[0]
    step = next_step(seat, seat.expert.user)
    assert step is not None
    assert (step.owner, step.deadline) == ("评审专家", f.UNTIL)
    assert datetime.combine(SCORED, time(0), SHANGHAI) + timedelta(hours=1) < f.UNTIL


def test_an_expert_sits_once_in_a_round_under_one_alias(r):
    first, second = r.seats()[:2]
    with pytest.raises(IntegrityError, match="alias_once_per_round"):
        commit_sql("UPDATE review_assignment SET alias = %s WHERE id = %s", first.alias, second.pk)
    assert not ScoreSheet.objects.filter(assignment__round=r.round).exists()
