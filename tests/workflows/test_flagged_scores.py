"""Flagged scores (domain 3.7): the chair asks once, the expert confirms or amends, the database knows no other way."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from review.models import ReviewRound, ScoreSheet, SupersededScores
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import LONG, REASON, SCORED, Review, given
from workflows.assignment import AssignmentFlow
from workflows.clock import travel
from workflows.engine import perform
from workflows.invariants import broken
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused
from workflows.review_flags import flags_of, unsettled_flags
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

#: The outlier of domain 3.7: 60 among 85–99.
FIVE = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]
NOTE = "评审组逐条讨论了该项分歧，认为系对路线成熟度的不同判断，评分予以保留。"


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))), *FIVE)


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def outlier(r: Review) -> ScoreSheet:
    return ScoreSheet.objects.select_related("assignment__expert__user").get(
        assignment__round=r.round, total=Decimal(60)
    )


def expert_of(sheet: ScoreSheet) -> User:
    return sheet.assignment.expert.user


def asker(r: Review, sheet: ScoreSheet) -> User:
    """The chair; the secretary, where the chair would ask himself."""
    return r.secretary if expert_of(sheet) == r.chair else r.chair


def ask(r: Review, sheet: ScoreSheet, *flags: str, by: User | None = None) -> ScoreSheet:
    with on(SCORED, 13):
        inputs = {"flags": list(flags or ["D2"]), "reason": "与其他专家差距较大，请核对各分项后答复"}
        return perform(ScoreSheetFlow, sheet, "query", by=by or asker(r, sheet), **inputs)


def answer(sheet: ScoreSheet, step: str, **inputs: Any) -> ScoreSheet:
    with on(SCORED, 14):
        return perform(ScoreSheetFlow, sheet, step, by=expert_of(sheet), reason=REASON, **inputs)


def refused(call: Callable[[], Any], day: date = SCORED, hour: int = 15) -> Refused:
    with on(day, hour), pytest.raises(Refused) as caught:
        call()
    return caught.value


def act(r: Review, step: str, by: User, **inputs: Any) -> ReviewRound:
    return perform(ReviewRoundFlow, r.round, step, by=by, **inputs)


# --- the question -------------------------------------------------------------------------------


def test_rule_3_7_the_chair_asks_the_expert_about_a_flagged_score_once(r):
    sheet = ask(r, outlier(r))
    assert (sheet.state, sheet.query_flags, sheet.total) == ("QUERIED", "D2", Decimal(60))
    letter = OutboxMessage.objects.get(recipient=expert_of(sheet), subject__startswith="组长就一份评分表向您询问")
    assert letter.url == sheet.get_absolute_url()
    assert "60" not in letter.subject + letter.body.replace("2026", "")
    answer(sheet, "confirm")
    found = refused(lambda: ask(r, sheet))
    assert "每份评分表只能询问一次；请由评审组讨论并记录。" in found.sentences


def test_only_chair_or_secretary_ask_only_after_collation_and_only_what_is_flagged(r):
    sheet = outlier(r)
    for user in (r.w.officer, r.w.supervisor, expert_of(sheet) if expert_of(sheet) != r.chair else r.w.lead):
        assert refused(lambda u=user: ask(r, sheet, by=u)).code == "not_permitted"
    assert "flags" in refused(lambda: ask(r, sheet, "D6")).fields
    plain = ScoreSheet.objects.filter(assignment__round=r.round, bid=r.bids[1]).first()
    assert plain is not None
    assert plain.total == Decimal(80)
    calm = [flag for flag in flags_of(r.round) if flag.concerns(plain)]
    assert all(flag.code in ("D3", "D4") for flag in calm)


def test_rule_3_7_flags_never_change_a_score_automatically(r):
    before = dict(ScoreSheet.objects.filter(assignment__round=r.round).values_list("pk", "total"))
    ask(r, outlier(r))
    flags_of(r.round)
    assert dict(ScoreSheet.objects.filter(assignment__round=r.round).values_list("pk", "total")) == before


# --- the answer ---------------------------------------------------------------------------------


def test_rule_3_7_the_expert_confirms_with_a_reason_of_at_least_ten_characters(r):
    sheet = ask(r, outlier(r))
    with on(SCORED, 14), pytest.raises(Refused) as caught:
        perform(ScoreSheetFlow, sheet, "confirm", by=expert_of(sheet), reason="维持")
    assert "reason" in caught.value.fields
    answer(sheet, "confirm")
    assert (sheet.state, sheet.answer, sheet.total) == ("LOCKED", "CONFIRMED", Decimal(60))
    assert not unsettled_flags(r.round)


def test_rule_3_7_an_amendment_keeps_the_old_points_on_record(r):
    sheet = ask(r, outlier(r))
    answer(sheet, "amend", **given("82"))
    assert (sheet.state, sheet.answer, sheet.total) == ("LOCKED", "AMENDED", Decimal(82))
    kept = SupersededScores.objects.get(sheet=sheet)
    assert kept.total == Decimal(60)
    assert sum(Decimal(value) for value in kept.points.values()) == Decimal(60)
    entry = AuditEntry.objects.get(object_type="review.scoresheet", object_id=str(sheet.pk), transition="amend")
    assert (entry.payload["before"]["total"], entry.payload["total"]) == ("60.00", "82.00")
    assert (entry.reason, entry.role) == (REASON, "EXP")
    assert broken() == {}


def test_rule_3_7_nobody_answers_for_the_expert_and_only_while_he_is_asked(r):
    sheet = outlier(r)
    for step, inputs in (("confirm", {}), ("amend", given("82"))):
        assert refused(lambda s=step, i=inputs: answer(sheet, s, **i)).code == "wrong_state"
    ask(r, sheet)
    for user in (asker(r, sheet), r.w.officer, r.w.supervisor):
        for step, inputs in (("confirm", {}), ("amend", given("82"))):
            call = lambda u=user, s=step, i=inputs: perform(ScoreSheetFlow, sheet, s, by=u, reason=REASON, **i)  # noqa: E731
            assert refused(call).code == "not_permitted"


def test_extreme_opinions_need_long_reasons_in_an_amendment_too(r):
    sheet = ask(r, outlier(r))
    found = refused(lambda: answer(sheet, "amend", **given("40", recommendation="REJECT", comment="意见" * 12)))
    assert "comment" in found.fields
    answer(sheet, "amend", **given("40", recommendation="REJECT", comment=LONG))


def test_an_unanswered_question_lapses_and_leaves_the_flag_open(r):
    sheet = ask(r, outlier(r))
    found = refused(lambda: perform(ScoreSheetFlow, sheet, "let_stand", by=r.secretary))
    assert "请等待答复或期满" in found.sentences[0]
    with travel(sheet.query_until + timedelta(minutes=1)):
        perform(ScoreSheetFlow, sheet, "let_stand", by=r.secretary)
    assert (sheet.state, sheet.answer, sheet.total) == ("LOCKED", "NONE", Decimal(60))
    assert [flag.code for flag in unsettled_flags(r.round)] == ["D2"]


# --- closing ------------------------------------------------------------------------------------


def test_rule_3_7_the_round_does_not_close_while_an_expert_is_asked(r):
    sheet = ask(r, outlier(r))
    found = refused(lambda: act(r, "close", r.chair, flags_considered=True))
    assert f"{sheet.assignment.alias} 尚未答复组长的询问；请等待答复或期满。" in found.sentences
    assert (
        f"{sheet.assignment.alias} 尚未答复组长的询问；请等待答复或期满。"
        in refused(
            lambda: act(r, "draft_opinion", r.chair, panel_opinion=LONG, sign_until="2026-05-30 10:00")
        ).sentences
    )


def test_rule_3_7_an_outlier_is_answered_or_discussed_before_the_round_closes(r):
    found = refused(lambda: act(r, "close", r.chair, flags_considered=True))
    assert any(sentence.startswith("尚未处理：D2") for sentence in found.sentences)
    flag = unsettled_flags(r.round)[0]
    with on(SCORED, 16):
        assert "note" in refused(lambda: act(r, "discuss_flag", r.chair, flag=flag.key, note="已议")).fields
        act(r, "discuss_flag", r.chair, flag=flag.key, note=NOTE)
    assert not unsettled_flags(r.round)
    f.close(r)
    assert r.bids[0].score == Decimal("87.67"), "discussed, and unchanged"


def test_rule_3_7_a_split_panel_is_settled_by_both_camps_or_by_a_discussion(db):
    r = f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1)))))))
    opinions = ["STRONG", "STRONG", "RECOMMEND", "REJECT", "REJECT"]
    with on(SCORED):
        for seat, opinion in zip(r.seats(), opinions, strict=True):
            sheet = f.sheet(seat)
            inputs = given("86", recommendation=opinion, comment=LONG)
            perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **inputs)
            perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
        act(r, "collate", r.secretary)
    assert [flag.code for flag in unsettled_flags(r.round)] == ["D8"]
    camps = [f.sheet(seat) for seat, opinion in zip(r.seats(), opinions, strict=True) if opinion != "RECOMMEND"]
    for sheet in camps[:-1]:
        answer(ask(r, sheet, "D8"), "confirm")
    assert [flag.code for flag in unsettled_flags(r.round)] == ["D8"], "one of them has not been asked"
    answer(ask(r, camps[-1], "D8"), "confirm")
    assert not unsettled_flags(r.round)


# --- the database -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE review_scoresheet SET total = 99 WHERE id = %s",
        "UPDATE review_scoresheet SET state = 'QUERIED', query_flags = 'D2', query_reason = 'x', total = 99 WHERE id = %s",
        "UPDATE review_scoreitem SET value = value + 1 WHERE sheet_id = %s",
        "UPDATE review_scoresheet SET answer = 'AMENDED' WHERE id = %s",
    ],
)
def test_rule_3_7_no_locked_score_changes_by_sql(r, sql):
    with pytest.raises(IntegrityError, match="never change"):
        commit_sql(sql, outlier(r).pk)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("UPDATE review_scoreitem SET value = value + 1 WHERE sheet_id = %s", "never change"),
        ("UPDATE review_scoresheet SET total = 99 WHERE id = %s", "never change"),
        ("UPDATE review_scoresheet SET total = 99, state = 'LOCKED', answer = 'CONFIRMED' WHERE id = %s", "never change"),
        ("UPDATE review_scoresheet SET total = 99, state = 'LOCKED', answer = 'AMENDED' WHERE id = %s",
         r"unaudited|without keeping"),
        ("UPDATE review_scoresheet SET query_flags = 'D1' WHERE id = %s", "never change"),
        ("INSERT INTO review_supersededscores (sheet_id, total, points, recommendation, comment, is_vetoed, at)"
         " VALUES (%s, 60, '{}', 'RECOMMEND', 'x', false, now())", "was not amended"),
    ],
)  # fmt: skip
def test_rule_3_7_a_score_that_is_asked_about_changes_only_by_its_experts_amendment(r, sql, sentence):
    sheet = ask(r, outlier(r))
    with pytest.raises(IntegrityError, match=sentence):
        commit_sql(sql, sheet.pk)


def test_what_was_superseded_stays(r):
    answer(ask(r, outlier(r)), "amend", **given("82"))
    for sql in ("UPDATE review_supersededscores SET total = 82", "DELETE FROM review_supersededscores"):
        with pytest.raises(IntegrityError, match="append-only"):
            commit_sql(sql)
