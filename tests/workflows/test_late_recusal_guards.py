"""The database's part in a late recusal (domain 3.5): one edge for a locked seat and its sheets, and no blocked close."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import tie, unguarded
from tests.delivery_factories import commit_sql, on
from tests.late_recusal_factories import join, judged, member
from tests.review_factories import SCORED, Review
from workflows.assignment import AssignmentFlow
from workflows.audit import Entry
from workflows.clock import now, travel
from workflows.conflict_matrix import keep_findings
from workflows.engine import perform
from workflows.refused import Refused
from workflows.unit_of_work import unit_of_work


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return judged()


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """All is locked; four of the five could conclude."""
    return base


FINDING = (
    "INSERT INTO review_conflictfinding (expert_id, bid_id, code, severity, evidence, found_at)"
    " VALUES (%s, %s, 'C07', 'BLOCK', '依据', now())"
)


def test_nobody_is_found_to_be_blocked_beside_a_score_that_still_counts(r):
    with pytest.raises(IntegrityError, match="live sheet"):
        commit_sql(FINDING, member(r).expert_id, r.bids[0].pk)


@pytest.mark.parametrize(
    ("table", "sql", "words"),
    [
        ("sheet", "UPDATE review_scoresheet SET state = 'VOID' WHERE id = %s", "unaudited|stays locked"),
        ("sheet", "UPDATE review_scoresheet SET state = 'VOID', total = 12 WHERE id = %s", "does not become VOID|never change"),
        ("sheet", "UPDATE review_scoresheet SET state = 'VOID', answer_reason = 'x' WHERE id = %s", "does not become VOID|never change"),
        ("sheet", "UPDATE review_scoresheet SET state = 'DRAFT' WHERE id = %s", "does not become DRAFT"),
        ("sheet", "UPDATE review_scoresheet SET state = 'SUBMITTED' WHERE id = %s", "does not become SUBMITTED"),
        ("seat", "UPDATE review_assignment SET state = 'RECUSED', decline_reason = 'x' WHERE id = %s", "is locked"),
        ("seat", "UPDATE review_assignment SET state = 'VOIDED' WHERE id = %s", "unaudited|goes on"),
        ("seat", "UPDATE review_assignment SET state = 'REPLACED' WHERE id = %s", "is locked"),
        ("seat", "UPDATE review_assignment SET state = 'PLEDGED' WHERE id = %s", "is locked"),
    ],
)  # fmt: skip
def test_a_locked_seat_and_its_sheets_go_no_other_way_by_sql(r, table, sql, words):
    seat = member(r)
    pk = seat.pk if table == "seat" else f.sheet(seat).pk
    with pytest.raises(IntegrityError, match=words):
        commit_sql(sql, pk)


def audited(label: str, pk: int, before: str, after: str) -> None:
    """What a forger would add to get past the guard of the audit."""
    with unit_of_work() as unit:
        unit.entries.append(
            Entry(
                at=now(), actor_id=None, actor_name="系统", role="SYSTEM", object_type=label, object_id=str(pk),
                transition="void", from_state=before, to_state=after, reason="", payload={},
            )
        )  # fmt: skip


def test_even_with_an_entry_a_sheet_goes_void_only_with_its_seat(r):
    sheet = f.sheet(member(r))
    audited("review.scoresheet", sheet.pk, "LOCKED", "VOID")
    with pytest.raises(IntegrityError, match="its seat stays locked"):
        commit_sql("UPDATE review_scoresheet SET state = 'VOID' WHERE id = %s", sheet.pk)


def test_even_with_an_entry_a_locked_seat_leaves_nothing_behind(r):
    seat = member(r)
    audited("review.assignment", seat.pk, "LOCKED", "VOIDED")
    with pytest.raises(IntegrityError, match="sheets that count"):
        commit_sql("UPDATE review_assignment SET state = 'VOIDED' WHERE id = %s", seat.pk)


def test_a_void_sheet_stays_void_with_its_points(r):
    sheet = f.sheet(join(member(r), r))
    for sql in (
        "UPDATE review_scoresheet SET state = 'LOCKED' WHERE id = %s",
        "UPDATE review_scoresheet SET total = 99 WHERE id = %s",
        "UPDATE review_scoresheet SET veto_reason = 'x' WHERE id = %s",
        "UPDATE review_scoreitem SET value = 0 WHERE sheet_id = %s",
        "DELETE FROM review_scoreitem WHERE sheet_id = %s",
    ):
        with pytest.raises(IntegrityError, match=r"does not become|never change"):
            commit_sql(sql, sheet.pk)


def test_the_database_closes_no_round_on_blocked_scores(r):
    seat = member(r)
    with unguarded():
        commit_sql(FINDING, seat.expert_id, r.bids[0].pk)
    with pytest.raises(IntegrityError, match=f"does not close on the scores of {seat.alias}"):
        commit_sql("UPDATE review_reviewround SET state = 'CLOSED' WHERE id = %s", r.round.pk)


def test_once_the_round_has_closed_its_sheets_stay_and_the_finding_is_evidence(r):
    f.close(r)
    commit_sql("SELECT 1")
    seat = member(r)
    tie(seat.expert, "EMPLOYED", organisation=r.bids[0].organisation)
    with travel(now() + timedelta(days=1)):
        keep_findings([seat.expert], r.bids, now())
    seat.refresh_from_db()
    assert seat.state == "LOCKED"
    with pytest.raises(IntegrityError, match="does not become VOID"):
        commit_sql("UPDATE review_scoresheet SET state = 'VOID' WHERE id = %s", f.sheet(seat).pk)
    with pytest.raises(IntegrityError, match="is locked"):
        commit_sql("UPDATE review_assignment SET state = 'RECUSED', decline_reason = 'x' WHERE id = %s", seat.pk)
    with on(SCORED, 19), pytest.raises(Refused) as caught:
        perform(AssignmentFlow, seat, "stand_aside", by=made.SYSTEM, decline_reason="x")
    assert caught.value.sentences == ["本轮评审已经结束；对结果有异议的，请按公示办法提出。"]
