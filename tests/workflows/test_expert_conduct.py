"""What a review leaves in its experts' credit files (domain 2.5, 3.4), each event once a round."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from projects.presets import PRESETS
from review.models import Assignment, ExpertCredit
from review.pool.standing import with_credit
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN, REASON, SCORED, UNTIL, Review, given
from workflows.assignment import AssignmentFlow
from workflows.clock import SHANGHAI, travel
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.sweeps import sweep_all

BUSY = {"decline_reason": "评审期间因公出国，无法参加"}
QUORUM = replace(PRESETS["OPEN_CHALLENGE"], quorum=3)


@pytest.fixture(scope="module")
def drawn_base(module_db: None) -> Review:
    return f.drawn(f.planned(f.under_review(f.closed(1))))


@pytest.fixture
def drawn(drawn_base: Review, db: None) -> Review:
    return drawn_base


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1, rules=QUORUM)))))))


@pytest.fixture
def scoring(scoring_base: Review, db: None) -> Review:
    """Five score until six; three are a quorum."""
    return scoring_base


def credits_of(seat: Assignment) -> list[tuple[str, int]]:
    return list(ExpertCredit.objects.filter(expert=seat.expert_id).order_by("pk").values_list("event", "points"))


def standing(seat: Assignment) -> int:
    found = with_credit(type(seat.expert).objects.filter(pk=seat.expert_id), SCORED).get()
    return int(found.credit)  # type: ignore[attr-defined]


def act(seat: Assignment, step: str, **inputs: Any) -> None:
    perform(AssignmentFlow, seat, step, by=seat.expert.user, **inputs)


def test_who_handed_in_before_the_scoring_ended_is_noted_in_time_when_his_seat_is_locked(scoring):
    seat = scoring.seats()[0]
    f.collated(scoring)
    assert credits_of(seat) == [("ON_TIME", 2)]
    assert standing(seat) == 82
    entry = AuditEntry.objects.get(object_type="review.assignment", object_id=str(seat.pk), transition="lock")
    assert entry.payload["credit"] == {"event": "ON_TIME", "points": 2}


def test_an_extension_in_time_makes_nobody_late_and_one_after_the_end_does(scoring):
    first, second, *others = scoring.seats()
    with on(SCORED, 10):
        for seat in others:
            f.score(seat)
    later = UNTIL + timedelta(days=1)
    with on(SCORED, 17):
        perform(
            ReviewRoundFlow, scoring.round, "extend_scoring", by=scoring.secretary, scoring_until=later, reason=REASON
        )
    with on(SCORED, 20):
        f.score(first)
    with travel(later + timedelta(hours=1)):
        perform(
            ReviewRoundFlow, scoring.round, "extend_scoring", by=scoring.secretary, reason=REASON,
            scoring_until=later + timedelta(days=1),
        )  # fmt: skip
        f.score(second)
        perform(ReviewRoundFlow, scoring.round, "collate", by=scoring.secretary)
    assert (credits_of(first), credits_of(second)) == ([("ON_TIME", 2)], [("LATE", -5)])


def test_to_say_no_to_an_invitation_costs_nothing_after_acceptance_it_does(drawn):
    asked, accepted = drawn.seats()[:2]
    with on(DRAWN, 11):
        act(asked, "decline", **BUSY)
        act(accepted, "accept")
        act(accepted, "decline", **BUSY)
    assert (credits_of(asked), credits_of(accepted)) == ([], [("DECLINED_LATE", -5)])


def test_rule_3_4_honest_recusal_costs_nothing_at_any_time(drawn):
    asked, accepted, pledged = drawn.seats()[:3]
    with on(DRAWN, 11):
        act(asked, "recuse", **BUSY)
        act(accepted, "accept")
        act(accepted, "recuse", **BUSY)
        f.pledge(pledged)
        act(pledged, "recuse", **BUSY)
    assert not ExpertCredit.objects.exists()


def test_who_answers_nothing_in_time_is_noted_once_however_often_the_sweep_comes_by(drawn):
    seat = drawn.seats()[0]
    with travel(seat.respond_by + timedelta(hours=1)):
        sweep_all()
        sweep_all()
    assert credits_of(seat) == [("NO_ANSWER", -8)]
    assert standing(seat) == 72


def test_who_is_replaced_answers_for_it_only_when_his_own_time_had_run_out(scoring):
    early, late = scoring.seats()[:2]
    with on(SCORED, 9):
        perform(AssignmentFlow, early, "replace", by=scoring.secretary, reason=REASON)
    with on(SCORED, 19):
        perform(AssignmentFlow, late, "replace", by=scoring.secretary, reason=REASON)
    assert (credits_of(early), credits_of(late)) == ([], [("LATE", -5)])


def test_who_has_not_scored_when_the_others_are_a_quorum_is_released_as_late(scoring):
    *done, missing = scoring.seats()
    with on(SCORED, 10):
        for seat in done:
            f.score(seat)
    with on(SCORED, 19):
        perform(AssignmentFlow, missing, "release", by=scoring.secretary, reason=REASON)
    assert credits_of(missing) == [("LATE", -5)]


def test_a_returned_comment_is_noted_once_a_round_beside_the_punctual_work(scoring):
    seat = scoring.technical
    sheet = f.sheet(seat)
    with on(SCORED, 9):
        perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **given("86"))
        perform(ScoreSheetFlow, sheet, "return_sheet", by=scoring.secretary, reason="请补充对里程碑的意见后再提交")
    assert credits_of(seat) == [("RETURNED", -3)]
    f.collated(scoring)
    assert credits_of(seat) == [("RETURNED", -3), ("ON_TIME", 2)]


def test_what_is_undone_leaves_nothing_in_the_file(scoring):
    """A refused step rolls its event back as well."""
    seat = scoring.technical
    with travel(datetime.combine(SCORED, time(9), SHANGHAI)), pytest.raises(Exception, match="截止"):
        perform(AssignmentFlow, seat, "release", by=scoring.secretary, reason=REASON)
    assert credits_of(seat) == []


def test_the_experts_page_in_the_pool_shows_event_round_and_points(scoring):
    seat = scoring.seats()[0]
    f.collated(scoring)
    client = Client()
    client.force_login(scoring.secretary)
    with on(SCORED, 18):
        html = client.get(seat.expert.get_absolute_url()).content.decode()
    for words in ("按时完成", "+2", "82"):
        assert words in html
