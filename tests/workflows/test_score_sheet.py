"""评分表 (domain 2.5, 3.1): half points within the maxima, reasons at the extremes, frozen once submitted."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from projects.models import Bid
from review.models import ScoreSheet
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import COMMENT, DRAWN, REASON, SCORED, UNTIL, Review, given, sheet
from workflows.assignment import AssignmentFlow
from workflows.clock import travel
from workflows.engine import perform
from workflows.invariants import INVARIANTS
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

FORTY_NINE, FIFTY = "理" * 49, "理" * 50


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """A panel of five scores two bids."""
    return base


@pytest.fixture
def mine(r: Review) -> ScoreSheet:
    return sheet(r.seats()[0])


def expert_of(row: ScoreSheet) -> User:
    return row.assignment.expert.user


def submit(row: ScoreSheet, **more: Any) -> ScoreSheet:
    with on(SCORED):
        return perform(ScoreSheetFlow, row, "submit", by=expert_of(row), **given(**more))


def refused(row: ScoreSheet, step: str = "submit", by: User | None = None, **inputs: Any) -> Refused:
    with on(SCORED), pytest.raises(Refused) as caught:
        perform(ScoreSheetFlow, row, step, by=by or expert_of(row), **inputs)
    return caught.value


# --- points -------------------------------------------------------------------------------------


def test_a_total_is_the_sum_of_the_points_and_is_fixed_at_submission(mine):
    submit(mine, total="86.5")
    assert (mine.state, mine.total) == ("SUBMITTED", Decimal("86.50"))
    assert mine.submitted_at is not None
    assert sum(item.value for item in mine.items.all()) == Decimal("86.5")


@pytest.mark.parametrize("total", ["0", "0.5", "99.5", "100"])
def test_the_scale_reaches_from_nought_to_a_hundred_in_half_points(mine, total):
    assert submit(mine, total=total).total == Decimal(total)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("20.5", "“目标与榜题一致性”最高 20 分；请调低给分。"),
        ("-0.5", "不能小于 0，请改大。"),
        ("17.25", "小数"),
        ("17.3", "请按 0.5 分的步长打分。"),
        ("", "请给“目标与榜题一致性”打分。"),
        ("NaN", "请填写数字。"),
    ],
)
def test_points_outside_the_scale_or_its_steps_are_refused_by_name(mine, value, sentence):
    found = refused(mine, **given(score_goal=value))
    assert any(sentence in error for error in found.fields["score_goal"]), found.fields
    mine.refresh_from_db()
    assert (mine.state, mine.items.count()) == ("EMPTY", 0)


def test_criteria_not_in_the_call_cannot_be_scored(mine):
    assert refused(mine, **given(score_beauty="5")).sentences == [
        "不认识的字段：score_beauty；请对照接口文档删去或改正。"
    ]


def test_the_veto_item_carries_no_points(mine):
    assert refused(mine, **given(score_veto="0")).code == "invalid_input"


# --- reasons at the extremes --------------------------------------------------------------------


VETOED = {"veto": True, "veto_safety": True, "veto_reason": "理" * 20}


@pytest.mark.parametrize("extreme", [{"recommendation": "STRONG"}, {"recommendation": "REJECT"}, VETOED])
def test_strong_recommendation_rejection_and_veto_carry_reasons_of_fifty_characters(mine, extreme):
    found = refused(mine, **given(comment=FORTY_NINE, **extreme))
    assert found.fields["comment"] == ["重点推荐、落选或一票否决须说明理由，不少于 50 字；请补写理由。"]
    mine.refresh_from_db()
    assert (mine.state, mine.items.count()) == ("EMPTY", 0), "nothing is left behind"
    assert submit(mine, comment=FIFTY, **extreme).state == "SUBMITTED"


@pytest.mark.parametrize("extreme", ["RECOMMEND", "RESERVE"])
def test_other_opinions_need_twenty_characters(mine, extreme):
    assert "comment" in refused(mine, **given(recommendation=extreme, comment="理" * 19)).fields
    assert submit(mine, recommendation=extreme, comment="理" * 20).state == "SUBMITTED"


def test_blanks_are_no_reasons_and_a_thousand_characters_are_the_limit(mine):
    assert "comment" in refused(mine, **given(comment="理" + " " * 60)).fields
    assert "comment" in refused(mine, **given(comment="理" * 1001)).fields
    assert submit(mine, comment="理" * 1000).state == "SUBMITTED"


def test_an_opinion_must_be_chosen(mine):
    assert "recommendation" in refused(mine, **given(recommendation="")).fields


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_may_be_incomplete_and_never_counts_as_submitted(r, mine):
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "save_draft", by=expert_of(mine), score_goal="18.5", comment="待续")
    assert (mine.state, mine.total, mine.submitted_at) == ("DRAFT", None, None)
    assert mine.items.get().value == Decimal("18.5")
    with on(SCORED), pytest.raises(Refused, match="还有 2 份评分表没有提交"):
        perform(AssignmentFlow, mine.assignment, "submit_all", by=expert_of(mine))


def test_a_draft_keeps_to_the_scale_too(mine):
    assert "score_goal" in refused(mine, "save_draft", score_goal="20.5").fields
    assert "score_goal" in refused(mine, "save_draft", score_goal="0.2").fields


# --- who and when -------------------------------------------------------------------------------


def test_nobody_scores_for_another(r, mine):
    author = r.bids[0].pi
    colleague = made.person("同事", org=mine.assignment.expert.organisation)
    others = [r.seats()[1].expert.user, colleague, author, r.secretary, r.w.officer, r.w.lead, r.w.supervisor]
    for user in others:
        for step in ("submit", "save_draft"):
            assert refused(mine, step, user, **given()).code == "not_permitted"


def test_scoring_ends_to_the_second(r, mine):
    expert, second = expert_of(mine), sheet(r.seats()[0], 1)
    with travel(UNTIL - timedelta(seconds=1)):
        perform(ScoreSheetFlow, mine, "submit", by=expert, **given())
    for late in (timedelta(0), timedelta(seconds=1)):
        for step in ("submit", "save_draft"):
            with travel(UNTIL + late), pytest.raises(Refused, match="评分已截止，请联系评审秘书"):
                perform(ScoreSheetFlow, second, step, by=expert, **given())
    with travel(UNTIL + timedelta(hours=1)):
        later = UNTIL + timedelta(hours=2)
        perform(ReviewRoundFlow, r.round, "extend_scoring", by=r.secretary, scoring_until=later, reason=REASON)
        perform(ScoreSheetFlow, second, "submit", by=expert, **given())


def test_nobody_scores_during_the_preview(db):
    early = f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1))))))
    row = sheet(early.seats()[0])
    with on(DRAWN, 13), pytest.raises(Refused, match="本轮评审不在评分阶段"):
        perform(ScoreSheetFlow, row, "submit", by=expert_of(row), **given())


# --- frozen -------------------------------------------------------------------------------------


def test_a_submitted_sheet_is_not_submitted_again(mine):
    submit(mine)
    for step in ("submit", "save_draft"):
        assert refused(mine, step, **given("90")).code == "wrong_state"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE review_scoresheet SET total = 99 WHERE id = %s",
        "UPDATE review_scoresheet SET comment = '改' WHERE id = %s",
        "UPDATE review_scoresheet SET recommendation = 'STRONG' WHERE id = %s",
        "UPDATE review_scoresheet SET is_vetoed = true WHERE id = %s",
        "UPDATE review_scoresheet SET state = 'DRAFT', total = 99 WHERE id = %s",
        "UPDATE review_scoreitem SET value = 1 WHERE sheet_id = %s",
        "DELETE FROM review_scoreitem WHERE sheet_id = %s",
        "INSERT INTO review_scoreitem (sheet_id, criterion, value) VALUES (%s, 'MORE', 5)",
        "DELETE FROM review_scoresheet WHERE id = %s",
    ],
)
def test_no_silent_change_of_a_submitted_score_not_even_in_sql(mine, sql):
    submit(mine)
    with pytest.raises(Exception) as caught:  # noqa: PT011 a guard, a foreign key or the audit trigger
        commit_sql(sql, mine.pk)
    words = str(caught.value)
    assert any(word in words for word in ("never change", "unaudited change", "foreign key")), words


def test_points_cannot_be_carried_over_to_an_open_sheet(r, mine):
    submit(mine)
    target = sheet(r.seats()[0], 1)
    with pytest.raises(IntegrityError, match="never change"):
        commit_sql("UPDATE review_scoreitem SET sheet_id = %s WHERE sheet_id = %s", target.pk, mine.pk)


def test_nothing_of_a_void_sheet_changes(r, mine):
    submit(mine)
    with on(SCORED):
        perform(AssignmentFlow, mine.assignment, "recuse", by=expert_of(mine), decline_reason="亲属参与申报")
    mine.refresh_from_db()
    assert mine.state == "VOID"
    for sql in (
        "UPDATE review_scoresheet SET total = 1 WHERE id = %s",
        "DELETE FROM review_scoreitem WHERE sheet_id = %s",
    ):
        with pytest.raises(IntegrityError, match="never change"):
            commit_sql(sql, mine.pk)


def test_the_audit_entry_of_a_submission_holds_every_point_and_the_total(mine):
    submit(mine)
    entry = AuditEntry.objects.get(object_type="review.scoresheet", object_id=str(mine.pk), transition="submit")
    assert Decimal(entry.payload["total"]) == Decimal("86")
    assert Decimal(entry.payload["score_goal"]) == Decimal("20")
    assert list(INVARIANTS["score_is_what_was_submitted"]()) == []


# --- returned once ------------------------------------------------------------------------------


def returned(r: Review, row: ScoreSheet, by: User | None = None) -> ScoreSheet:
    with on(SCORED):
        return perform(ScoreSheetFlow, row, "return_sheet", by=by or r.secretary, reason=REASON)


def test_a_sheet_is_returned_once_with_a_reason_for_an_incomplete_comment(r, mine):
    submit(mine)
    assert "reason" in refused(mine, "return_sheet", r.secretary).fields
    returned(r, mine)
    assert mine.state == "RETURNED"
    letter = OutboxMessage.objects.get(subject="请补充评审意见")
    assert (letter.recipient, letter.body) == (expert_of(mine), REASON)
    submit(mine, comment=COMMENT + "补充如下。")
    found = refused(mine, "return_sheet", r.secretary, reason=REASON)
    assert found.sentences == ["每份评分表只能退回一次；请联系专家当面说明。"]


def test_the_chair_returns_a_sheet_too_but_no_member_officer_or_team(r, mine):
    submit(mine)
    member = next(s.expert.user for s in r.seats() if s.pk != r.round.chair_id)
    for user in (member, r.w.officer, r.w.lead, r.w.supervisor, r.bids[0].pi):
        assert refused(mine, "return_sheet", user, reason=REASON).code == "not_permitted"
    assert returned(r, mine, r.chair).state == "RETURNED"


def test_a_sheet_returned_after_all_were_handed_in_is_waited_for_and_can_be_handed_in_again(r, mine):
    with on(SCORED):
        for seat in r.seats():
            f.score(seat)
    mine.refresh_from_db()
    returned(r, mine)
    with on(SCORED), pytest.raises(Refused, match="尚未提交：E01"):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "save_draft", by=expert_of(mine), **given())
    with on(SCORED), pytest.raises(Refused, match="尚未提交：E01"):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    submit(mine, total="90")
    with on(SCORED):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    assert ScoreSheet.objects.filter(bid=mine.bid, state="LOCKED").count() == 5


def test_after_collation_nothing_is_returned_and_a_locked_score_stays(r, mine):
    f.collated(r)
    mine.refresh_from_db()
    assert mine.state == "LOCKED"
    assert refused(mine, "return_sheet", r.secretary, reason=REASON).code == "wrong_state"
    for sql in (
        "UPDATE review_scoresheet SET total = 1 WHERE id = %s",
        "UPDATE review_scoreitem SET value = 1 WHERE sheet_id = %s",
    ):
        with pytest.raises(IntegrityError, match="never change"):
            commit_sql(sql, mine.pk)


def test_only_consequences_lock_and_void_a_sheet(r, mine):
    submit(mine)
    for step in ("lock", "void"):
        for user in (r.secretary, r.chair, r.w.officer, expert_of(mine)):
            assert refused(mine, step, user).code == "not_permitted"


def test_a_sheet_of_another_bid_of_the_same_expert_is_untouched(r, mine):
    submit(mine)
    other = sheet(r.seats()[0], 1)
    assert (other.state, other.items.count()) == ("EMPTY", 0)
    assert Bid.objects.get(pk=mine.bid_id).score is None, "a score is nobody's before the chair has signed"


def attempt(call: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as caught:
        call()
    return str(caught.value)


def test_the_database_keeps_totals_on_the_scale_and_points_above_nought(mine):
    assert "sheet_total_in_range" in attempt(
        lambda: commit_sql("UPDATE review_scoresheet SET total = 100.5 WHERE id = %s", mine.pk)
    )
    sql = "INSERT INTO review_scoreitem (sheet_id, criterion, value) VALUES (%s, 'GOAL', -0.5)"
    assert "item_not_negative" in attempt(lambda: commit_sql(sql, mine.pk))
