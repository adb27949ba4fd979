"""The panel's opinion (实施条例 53 条): drafted by the chair, signed or dissented from, seen by the supervisor."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from review.models import PanelSignature, ReviewRound, ScoreSheet
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import LONG, REASON, SCORED, Review, given
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform
from workflows.models import AuditEntry, OutboxMessage
from workflows.panel_opinion import dissents_of, words_on
from workflows.refused import Refused
from workflows.review_flags import flags_of
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

DISSENT = "第一名的里程碑设置过于集中，本人认为应排在第二名之后。"
SIGN_UNTIL = datetime.combine(SCORED + timedelta(days=2), time(17), SHANGHAI)
OTHER = LONG + "补充：对第二名提出整改建议。"


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1))))))))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """All is locked; nothing is flagged that must be settled."""
    return base


def act(r: Review, step: str, by: User, **inputs: Any) -> ReviewRound:
    return perform(ReviewRoundFlow, r.round, step, by=by, **inputs)


def draft(r: Review, text: str = LONG) -> None:
    with on(SCORED, 16):
        act(r, "draft_opinion", r.chair, panel_opinion=text, sign_until=SIGN_UNTIL)


def members(r: Review) -> list[Any]:
    return [seat for seat in r.seats() if seat.pk != r.round.chair_id]


def word(seat: Any, step: str, day: date = SCORED, **inputs: Any) -> None:
    with on(day, 17):
        perform(AssignmentFlow, seat, step, by=seat.expert.user, **inputs)


def see(r: Review) -> None:
    with on(SCORED, 17):
        act(r, "see_opinion", r.w.supervisor)


def close(r: Review, day: date = SCORED) -> None:
    considered = {"flags_considered": True} if flags_of(r.round) else {}
    with on(day, 18):
        act(r, "close", r.chair, **considered)


def refused(call: Callable[[], Any], day: date = SCORED) -> Refused:
    with on(day, 17), pytest.raises(Refused) as caught:
        call()
    return caught.value


def test_rule_2_5_all_members_sign_what_the_chair_drafted_and_the_supervisor_has_seen(r):
    assert "请先由组长起草评审组意见。" in refused(lambda: close(r)).sentences
    draft(r)
    for seat in members(r):
        letter = OutboxMessage.objects.get(recipient=seat.expert.user, subject__startswith="请签署评审组意见")
        assert letter.url == seat.get_absolute_url()
    found = refused(lambda: close(r)).sentences
    assert any(sentence.startswith("尚未签署：") for sentence in found)
    for seat in members(r):
        word(seat, "sign_opinion")
    assert refused(lambda: close(r)).sentences == [
        "请监督员阅看评审组意见和评分后标记“已阅”；意见或评分有改动的，须再阅一次。"
    ]
    see(r)
    close(r)
    assert r.round.state == "CLOSED"
    assert {w.kind for w in words_on(r.round)} == {"AGREE"}


def test_rule_2_5_dissent_is_written_and_recorded_by_alias_and_the_result_stands(r):
    draft(r)
    first, *others = members(r)
    with on(SCORED, 17), pytest.raises(Refused) as caught:
        perform(AssignmentFlow, first, "dissent", by=first.expert.user, dissent="不同意")
    assert "dissent" in caught.value.fields
    word(first, "dissent", dissent=DISSENT)
    for seat in others:
        word(seat, "sign_opinion")
    see(r)
    close(r)
    assert [(w.alias, w.dissent) for w in dissents_of(r.round)] == [(first.alias, DISSENT)]
    entry = AuditEntry.objects.get(object_type="review.reviewround", transition="close", object_id=str(r.round.pk))
    assert entry.payload["dissents"] == {first.alias: DISSENT}
    assert r.bids[0].state == "RECOMMENDED"


def test_rule_2_5_who_neither_signs_nor_dissents_in_writing_by_the_set_instant_agrees_and_this_is_shown(r):
    draft(r)
    silent, *others = members(r)
    for seat in others:
        word(seat, "sign_opinion")
    see(r)
    assert any(silent.alias in sentence for sentence in refused(lambda: close(r)).sentences)
    after = SIGN_UNTIL.date() + timedelta(days=1)
    late = refused(lambda: word(silent, "dissent", after, dissent=DISSENT), after)
    assert "未书面说明不同意见的，视为同意" in late.sentences[0]
    close(r, after)
    shown = {w.alias: w.label for w in words_on(r.round)}
    assert shown[silent.alias] == "逾期未签署也未书面说明，视为同意"
    entry = AuditEntry.objects.get(object_type="review.reviewround", transition="close", object_id=str(r.round.pk))
    assert entry.payload["signatures"][silent.alias] == "逾期未签署也未书面说明，视为同意"


def test_rule_2_5_a_changed_opinion_is_signed_and_seen_anew(r):
    draft(r)
    for seat in members(r):
        word(seat, "sign_opinion")
    see(r)
    draft(r, OTHER)
    assert {w.alias for w in words_on(r.round) if w.kind} == {r.round.chair.alias}
    found = refused(lambda: close(r)).sentences
    assert any(sentence.startswith("尚未签署：") for sentence in found)
    assert any("已阅" in sentence for sentence in found)
    assert PanelSignature.objects.filter(round=r.round).count() == 7, "the first signatures stay"


def test_an_amended_score_is_signed_anew_too(db):
    rows = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]
    r = f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))), *rows)
    made.settle_flags(r.round, r.chair)
    draft(r)
    signer = members(r)[0]
    word(signer, "sign_opinion")
    sheet = ScoreSheet.objects.select_related("assignment__expert__user").get(assignment__round=r.round, total=60)
    expert = sheet.assignment.expert.user
    with on(SCORED, 17):
        by = r.secretary if expert == r.chair else r.chair
        perform(ScoreSheetFlow, sheet, "query", by=by, flags=["D2"], reason=REASON)
        perform(ScoreSheetFlow, sheet, "amend", by=expert, reason=REASON, **given("84"))
    assert not any(w.kind for w in words_on(r.round))
    word(signer, "sign_opinion")


def test_only_the_chair_drafts_only_members_sign_and_each_wording_once(r):
    draft(r)
    seat = members(r)[0]
    for user in (r.secretary, r.w.supervisor, r.chair):
        found = refused(lambda u=user: perform(AssignmentFlow, seat, "sign_opinion", by=u))
        assert found.code == "not_permitted"
    word(seat, "sign_opinion")
    again = refused(lambda: word(seat, "dissent", dissent=DISSENT))
    assert "您已对现在这份意见表态" in again.sentences[0]
    assert refused(lambda: act(r, "see_opinion", r.w.officer)).code == "not_permitted"


def test_signatures_and_the_closed_opinion_stay(r):
    f.close(r)
    for sql in ("UPDATE review_panelsignature SET kind = 'AGREE'", "DELETE FROM review_panelsignature"):
        with pytest.raises(IntegrityError, match="append-only"):
            commit_sql(sql)
    with pytest.raises(IntegrityError, match="the opinion of round"):
        commit_sql("UPDATE review_reviewround SET panel_opinion = 'x' WHERE id = %s", r.round.pk)


def test_rule_2_5_those_who_decide_read_dissents_by_alias(r):
    draft(r)
    first, *others = members(r)
    word(first, "dissent", dissent=DISSENT)
    for seat in others:
        word(seat, "sign_opinion")
    see(r)
    close(r)
    with on(made.DECIDING):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
        for user in (r.w.lead, r.w.officer):
            client = Client()
            client.force_login(user)
            for url in (r.round.get_absolute_url(), r.w.decision.get_absolute_url()):
                html = client.get(url).content.decode()
                assert DISSENT in html
                assert first.alias in html
                assert first.expert.user.name not in html
