"""Rounds whose rules share the bids out: the solver's pairs, declared familiarity, and what happens when somebody leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from projects.models import Bid
from projects.presets import PRESETS
from review.matching import solve
from review.matching.json_files import instance_of
from review.models import Assignment, ConflictRuling, ExpertTie, RoundMatch, ScoreSheet
from review.queries import bids_for_review
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN, READ, REASON, SCORED, Review
from workflows import clock
from workflows.assignment import AssignmentFlow
from workflows.conflict_ruling import ConflictRulingFlow
from workflows.engine import perform
from workflows.expert_tie import ExpertTieFlow, declare
from workflows.familiarity import familiarity_inputs
from workflows.models import AuditEntry, OutboxMessage
from workflows.panel_draw import eligible
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

PER_BID = {"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1}
RULES = replace(
    PRESETS["OPEN_CHALLENGE"],
    assignment="matched",
    panel_seats={"TECHNICAL": 5, "INDUSTRY": 2, "FINANCE": 2},
    bid_seats=PER_BID,
    bids_per_expert=(1, 4),
)
POOL = {"TECHNICAL": 7, "INDUSTRY": 4, "FINANCE": 4}


def pledged(bids: int = 4) -> Review:
    return f.pledged(f.drawn(f.planned(f.under_review(f.closed(bids, rules=RULES, pool=POOL)))))


@pytest.fixture
def ready(db: None) -> Review:
    return pledged()


@pytest.fixture
def shared(db: None) -> Review:
    return f.in_preview(pledged())


def panels(r: Review) -> dict[int, Counter[str]]:
    """Bid → how many live sheets of each seat type."""
    found: dict[int, Counter[str]] = {bid.pk: Counter() for bid in r.bids}
    for sheet in (
        ScoreSheet.objects.filter(assignment__round=r.round).exclude(state="VOID").select_related("assignment")
    ):
        found[sheet.bid_id][sheet.assignment.seat_type] += 1
    return found


def load(seat: Assignment) -> int:
    return seat.sheets.exclude(state="VOID").count()


def test_the_rules_say_what_a_shared_round_needs():
    assert RULES.problems() == []
    assert RULES.reviews_per_bid == 5
    for change, word in (
        ({"bid_seats": {"TECHNICAL": 2}}, "单数"),
        ({"bid_seats": {"TECHNICAL": 7}}, "不能多于评审组同类席位"),
        ({"quorum": 5}, "法定人数"),
        ({"bids_per_expert": (4, 2)}, "最少不大于最多"),
        ({"assignment": "lottery"}, "评审分工应为"),
        ({"assignment": "panel"}, "只用于 matched"),
    ):
        assert any(word in sentence for sentence in replace(RULES, **change).problems()), change


def test_every_bid_gets_its_panel_and_nobody_more_than_his_share(shared):
    assert all(mix == Counter(PER_BID) for mix in panels(shared).values())
    loads = [load(seat) for seat in shared.seats()]
    assert sum(loads) == 4 * 5
    assert min(loads) >= 1
    assert max(loads) <= 4


def test_the_match_is_on_record_with_all_it_was_computed_from_and_computes_again(shared):
    row = RoundMatch.objects.get(round=shared.round)
    again = solve(instance_of(row.instance))
    assert [list(pair) for pair in again.pairs] == row.pairs
    sheets = ScoreSheet.objects.filter(assignment__round=shared.round).select_related("bid", "assignment")
    assert sorted([s.bid.number, s.assignment.alias] for s in sheets) == row.pairs
    entry = AuditEntry.objects.get(object_type="review.reviewround", transition="open_preview")
    assert entry.payload["match_digest"] == row.digest == RoundMatch.digest_of(row.instance, row.pairs)
    names = {seat.expert.user.name for seat in shared.seats()}
    assert not any(name in str(row.instance) for name in names)


def test_a_match_is_never_rewritten(shared):
    for statement in ("UPDATE review_roundmatch SET pairs = '[]'", "DELETE FROM review_roundmatch"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_expert_reads_the_bids_of_his_share_only(shared):
    for seat in shared.seats():
        own = set(seat.sheets.values_list("bid_id", flat=True))
        assert set(bids_for_review(seat.expert.user).values_list("pk", flat=True)) == own
    assert any(load(seat) < 4 for seat in shared.seats())


def test_what_an_expert_declares_goes_before_the_texts(ready):
    seat, bids = ready.technical, ready.bids
    levels = {f"level_{bid.pk}": "0" for bid in bids[1:]} | {f"level_{bids[0].pk}": "3"}
    with on(DRAWN, 11):
        perform(AssignmentFlow, seat, "declare_levels", by=seat.expert.user, **levels)
        perform(AssignmentFlow, seat, "declare_levels", by=seat.expert.user, **levels)
    f.in_preview(ready)
    assert list(seat.sheets.values_list("bid_id", flat=True)) == [bids[0].pk]
    instance = RoundMatch.objects.get(round=ready.round).instance
    column = [expert["id"] for expert in instance["experts"]].index(seat.alias)
    worth = {p["id"]: row[column] for p, row in zip(instance["proposals"], instance["affinity"], strict=True)}
    assert worth[bids[0].number] >= 0.75
    assert {worth[bid.number] for bid in bids[1:]} == {0.0}


def test_familiarity_is_asked_by_nobody_else_and_not_after_the_bids_are_shared_out(ready):
    seat, other = ready.seats()[:2]
    field = {f"level_{ready.bids[0].pk}": "2"}
    found = refused(lambda: perform(AssignmentFlow, seat, "declare_levels", by=other.expert.user, **field), DRAWN)
    assert found.code == "not_permitted"
    f.in_preview(ready)
    found = refused(lambda: perform(AssignmentFlow, seat, "declare_levels", by=seat.expert.user, **field), DRAWN)
    assert "已经分工" in found.sentences[0]


def test_a_bid_that_an_expert_may_not_judge_is_neither_asked_about_nor_given_to_him(ready):
    seat, bid = ready.seats()[0], ready.bids[0]
    block(ready, seat, bid)
    assert Assignment.objects.get(pk=seat.pk).state == "PLEDGED"
    fields = familiarity_inputs(AssignmentFlow(seat, by=seat.expert.user))
    assert set(fields) == {f"level_{other.pk}" for other in ready.bids[1:]}
    f.in_preview(ready)
    assert not seat.sheets.filter(bid=bid).exists()
    assert all(mix == Counter(PER_BID) for mix in panels(ready).values())


def test_a_conflict_found_later_takes_one_bid_from_the_seat_and_gives_it_to_another(shared):
    seat = next(seat for seat in shared.seats() if load(seat) > 1)
    sheet = seat.sheets.order_by("pk").first()
    before = pairs_of(shared)
    block(shared, seat, sheet.bid)
    assert (reload(sheet).state, Assignment.objects.get(pk=seat.pk).state) == ("VOID", "PLEDGED")
    assert_whole(shared)
    row = shared.round.matches.last()
    assert (row.no, [sheet.bid.number, seat.alias] in row.pairs, row.lacking) == (2, False, [])
    assert len(before - pairs_of(shared)) == 1 + len(row.moved)


def test_an_expert_steps_back_from_one_bid_and_keeps_the_others(shared):
    seat = next(seat for seat in shared.seats() if load(seat) > 1)
    sheet, had = seat.sheets.order_by("pk").first(), load(seat)
    with on(READ):
        perform(ScoreSheetFlow, sheet, "step_back", by=seat.expert.user, reason=REASON)
    assert reload(sheet).state == "VOID"
    assert sheet.bid_id not in bids_for_review(seat.expert.user).values_list("pk", flat=True)
    assert load(seat) in (had - 1, had)
    assert_whole(shared)
    added = shared.round.matches.last().added
    assert sheet.bid.number in {number for number, _alias in added}
    for _number, alias in added:
        takes = shared.round.assignments.get(alias=alias).expert.user
        assert OutboxMessage.objects.filter(recipient=takes, subject="您的评审任务有调整").exists()
    assert not OutboxMessage.objects.filter(subject__contains=seat.expert.user.name).exists()


def test_who_leaves_hands_his_share_to_the_standby_and_begun_sheets_stay(shared):
    f.scoring(shared)
    stays, leaves = shared.seats()[:2]
    begun = stays.sheets.order_by("pk").first()
    with on(SCORED, 9):
        perform(ScoreSheetFlow, begun, "save_draft", by=stays.expert.user, **f.given("86"))
        perform(AssignmentFlow, leaves, "replace", by=shared.secretary, reason=REASON)
        newcomer = shared.round.assignments.get(state="INVITED")
        assert newcomer.sheets.count() == 0
        f.pledge(newcomer)
    assert load(Assignment.objects.get(pk=leaves.pk)) == 0
    assert load(newcomer) > 0
    assert reload(begun).state == "DRAFT"
    assert_whole(shared)


def test_without_a_standby_the_others_who_have_room_take_over(shared):
    """The pool holds no more finance experts: two are left for four bids, at most four each."""
    f.scoring(shared)
    finance = [seat for seat in shared.seats() if seat.seat_type == "FINANCE"]
    with on(SCORED, 9):
        for _ in range(3):  # the standby, the last of the pool, and then nobody
            gone = next(s for s in shared.seats() if s.seat_type == "FINANCE" and s.pk != finance[0].pk)
            perform(AssignmentFlow, gone, "replace", by=shared.secretary, reason=REASON)
            if newcomer := shared.round.assignments.filter(state="INVITED").first():
                f.pledge(newcomer)
    assert load(finance[0]) == 4
    assert_whole(shared)


def test_a_round_that_lacks_reviews_tells_the_secretary_and_is_not_collated(shared):
    f.scoring(shared)
    block_all_finance_but = [seat for seat in shared.seats() if seat.seat_type == "FINANCE"]
    with on(SCORED, 9):
        for seat in block_all_finance_but:
            for sheet in seat.sheets.filter(bid=shared.bids[0]).exclude(state="VOID"):
                perform(ScoreSheetFlow, sheet, "step_back", by=seat.expert.user, reason=REASON)
        for seat in shared.seats():
            again = seat.sheets.filter(bid=shared.bids[0], state="EMPTY").first()
            if seat.seat_type == "FINANCE" and again:
                perform(ScoreSheetFlow, again, "step_back", by=seat.expert.user, reason=REASON)
        row = shared.round.matches.last()
        assert any(shared.bids[0].number in sentence for sentence in row.lacking)
        for seat in shared.seats():
            f.score(seat)
    found = refused(lambda: perform(ReviewRoundFlow, shared.round, "collate", by=shared.secretary), SCORED)
    assert found.sentences[0].startswith(f"评审未评齐：{shared.bids[0].number}。")


def test_bids_that_cannot_be_shared_out_are_refused_with_the_smallest_cure(db):
    r = f.pledged(f.drawn(f.planned(f.under_review(
        f.closed(4, rules=replace(RULES, bids_per_expert=(1, 1)), pool=POOL)
    ))))  # fmt: skip
    found = refused(lambda: perform(ReviewRoundFlow, r.round, "open_preview", by=r.secretary), DRAWN)
    assert "申请分不下去" in found.sentences[0]
    assert "最多承担数" in found.sentences[0] or "评审人数由" in found.sentences[0]
    assert not ScoreSheet.objects.filter(assignment__round=r.round).exists()


def test_a_shared_round_is_scored_closed_and_ranked_like_any_other(shared):
    f.scoring(shared)
    with on(SCORED):
        for seat in shared.seats("PLEDGED"):
            for own in seat.sheets.exclude(state="VOID"):
                total = str(90 - 3 * [bid.pk for bid in shared.bids].index(own.bid_id))
                perform(ScoreSheetFlow, own, "submit", by=seat.expert.user, **f.given(total, comment=f.LONG))
            perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
        perform(ReviewRoundFlow, shared.round, "collate", by=shared.secretary)
    f.close(shared)
    best, _reserve, *others = (bid.state for bid in shared.bids)
    assert (best, set(others)) == ("RECOMMENDED", {"NOT_RECOMMENDED"})


def all_scored(r: Review) -> Review:
    f.scoring(r)
    with on(SCORED, 9):
        for seat in r.seats("PLEDGED"):
            f.score(seat)
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    return r


def test_after_the_collation_a_conflict_about_a_bid_that_he_did_not_judge_moves_nobody(shared):
    all_scored(shared)
    seat = next(seat for seat in shared.seats("LOCKED") if load(seat) < 4)
    judged = set(seat.sheets.values_list("bid_id", flat=True))
    block(shared, seat, next(bid for bid in shared.bids if bid.pk not in judged), day=SCORED)
    assert Assignment.objects.get(pk=seat.pk).state == "LOCKED"


def test_after_the_collation_a_blocked_score_leaves_the_round_unfit_to_conclude(shared):
    all_scored(shared)
    seat = next(seat for seat in shared.seats("LOCKED") if seat.pk != shared.round.chair_id)
    sheet = seat.sheets.select_related("bid").order_by("pk").first()
    block(shared, seat, sheet.bid, day=SCORED)
    assert (reload(sheet).state, Assignment.objects.get(pk=seat.pk).state) == ("VOID", "RECUSED")
    chair, said = shared.chair, {"panel_opinion": f.LONG, "sign_until": clock_at(SCORED, 20)}
    found = refused(lambda: perform(ReviewRoundFlow, shared.round, "draft_opinion", by=chair, **said), SCORED, 16)
    assert any(sentence.startswith("评审不再齐全：") and sheet.bid.number in sentence for sentence in found.sentences)
    with on(SCORED, 17):
        perform(ReviewRoundFlow, shared.round, "abort", by=shared.w.officer, reason=REASON)
    assert shared.round.state == "ABORTED"


def test_nobody_is_drawn_for_whom_no_bid_is_left_and_one_blocked_bid_keeps_nobody_away(db):
    r = f.planned(f.under_review(f.closed(2, rules=RULES, pool=POOL)))
    pool = r.w.agency.experts.filter(seat_type="FINANCE").order_by("pk")
    with on(DRAWN):
        declare_block(r, pool[0], r.bids[:1])
        declare_block(r, pool[1], r.bids)
        fit = {int(candidate.id) for candidate in eligible(r.round, clock.now())[0]}
    assert pool[0].pk in fit
    assert pool[1].pk not in fit


# --- hands -----------------------------------------------------------------------------------------


def refused(call: Callable[[], Any], day: date, hour: int = 13) -> Refused:
    with on(day, hour), pytest.raises(Refused) as found:
        call()
    return found.value


def declare_block(r: Review, expert: Any, bids: list[Bid]) -> None:
    for bid in bids:
        row = declare(ExpertTie(expert=expert, kind="RELATIVE", person=bid.pi, note="配偶"), by=expert.user)
        perform(ExpertTieFlow, row, "confirm", by=r.secretary, reason=REASON)


def clock_at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), clock.SHANGHAI)


def block(r: Review, seat: Assignment, bid: Bid, day: date = DRAWN) -> None:
    """The secretary confirms a doubt about one pair."""
    with on(day, 13):
        declare(ExpertTie(expert=seat.expert, kind="COAUTHOR", person=bid.pi, note="合作论文"), by=seat.expert.user)
        ruling = ConflictRuling.objects.get(finding__expert=seat.expert, finding__bid=bid)
        perform(ConflictRulingFlow, ruling, "confirm", by=r.secretary, reason=REASON)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def pairs_of(r: Review) -> set[tuple[int, int]]:
    live = ScoreSheet.objects.filter(assignment__round=r.round).exclude(state="VOID")
    return set(live.values_list("assignment_id", "bid_id"))


def assert_whole(r: Review) -> None:
    assert all(mix == Counter(PER_BID) for mix in panels(r).values())
    assert all(load(seat) <= 4 for seat in r.seats())


def reload(sheet: ScoreSheet) -> ScoreSheet:
    return ScoreSheet.objects.get(pk=sheet.pk)
