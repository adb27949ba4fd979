"""评分分析: who reads it and when, what it says, and that the unchanged scenario is the decision to the cent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from review.calibration import what_if
from review.calibration.standings import Fate
from review.models import ScoreSheet
from review.queries import analysed_lists_visible_to, analyses_visible_to
from review.scoring import AggregationRule
from review.views.analysis import QUERIES
from tests import review_factories as made
from tests.conflict_factories import unguarded
from tests.delivery_factories import on
from tests.review.analysed import closed, collating, list_path, path, reader, scoring, text
from tests.review_factories import SCORED, Review
from workflows.engine import perform
from workflows.review_round import ReviewRoundFlow
from workflows.score_books import records_of

pytestmark = pytest.mark.django_db
STATE = {Fate.AWARD: "RECOMMENDED", Fate.RESERVE: "RESERVE", Fate.REJECT: "NOT_RECOMMENDED"}
#: Occurs nowhere else; planted as a total that the pages would show.
CANARY = "67.50"
VETOED = {"veto": True, "veto_safety": True, "veto_reason": "理" * 20}


@pytest.fixture(scope="module")
def shut(module_db: None) -> Review:
    """A round that has closed, for tests that only read."""
    return closed()


def fates(r: Review) -> dict[str, tuple[Any, Any]]:
    records = records_of([r.round])
    found = what_if(records.book, records.published, records.published)
    return {m.bid: (m.score_before, STATE[m.fate_before]) for m in found.moves}


# --- the unchanged scenario is the decision -------------------------------------------------------------


@pytest.mark.parametrize("rule", list(AggregationRule))
def test_the_published_rules_give_the_decided_scores_and_outcomes(rule: str) -> None:
    weights = {"TECHNICAL": 60, "INDUSTRY": 20, "FINANCE": 20} if rule == "grouped" else {}
    r = closed(aggregation=str(rule), class_weights=weights)
    assert fates(r) == {bid.number: (bid.score, bid.state) for bid in r.bids}


def test_a_tie_that_the_chair_settled_by_ballot_is_settled_the_same_way() -> None:
    r = collating((("88", "88", "80"),) * 5)
    numbers = [bid.number or "" for bid in r.bids]
    made.close(r, ballot=f"{numbers[1]}，{numbers[0]}")
    assert fates(r) == {bid.number: (bid.score, bid.state) for bid in r.bids}
    assert fates(r)[numbers[1]][1] == "RECOMMENDED"


def test_a_veto_and_a_missed_line_are_decided_and_recomputed_alike() -> None:
    r = scoring(3)
    with on(SCORED):
        for n, seat in enumerate(r.seats("PLEDGED")):
            for own, total in zip(seat.sheets.order_by("bid_id"), ("95", "80", "60"), strict=True):
                veto = {**VETOED, "comment": made.LONG} if n == 0 and total == "95" else {}
                given = made.given(total, **veto)
                perform(made.ScoreSheetFlow, own, "submit", by=seat.expert.user, **given)
            perform(made.AssignmentFlow, seat, "submit_all", by=seat.expert.user)
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    made.close(r, ballot="")
    assert fates(r) == {bid.number: (bid.score, bid.state) for bid in r.bids}
    assert r.bids[0].state == "NOT_RECOMMENDED"


def test_the_page_says_that_recomputing_gives_the_decision(shut: Review) -> None:
    r = shut
    assert "4 项得分与决定完全一致" in text(r.w.officer, path(r))
    assert "4 项得分与决定完全一致" in text(r.w.officer, list_path(r))


# --- who is told, and when ------------------------------------------------------------------------------


def pages(r: Review) -> list[str]:
    return [path(r), path(r, "confidence/"), list_path(r), list_path(r, "confidence/")]


def statuses(user: Any, r: Review) -> list[int]:
    """Of every page of the analysis; none that is refused tells the canary."""
    client, found = reader(user), []
    for url in pages(r):
        answer = client.get(url)
        found.append(answer.status_code)
        assert answer.status_code == 200 or CANARY not in answer.content.decode()
    return found


def test_before_the_close_only_secretary_and_supervisor_read_it_and_the_chair_from_the_collation_on() -> None:
    r = scoring()
    with on(SCORED):
        for seat in r.seats("PLEDGED"):
            made.score(seat, "90", "80", "67.5", "70")
    for user in (r.secretary, r.w.supervisor):
        assert statuses(user, r) == [200, 200, 403, 403]
        assert CANARY in text(user, path(r))
    for user in (r.w.officer, r.w.lead, r.chair):
        assert statuses(user, r) == [403] * 4
        assert not analyses_visible_to(user).exists()
    with on(SCORED):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    assert CANARY in text(r.chair, path(r))
    assert statuses(r.w.officer, r) == [403] * 4
    made.close(r)
    for user in (r.w.officer, r.w.lead, r.secretary, r.w.supervisor):
        assert statuses(user, r) == [200] * 4
        assert CANARY in text(user, path(r))
    assert statuses(r.chair, r) == [200, 200, 200, 200]


def test_nobody_else_reads_it_even_after_the_close(shut: Review) -> None:
    r = shut
    other = scoring(1)
    member = next(seat for seat in r.seats() if seat.pk != r.round.chair_id).expert.user
    strangers = (r.w.teams[0].pi, r.w.rec_user, r.w.dem_user, r.w.finance, member, other.w.officer, other.secretary)
    for user in strangers:
        assert set(statuses(user, r)) <= {403, 404}, user
        assert not analyses_visible_to(user).filter(pk=r.round.pk).exists()
        assert not analysed_lists_visible_to(user).exists()
    for url in pages(r):
        assert Client().get(url).status_code == 302


def test_no_page_of_it_names_an_expert(shut: Review) -> None:
    r = shut
    names = {seat.expert.user.name for seat in r.seats("LOCKED")}
    assert names
    for user in (r.w.officer, r.chair):
        for url in pages(r)[:3]:
            own = {user.name}
            shown = re.sub(r"<header.*?</header>", "", text(user, url), flags=re.DOTALL)
            assert not {n for n in names - own if n in shown}


# --- what it says ---------------------------------------------------------------------------------------


def test_flags_are_told_by_bid_and_by_expert_with_their_evidence() -> None:
    r = collating()
    first, second = r.seats("LOCKED")[:2]
    with unguarded():
        ScoreSheet.objects.filter(pk=made.sheet(second).pk).update(comment=made.sheet(first).comment)
    page = text(r.secretary, path(r))
    far_off = r.seats("LOCKED")[2].alias
    assert "个别分数偏离" in page
    assert "总分 40.00 明显偏离中位数 91.00" in page
    assert f"{far_off} 40.00" in page
    assert "意见雷同" in page
    assert "待讨论" in page
    made.close(r)
    assert "评审组讨论：评审组逐条讨论了该分歧" in text(r.secretary, path(r))


def test_severity_with_too_little_history_says_so_and_calibration_is_called_advice(shut: Review) -> None:
    page = text(shut.w.officer, path(shut))
    assert "不足 5 项，历史不足，无法判断宽严" in page
    assert "仅供参考" in page
    assert "从不用于决定" in page


def test_a_calm_round_has_no_flags_and_says_so() -> None:
    r = scoring(2)
    with on(SCORED):
        for n, seat in enumerate(r.seats("PLEDGED")):
            for own, total in zip(seat.sheets.order_by("bid_id"), ("90", "84"), strict=True):
                words = f"{'甲乙丙丁戊'[n] * 20}{'东西'[total == '84'] * 20}认为可行，按程序推进，建议支持。"
                perform(made.ScoreSheetFlow, own, "submit", by=seat.expert.user, **made.given(total, comment=words))
            perform(made.AssignmentFlow, seat, "submit_all", by=seat.expert.user)
    assert "没有发现需要留意的评分" in text(r.secretary, path(r))


def test_a_round_without_a_sheet_says_that_there_is_nothing_yet() -> None:
    r = scoring(1)
    for more in ("", "confidence/"):
        assert "还没有专家提交评分" in text(r.secretary, path(r, more))


def test_rank_intervals_repeat_with_their_seed_and_show_it(shut: Review) -> None:
    r = shut
    first = text(r.w.officer, path(r, "confidence/"), seed="7")
    assert 'value="7"' in first
    table = re.compile(r"<table.*?</table>", re.DOTALL)
    again = text(r.w.officer, path(r, "confidence/"), seed="7")
    assert table.search(first).group() == table.search(again).group()  # type: ignore[union-attr]
    assert "第 " in first
    fragment = reader(r.w.officer).get(path(r, "confidence/"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert re.search(r'name="seed"[^>]*value="\d+"', fragment)


def test_the_page_keeps_its_query_budget(shut: Review, django_assert_max_num_queries: Any) -> None:
    r = shut
    client = reader(r.w.officer)
    client.get(path(r))
    with django_assert_max_num_queries(QUERIES):
        assert client.get(path(r), {"rule": "mean"}).status_code == 200
