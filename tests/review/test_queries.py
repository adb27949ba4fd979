"""Who sees what of a review (domain 3.6): experts themselves, aliases for officers, opinions for teams."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Role, User
from projects.queries import visible
from review.models import Assignment, DrawRecord, Expert, ReviewRound, ScoreSheet
from review.queries import (
    bids_for_review,
    may_read_bid_as_expert,
    name_of_expert,
    opinions_for_team,
)
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import REASON, SCORED, Review
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.review_round import ReviewRoundFlow

MODELS = [Expert, ReviewRound, Assignment, ScoreSheet, DrawRecord]


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """The panel scores; the first expert has handed everything in."""
    with on(SCORED):
        f.score(base.seats()[0])
    return base


@pytest.fixture(scope="module")
def closed_base(module_db: None) -> Review:
    found = f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))))
    first, second = found.bids
    f.close(found, ballot=f"{first.number},{second.number}")
    return found


@pytest.fixture
def closed(closed_base: Review, db: None) -> Review:
    return closed_base


def of(r: Review, model: Any, user: Any) -> list[Any]:
    """What `user` sees of `model`, of this review's agency or any other."""
    return list(visible(model, user))


def member(r: Review) -> Assignment:
    """A seat that is neither the chair's nor has handed in."""
    return next(s for s in r.seats()[1:] if s.pk != r.round.chair_id)


@pytest.mark.parametrize("model", MODELS)
def test_the_default_is_nothing(r, model):
    other = made.world()
    inactive = made.person("停用", Role.SEC, agency=r.w.agency)
    inactive.is_active = False
    strangers = [
        AnonymousUser(), made.person("路人"), inactive, r.bids[0].pi, r.w.teams[0].admin, r.w.rec_user, r.w.dem_user,
        r.w.finance, other.officer, other.lead, other.supervisor, made.person("他厅秘书", Role.SEC, agency=other.agency),
    ]  # fmt: skip
    for user in strangers:
        assert of(r, model, user) == []


def test_the_pool_is_known_to_those_who_run_draws_but_not_to_officers(r):
    assert len(of(r, Expert, r.secretary)) == len(of(r, Expert, r.w.supervisor)) == sum(f.POOL.values())
    assert of(r, Expert, r.w.officer) == of(r, Expert, r.w.lead) == []
    seat = member(r)
    assert of(r, Expert, seat.expert.user) == [seat.expert]


def test_a_round_is_seen_by_staff_secretary_supervisor_and_its_chair_not_by_members(r):
    for user in (r.w.officer, r.w.lead, r.secretary, r.w.supervisor, r.chair):
        assert of(r, ReviewRound, user) == [r.round]
    assert of(r, ReviewRound, member(r).expert.user) == []


def test_an_expert_sees_his_own_seat_and_staff_see_all_seats(r):
    seat = member(r)
    assert of(r, Assignment, seat.expert.user) == [seat]
    for user in (r.w.officer, r.w.lead, r.secretary, r.w.supervisor):
        assert len(of(r, Assignment, user)) == 5


def test_while_scoring_an_expert_sees_his_own_sheets_only_not_even_the_chair_sees_more(r):
    for seat in r.seats():
        assert {s.assignment_id for s in of(r, ScoreSheet, seat.expert.user)} == {seat.pk}


def test_secretary_and_supervisor_see_sheets_once_submitted_and_officers_only_after_the_close(r):
    first = r.seats()[0]
    for user in (r.secretary, r.w.supervisor):
        assert {s.assignment_id for s in of(r, ScoreSheet, user)} == {first.pk}
    assert of(r, ScoreSheet, r.w.officer) == of(r, ScoreSheet, r.w.lead) == []


def test_the_chair_sees_all_sheets_once_they_are_collated(r):
    with on(SCORED):
        for seat in r.seats("PLEDGED"):
            f.score(seat)
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    assert len(of(r, ScoreSheet, r.chair)) == 10
    assert len(of(r, ScoreSheet, member(r).expert.user)) == 2
    assert of(r, ScoreSheet, r.w.officer) == []


def test_after_the_close_officers_and_leaders_see_the_sheets(closed):
    assert len(of(closed, ScoreSheet, closed.w.officer)) == len(of(closed, ScoreSheet, closed.w.lead)) == 10


def test_draw_records_are_seen_with_their_round(r):
    assert len(of(r, DrawRecord, r.w.supervisor)) == 1
    assert of(r, DrawRecord, member(r).expert.user) == []


def test_a_name_is_for_secretary_supervisor_and_the_expert_himself_all_others_read_the_alias(r):
    seat = member(r)
    another = made.person("别的秘书", Role.SEC, agency=r.w.agency)
    for user in (r.secretary, r.w.supervisor, seat.expert.user):
        assert name_of_expert(seat, user) == seat.expert.user.name
    for user in (r.w.officer, r.w.lead, r.chair, another, r.bids[0].pi, made.world().supervisor, AnonymousUser()):
        assert name_of_expert(seat, user) == seat.alias


# --- reading proposals --------------------------------------------------------------------------


def test_a_pledged_expert_reads_the_bids_of_his_round_until_it_is_closed(r):
    user = member(r).expert.user
    assert set(bids_for_review(user)) == set(r.bids)
    with on(SCORED):
        for seat in r.seats("PLEDGED"):
            f.score(seat)
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    assert set(bids_for_review(user)) == set(r.bids)
    first, second = r.bids
    f.close(r, ballot=f"{first.number},{second.number}")
    assert not bids_for_review(user).exists()


def test_who_was_recused_reads_no_more(r):
    seat = member(r)
    with on(SCORED):
        perform(AssignmentFlow, seat, "recuse", by=seat.expert.user, decline_reason="亲属参与申报")
    assert not may_read_bid_as_expert(seat.expert.user, r.bids[0])
    assert of(r, ScoreSheet, seat.expert.user) == []


def test_after_an_abort_nobody_reads_any_more(r):
    seat = member(r)
    with on(SCORED):
        perform(ReviewRoundFlow, r.round, "abort", by=r.w.officer, reason=REASON)
    assert not bids_for_review(seat.expert.user).exists()


@pytest.mark.parametrize("who", ["officer", "lead", "supervisor"])
def test_nobody_but_experts_reads_as_an_expert(r, who):
    assert not bids_for_review(getattr(r.w, who)).exists()
    assert not bids_for_review(AnonymousUser()).exists()


# --- opinions for the team ----------------------------------------------------------------------


def told(r: Review) -> list[Any]:
    """The decision was issued: one is awarded, the other a reserve."""
    with on(made.DECIDING):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
    made.issued_decision(r.w)
    return r.bids


def test_opinions_are_offered_to_the_applicant_when_the_result_is_told_and_not_before(closed):
    bid = closed.bids[1]
    assert bid.state == "RESERVE"
    assert opinions_for_team(bid, bid.pi) == []
    for bid in told(closed):
        written = bid.sheets.values_list("comment", flat=True)
        assert sorted(opinions_for_team(bid, bid.pi)) == sorted(written)
        assert len(set(written)) == 5


def test_opinions_are_for_the_own_team_and_carry_no_mark_of_who_wrote_them(closed):
    bid, other = told(closed)
    people: list[User] = [other.pi, made.person("路人"), made.world().officer]
    for user in people:
        assert opinions_for_team(bid, user) == []
    text = "".join(opinions_for_team(bid, bid.pi))
    assert text
    panel = {s.expert.user.name for s in closed.seats()} | {s.alias for s in closed.seats()}
    assert not any(mark in text for mark in panel)
