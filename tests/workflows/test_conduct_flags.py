"""D5–D7 as the chair gets them (domain 3.7): on the round's page, to be asked about, on record; they block nothing."""

from typing import Any

import pytest
from django.test import Client

from review.models import ReviewRound, ScoreItem, ScoreSheet
from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import unguarded
from tests.delivery_factories import on
from tests.review_factories import LONG, REASON, SCORED, Review, given
from tests.wording import COMMENTS
from workflows import clock
from workflows.assignment import AssignmentFlow
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.review_flags import flags_about, flags_of, question_of, unsettled_flags
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.sheet_drafts import note_beat, note_document_opened

COPIED = COMMENTS[0]


def copied(r: Review) -> Review:
    """The first two experts hand in one comment on the first bid; the second reads for a minute and a half only."""
    with on(SCORED):
        for n, seat in enumerate(r.seats("PLEDGED")):
            for m, sheet in enumerate(seat.sheets.order_by("bid_id")):
                words = COPIED if n < 2 and m == 0 else COMMENTS[100 + 2 * n + m]
                if n == 1 and m == 0:
                    read(sheet, 90)
                perform(ScoreSheetFlow, sheet, "submit", by=seat.expert.user, **given("86", comment=words))
            perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    return r


def read(sheet: ScoreSheet, seconds: int) -> None:
    """As the page tells it: the document is opened, then a word every quarter of a minute."""
    for minute in range(9, 9 + seconds // 15):
        with on(SCORED, minute):
            note_document_opened(sheet, clock.now())
            note_beat(sheet, 15, clock.now())


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return copied(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))))


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def second(r: Review) -> ScoreSheet:
    found = ScoreSheet.objects.filter(assignment__round=r.round, comment=COPIED).select_related(
        "assignment__expert__user", "assignment__round", "bid"
    )
    return found.order_by("-assignment__alias")[0]


def test_rule_3_7_haste_and_copies_are_flags_of_the_round(r):
    haste, twin = [flag for flag in flags_of(r.round) if flag.code in ("D5", "D6", "D7")]
    assert haste.message == "在线评审用时 1 分 30 秒，不足 3 分钟，请专家确认。"
    assert (twin.code, twin.expert, twin.other_expert) == ("D6", "E02", "E01")
    assert (haste.bid, twin.bid) == (str(r.bids[0].pk), str(r.bids[0].pk))


def test_either_writer_of_a_copy_may_be_asked_and_nobody_else(r):
    sheets = ScoreSheet.objects.filter(assignment__round=r.round).select_related("assignment__round")
    asked = {s.assignment.alias for s in sheets if any(flag.code == "D6" for flag in flags_about(s))}
    assert asked == {"E01", "E02"}


def test_rule_3_7_the_chair_asks_about_haste_and_copy_in_one_question(r):
    sheet = second(r)
    by = r.secretary if sheet.assignment.expert.user == r.chair else r.chair
    with on(SCORED, 13):
        perform(ScoreSheetFlow, sheet, "query", by=by, flags=["D5", "D6"], reason=REASON)
    assert sheet.query_flags == "D5,D6"
    with on(SCORED, 14):
        perform(
            ScoreSheetFlow, sheet, "amend", by=sheet.assignment.expert.user, reason=REASON,
            **given("86", comment=COMMENTS[300]),
        )  # fmt: skip
    assert [flag.code for flag in flags_of(r.round) if flag.code in ("D5", "D6")] == ["D5"], "the time stays as it was"


def test_they_block_nothing_but_are_considered_discussed_and_kept_with_the_closing(r):
    assert unsettled_flags(r.round) == []
    twin = next(flag for flag in flags_of(r.round) if flag.code == "D6")
    note = "评审组核对了两份意见：系同一单位的模板，评分各自独立作出，予以保留。"
    with on(SCORED, 16):
        perform(ReviewRoundFlow, r.round, "discuss_flag", by=r.chair, flag=twin.key, note=note)
        made.sign_round(r.round, seen_by=r.w.supervisor, opinion=LONG)
        with pytest.raises(Refused, match="评审组已逐条讨论"):
            perform(ReviewRoundFlow, r.round, "close", by=r.chair, ballot=ballot(r))
        perform(ReviewRoundFlow, r.round, "close", by=r.chair, flags_considered=True, ballot=ballot(r))
    entry = AuditEntry.objects.get(transition="close", object_id=str(r.round.pk), object_type="review.reviewround")
    assert {flag["code"] for flag in entry.payload["flags"]} >= {"D5", "D6"}


def ballot(r: Review) -> str:
    return ",".join(bid.number or "" for bid in r.bids)


def test_two_breaches_of_one_sheet_are_one_flag_with_both_sentences(r):
    sheet = second(r)
    criteria: list[dict[str, Any]] = [dict(c) for c in r.round.criteria]
    items = list(ScoreItem.objects.filter(sheet=sheet).order_by("pk")[:2])
    with unguarded():
        for item in items:
            own = next(c for c in criteria if c["code"] == item.criterion)
            own["bands"] = [{"label": "优", "low": 90, "high": 95}]
            ScoreItem.objects.filter(pk=item.pk).update(band="优")
        ReviewRound.objects.filter(pk=r.round.pk).update(criteria=criteria)
    breaches = [flag for flag in flags_of(r.round) if flag.code == "D7"]
    assert len(breaches) == 1
    assert breaches[0].message.count("勾选“优”") == 2


def test_a_flag_names_its_bid_where_one_is_chosen(r):
    flag = next(flag for flag in flags_of(r.round) if flag.code == "D5")
    number = r.bids[0].number
    assert question_of(flag, {str(r.bids[0].pk): number}).startswith(f"D5 E02 {number} 在线评审用时")


def test_the_rounds_page_shows_them_with_their_buttons(r):
    client = Client()
    client.force_login(r.secretary)
    with on(SCORED, 14):
        html = client.get(r.round.get_absolute_url()).content.decode()
    for words in ("D5", "在线评审用时 1 分 30 秒", "D6", "评审意见与 E01 的相似度为 100%"):
        assert words in html
    assert f"/act/score-sheet/{second(r).pk}/query/" in html


def test_flags_take_two_queries_however_many_sheets_and_one_more_where_there_are_bands(r, django_assert_num_queries):
    row = r.round
    with django_assert_num_queries(2):
        flags_of(row)
