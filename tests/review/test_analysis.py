"""评分分析: the unchanged scenario is the decision to the cent, others say who crosses the line, and nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.presets import PRESETS
from review.calibration import what_if
from review.scoring import AggregationRule
from review.standings import Fate
from tests import review_factories as made
from tests.review_factories import Review
from workflows.score_books import records_of

pytestmark = pytest.mark.django_db
STATE = {Fate.AWARD: "RECOMMENDED", Fate.RESERVE: "RESERVE", Fate.REJECT: "NOT_RECOMMENDED"}
#: Five experts on four bids: close enough for a rule to matter, one of them far off on the first bid.
ROWS = (("90", "84", "70", "88"), ("91", "86", "72", "88"), ("40", "85", "71", "88"), ("92", "83", "69", "88"), ("93", "87", "73", "88"))  # fmt: skip


def collating(rows: tuple[tuple[str, ...], ...] = ROWS, **rules: Any) -> Review:
    return made.collated(scoring(len(rows[0]), **rules), *rows)


def scoring(bids: int = 4, **rules: Any) -> Review:
    own = PRESETS["OPEN_CHALLENGE"]
    if rules:
        own = type(own).from_data({**own.to_data(), **rules})
    return made.scoring(
        made.in_preview(made.pledged(made.drawn(made.planned(made.under_review(made.closed(bids, rules=own))))))
    )


def closed(rows: tuple[tuple[str, ...], ...] = ROWS, *, ballot: str = "", **rules: Any) -> Review:
    r = collating(rows, **rules)
    made.close(r, ballot=ballot)
    return r


def reader(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path(r: Review, more: str = "") -> str:
    return f"/rounds/{r.round.pk}/analysis/{more}"


def text(user: Any, url: str, **query: Any) -> str:
    answer = reader(user).get(url, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


# --- the unchanged scenario is the decision -------------------------------------------------------------


@pytest.mark.parametrize("rule", list(AggregationRule))
def test_the_published_rules_give_the_decided_scores_and_outcomes(rule: str) -> None:
    weights = {"TECHNICAL": 60, "INDUSTRY": 20, "FINANCE": 20} if rule == "grouped" else {}
    r = closed(aggregation=str(rule), class_weights=weights)
    records = records_of([r.round])
    found = what_if(records.book, records.published, records.published)
    assert len(found.moves) == 4
    for bid in r.bids:
        move = next(m for m in found.moves if m.bid == bid.number)
        assert (move.score_before, STATE[move.fate_before]) == (bid.score, bid.state)


def test_a_tie_that_the_chair_settled_by_ballot_is_settled_the_same_way() -> None:
    rows = (("88", "88", "80"),) * 5
    r = collating(rows)
    numbers = [bid.number or "" for bid in r.bids]
    made.close(r, ballot=f"{numbers[1]}，{numbers[0]}")
    records = records_of([r.round])
    fates = {m.bid: m.fate_before for m in what_if(records.book, records.published, records.published).moves}
    assert [STATE[fates[bid.number]] for bid in r.bids] == [bid.state for bid in r.bids]
    assert fates[numbers[1]] is Fate.AWARD


def test_the_page_says_that_recomputing_gives_the_decision() -> None:
    r = closed()
    assert "4 项得分与决定完全一致" in text(r.w.officer, path(r))


def test_pages(tmp_path: Any) -> None:
    r = closed()
    for url in (path(r), path(r, "confidence/"), "/lists/%s/analysis/" % r.w.challenge_list.number):
        print(text(r.w.officer, url)[:200])
    page = text(r.w.officer, path(r), rule="mean")
    assert "进线" in page
