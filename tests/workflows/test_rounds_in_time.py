"""Clocks and quorum of a round (domain 2.5): who does not answer is replaced, who does not score is let go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from projects.presets import PRESETS
from review.models import Assignment
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN, REASON, SCORED, UNTIL, Review
from workflows.assignment import AssignmentFlow
from workflows.clock import SHANGHAI, travel
from workflows.engine import perform
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.sweeps import sweep_all

AT_TEN = datetime.combine(DRAWN, time(10), SHANGHAI)
QUORUM = replace(PRESETS["OPEN_CHALLENGE"], quorum=3)


@pytest.fixture(scope="module")
def drawn_base(module_db: None) -> Review:
    return f.drawn(f.planned(f.under_review(f.closed(1))))


@pytest.fixture
def drawn(drawn_base: Review, db: None) -> Review:
    """Five are invited at ten o'clock."""
    return drawn_base


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1, rules=QUORUM)))))))


@pytest.fixture
def scoring(scoring_base: Review, db: None) -> Review:
    """Five score; three are a quorum."""
    return scoring_base


def refused(call: Callable[[], Any], day: date = SCORED, hour: int = 19) -> Refused:
    with on(day, hour), pytest.raises(Refused) as caught:
        call()
    return caught.value


def told(seat: Assignment) -> list[str]:
    return list(
        OutboxMessage.objects.filter(recipient=seat.expert.user).order_by("pk").values_list("subject", flat=True)
    )


# --- invitation and pledge ----------------------------------------------------------------------


def test_rule_2_5_an_invitation_that_is_not_answered_in_time_calls_the_standby_with_a_clock_of_its_own(drawn):
    late = drawn.technical
    assert late.respond_by == AT_TEN + timedelta(hours=48)
    others = [s for s in drawn.seats() if s.pk != late.pk]
    with on(DRAWN, 11):
        for seat in others:
            f.pledge(seat)
    with travel(late.respond_by - timedelta(seconds=1)):
        sweep_all()
        late.refresh_from_db()
        assert late.state == "INVITED"
    with travel(late.respond_by + timedelta(hours=5)):
        sweep_all()
        sweep_all()
    late.refresh_from_db()
    substitute = drawn.round.assignments.get(alias="E06")
    assert (late.state, substitute.state, substitute.seat_type) == ("TIMEOUT", "INVITED", "TECHNICAL")
    assert substitute.respond_by == late.respond_by + timedelta(hours=53), "its own 48 hours"
    entry = AuditEntry.objects.get(object_type="review.assignment", object_id=str(late.pk), transition="time_out")
    assert (entry.role, entry.actor_id) == ("SYSTEM", None)


def test_rule_2_5_who_accepts_and_does_not_pledge_in_time_is_replaced_too(drawn):
    seat = drawn.technical
    with on(DRAWN, 12):
        perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
    assert seat.respond_by == AT_TEN + timedelta(hours=50)
    with travel(seat.respond_by):
        late = refused_pledge(seat)
        assert late.sentences == ["答复期限 2026-05-13 12:00 已过，席位将由备选专家递补；如仍愿参加，请联系评审秘书。"]
        sweep_all()
    seat.refresh_from_db()
    assert seat.state == "TIMEOUT"


def refused_pledge(seat: Assignment) -> Refused:
    with pytest.raises(Refused) as caught:
        perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
    return caught.value


def test_nobody_but_the_clock_times_a_seat_out(drawn):
    for user in (drawn.secretary, drawn.w.officer, drawn.technical.expert.user):
        found = refused(lambda u=user: perform(AssignmentFlow, drawn.technical, "time_out", by=u))
        assert found.code == "not_permitted"


def test_rule_2_18_n05_reminds_half_way_once_and_names_no_bidder(drawn):
    seat = drawn.technical
    with travel(AT_TEN + timedelta(hours=23)):
        sweep_all()
        assert len(told(seat)) == 1, "the invitation itself"
    with travel(AT_TEN + timedelta(hours=25)):
        sweep_all()
        sweep_all()
    assert told(seat)[1:] == ["请答复评审邀请"]
    text = "".join(OutboxMessage.objects.filter(recipient=seat.expert.user).values_list("body", flat=True))
    assert not any(team.organisation.name in text for team in drawn.w.teams)


# --- the end of the scoring ---------------------------------------------------------------------


def test_rule_2_18_n06_warns_two_days_before_and_tells_expert_and_secretary_when_time_is_over(scoring):
    done, late = scoring.seats()[0], scoring.seats()[1]
    with travel(UNTIL - timedelta(hours=20)):
        f.score(done)
        sweep_all()
        sweep_all()
    with travel(UNTIL + timedelta(minutes=5)):
        sweep_all()
        sweep_all()
    warned = [text for text in told(late) if "提交" in text]
    assert warned == ["请在 2026-05-20 18:00 前提交评审", "评分已截止，您还没有提交全部评审"]
    assert not [text for text in told(done) if "提交" in text]
    letters = OutboxMessage.objects.filter(recipient=scoring.secretary, subject__contains="尚未提交评审")
    assert letters.count() == 2
    assert all("E02、E03、E04、E05" in letter.subject for letter in letters)
    assert not any(s.expert.user.name in letter.subject + letter.body for s in scoring.seats() for letter in letters)


# --- quorum -------------------------------------------------------------------------------------


def scored(r: Review, number: int) -> list[Assignment]:
    """The first so many hand in; returns the others."""
    with on(SCORED, 12):
        for seat in r.seats()[:number]:
            f.score(seat)
    return r.seats("PLEDGED")


def release(r: Review, seat: Assignment) -> None:
    with on(SCORED, 19):
        perform(AssignmentFlow, seat, "release", by=r.secretary, reason=REASON)


def collate(r: Review) -> None:
    if r.round.chair.state not in Assignment.SEATED:
        with on(SCORED, 19):
            perform(ReviewRoundFlow, r.round, "name_chair", by=r.secretary, chair=r.technical.pk)
    with on(SCORED, 19):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)


def test_rule_2_5_with_the_quorum_reached_the_missing_are_released_and_the_round_is_collated(scoring):
    missing = scored(scoring, 3)
    for seat in missing:
        release(scoring, seat)
    collate(scoring)
    assert (scoring.round.state, len(scoring.seats("LOCKED"))) == ("COLLATING", 3)
    for seat in missing:
        seat.refresh_from_db()
        assert (seat.state, {sheet.state for sheet in seat.sheets.all()}) == ("VOIDED", {"VOID"})


def test_rule_2_5_a_panel_that_must_be_odd_is_never_collated_with_an_even_count(scoring):
    missing = scored(scoring, 4)
    release(scoring, missing[0])
    found = refused(lambda: collate(scoring))
    assert found.sentences == ["评审组现有 4 人，须为单数；请为空缺的席位递补专家，或再免除一个未提交的席位。"]


def test_rule_2_5_below_the_quorum_nobody_is_released(scoring):
    missing = scored(scoring, 2)
    found = refused(lambda: perform(AssignmentFlow, missing[0], "release", by=scoring.secretary, reason=REASON))
    assert found.sentences == ["已提交评审的其他专家为 2 人，未达法定人数 3 人；请更换专家。"]


def test_rule_2_5_nobody_is_released_before_his_time_is_over_nor_for_what_he_scored(scoring):
    missing = scored(scoring, 4)
    early = refused(
        lambda: perform(AssignmentFlow, missing[0], "release", by=scoring.secretary, reason=REASON), hour=13
    )
    assert "评分截止之后" in early.sentences[0]
    done = scoring.seats("SUBMITTED")[0]
    found = refused(lambda: perform(AssignmentFlow, done, "release", by=scoring.secretary, reason=REASON))
    assert found.sentences == ["该专家已提交全部评审，不能免除；请另选未提交的席位。"]


def test_rule_2_5_without_a_quorum_in_the_rules_every_seat_must_score(db):
    r = f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1)))))))
    missing = scored(r, 4)
    found = refused(lambda: perform(AssignmentFlow, missing[0], "release", by=r.secretary, reason=REASON))
    assert found.sentences == ["已提交评审的其他专家为 4 人，未达法定人数 5 人；请更换专家。"]


def test_rules_with_an_even_quorum_or_one_beyond_the_panel_are_not_published():
    assert replace(QUORUM, quorum=4).problems() == ["评审组须为单数，法定人数也应为单数，现为 4"]
    assert replace(QUORUM, quorum=7).problems() == ["评审法定人数应在 3 与评审组人数 5 之间，现为 7"]
    assert QUORUM.problems() == []
