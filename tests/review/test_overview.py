"""评审总览: the tally is what the sheets say, whoever writes; points are told when the sheets are."""

from __future__ import annotations

from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from review.models import ReviewTally
from review.queries import tallies_visible_to, tallies_with_points
from review.views.overview import QUERIES
from tests import review_factories as made
from tests.api.worlds import let_the_planner_know
from tests.delivery_factories import on
from tests.review_factories import SCORED, Review
from workflows.assignment import AssignmentFlow
from workflows.engine import perform
from workflows.invariants import tally_is_what_the_sheets_say
from workflows.score_sheet import ScoreSheetFlow

pytestmark = pytest.mark.django_db
PATH = "/review-overview/"


def scored() -> Review:
    """Two bids, five experts; two of them have handed in: 90/60 and 80/85."""
    r = made.scoring(made.in_preview(made.pledged(made.drawn(made.planned(made.under_review(made.closed()))))))
    with on(SCORED):
        first, second = r.seats()[:2]
        made.score(first, "90", "80")
        made.score(second, "60", "85")
    return r


def tally(r: Review, n: int = 0) -> ReviewTally:
    return ReviewTally.objects.get(round=r.round, bid=r.bids[n])


def page(user: Any, **query: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(PATH, query)


# --- the tally ------------------------------------------------------------------------------------------


def test_a_tally_counts_what_was_handed_in_with_mean_spread_and_deviation() -> None:
    found = tally(scored())
    assert (found.assigned, found.submitted) == (5, 2)
    assert (found.mean, found.spread, found.sd) == (Decimal("75.00"), Decimal("30.00"), Decimal("21.21"))
    assert found.is_wide
    assert not found.is_split
    assert found.is_waiting
    assert not list(tally_is_what_the_sheets_say())


def test_a_returned_sheet_counts_as_open_and_a_replaced_experts_sheets_not_at_all() -> None:
    r = scored()
    with on(SCORED):
        sheet = made.sheet(r.seats()[1], 0)
        perform(ScoreSheetFlow, sheet, "return_sheet", by=r.secretary, reason=made.REASON)
        assert (tally(r).submitted, tally(r).mean) == (1, Decimal("90.00"))
        third = r.seats()[2]
        perform(AssignmentFlow, third, "replace", by=r.secretary, reason=made.REASON)
    assert tally(r).assigned == 4
    assert not list(tally_is_what_the_sheets_say())


def test_a_tally_that_somebody_changed_by_hand_is_found() -> None:
    r = scored()
    ReviewTally.objects.filter(pk=tally(r).pk).update(mean=Decimal("99.00"))
    assert any(str(r.bids[0].pk) in line for line in tally_is_what_the_sheets_say())


@pytest.mark.django_db(transaction=True)
def test_two_experts_who_hand_in_at_once_are_both_counted() -> None:
    r = made.scoring(made.in_preview(made.pledged(made.drawn(made.planned(made.under_review(made.closed(1)))))))
    together = Barrier(3)

    def hand_in(seat: Any, total: str) -> None:
        try:
            together.wait()
            with on(SCORED), transaction.atomic():  # each thread has a clock of its own
                made.score(seat, total)
        finally:
            connections.close_all()

    threads = [Thread(target=hand_in, args=given) for given in zip(r.seats()[:3], ("70", "80", "90"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tally(r).submitted, tally(r).mean) == (3, Decimal("80.00"))


# --- who is told ----------------------------------------------------------------------------------------


def test_secretary_and_supervisor_read_points_at_once_and_the_staff_after_the_close() -> None:
    r = scored()
    for user in (r.secretary, r.w.supervisor):
        assert "75.00" in page(user).content.decode()
    for user in (r.w.officer, r.w.lead):
        text = page(user).content.decode()
        assert r.bids[0].title in text
        assert "75.00" not in text
        assert tallies_visible_to(user).count() == 2
        assert tallies_with_points(user).count() == 0


def test_the_staff_cannot_ask_for_points_by_order_or_filter_before_the_close() -> None:
    r = scored()
    for query in ({"sort": "-mean"}, {"sort": "spread"}, {"sort": "sd"}, {"points": "wide"}, {"points": "veto"}):
        assert r.bids[0].title not in page(r.w.officer, **query).content.decode(), query
        assert r.bids[0].title in page(r.secretary, sort=query.get("sort", "-mean")).content.decode()


def test_the_close_tells_the_staff() -> None:
    r = made.scoring(made.in_preview(made.pledged(made.drawn(made.planned(made.under_review(made.closed()))))))
    made.close(made.collated(r, *[("90", "80")] * 5))
    assert tally(r).is_closed
    assert str(tally(r).mean) in page(r.w.officer, sort="-mean").content.decode()


def test_nobody_else_opens_it() -> None:
    r = scored()
    for user in (r.w.teams[0].pi, r.w.rec_user, r.w.dem_user, r.seats()[0].expert.user):
        assert page(user).status_code == 403
        assert not tallies_visible_to(user).exists()
    assert Client().get(PATH).status_code == 302


def test_the_export_leaves_out_what_the_page_leaves_out() -> None:
    r = scored()
    for user, tells in ((r.secretary, True), (r.w.officer, False)):
        client = Client()
        client.force_login(user)
        text = b"".join(client.get("/review-overview/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert r.bids[0].title in text
        assert ("75.00" in text) is tells


# --- the table ------------------------------------------------------------------------------------------


def test_rows_are_sorted_by_spread_and_filtered_by_what_the_chair_looks_for() -> None:
    r = scored()
    wide, narrow = r.bids[0].title, r.bids[1].title
    text = page(r.secretary, sort="-spread").content.decode()
    assert text.index(wide) < text.index(narrow)
    text = page(r.secretary, sort="spread").content.decode()
    assert text.index(narrow) < text.index(wide)
    found = page(r.secretary, points="wide").content.decode()
    assert wide in found
    assert narrow not in found
    assert narrow not in page(r.secretary, progress="complete").content.decode()
    assert "没有符合条件" in page(r.secretary, q="没有的词").content.decode()


def test_the_page_keeps_its_query_budget(django_assert_max_num_queries: Any) -> None:
    r = scored()
    let_the_planner_know()
    client = Client()
    client.force_login(r.secretary)
    client.get(PATH)
    with django_assert_max_num_queries(QUERIES):
        assert client.get(PATH, {"sort": "-spread"}).status_code == 200


def test_the_sorted_page_is_read_from_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # a table this small is else sorted, now and then
        cursor.execute(
            "EXPLAIN SELECT * FROM review_reviewtally WHERE agency_id = 1 ORDER BY spread DESC NULLS LAST, id DESC LIMIT 51"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "tally_by_spread" in plan
    assert "Sort" not in plan
