"""A blocked pair cannot be assigned, not even by SQL (domain 3.5)."""

from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import UnitLink
from projects.models import BidEditor
from review.models import Assignment, ConflictFinding, ConflictRuling, Expert
from tests import review_factories as f
from tests.conflict_factories import avoid, tie, unguarded
from tests.delivery_factories import commit_sql, on
from tests.review_factories import READ, REASON, Review
from workflows import clock
from workflows.conflict_matrix import keep_findings
from workflows.conflict_ruling import ConflictRulingFlow
from workflows.engine import perform


def committed(r: Review) -> Review:
    """What was written so far is judged now, and not again together with what a test writes."""
    commit_sql("SELECT 1")
    return r


@pytest.fixture(scope="module")
def pledged_base(module_db: None) -> Review:
    return committed(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))


@pytest.fixture(scope="module")
def scoring_base(module_db: None) -> Review:
    return committed(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))))


@pytest.fixture
def pledged(pledged_base: Review, db: None) -> Review:
    """The panel has pledged; there are no sheets yet."""
    return pledged_base


@pytest.fixture
def r(scoring_base: Review, db: None) -> Review:
    """Two live sheets for each of five experts."""
    return scoring_base


SHEET = (
    "INSERT INTO review_scoresheet (created_at, version, assignment_id, bid_id, comment, recommendation, is_vetoed, state,"
    " query_flags, query_reason, answer, answer_reason, veto_grounds, veto_reason)"
    " VALUES (now(), 0, %s, %s, '', '', false, 'EMPTY', '', '', '', '', '[]', '')"
)
FINDING = (
    "INSERT INTO review_conflictfinding (expert_id, bid_id, code, severity, evidence, found_at)"
    " VALUES (%s, %s, 'C07', %s, '依据', now())"
)
OPEN = "UPDATE review_scoresheet SET state = 'DRAFT' WHERE id = %s"


def refused(words: str) -> Any:
    return pytest.raises(IntegrityError, match=words)


def finding(seat: Assignment, bid: Any, severity: str) -> ConflictFinding:
    with unguarded():
        return ConflictFinding.objects.create(
            expert=seat.expert, bid=bid, code="C07", severity=severity, evidence="依据", found_at=clock.now()
        )


def test_rule_3_5_no_sheet_is_made_for_a_blocked_pair_even_by_sql(pledged):
    seat, bid = pledged.seats()[0], pledged.bids[0]
    commit_sql(FINDING, seat.expert_id, bid.pk, "BLOCK")
    with refused("must not judge bid .* rule C07"):
        commit_sql(SHEET, seat.pk, bid.pk)


def test_a_doubt_forbids_nothing_yet_and_a_gone_finding_nothing_more(pledged):
    seat, bid = pledged.seats()[0], pledged.bids[0]
    commit_sql(FINDING, seat.expert_id, bid.pk, "WARN")
    with refused("unaudited"):  # of the guards only the audit's speaks
        commit_sql(SHEET, seat.pk, bid.pk)
    ConflictFinding.objects.update(severity="BLOCK", gone_at=clock.now())
    with refused("unaudited"):
        commit_sql(SHEET, seat.pk, bid.pk)


@pytest.mark.parametrize("how", ["expert's unit", "account's unit", "branch", "partner"])
def test_c01_holds_from_the_tables_alone(r, how):
    seat, bid = r.seats()[0], r.bids[0]
    if how == "expert's unit":
        Expert.objects.filter(pk=seat.expert_id).update(organisation=bid.organisation)
    elif how == "account's unit":
        seat.expert.user.organisation = bid.organisation
        seat.expert.user.save()
    elif how == "branch":
        middle = f.expert(r.w).organisation
        UnitLink.objects.create(unit=seat.expert.organisation, parent=middle, kind="BRANCH")
        UnitLink.objects.create(unit=middle, parent=bid.organisation, kind="BRANCH")
    else:
        bid.partners.create(organisation=seat.expert.organisation, task="测试")
    with refused("rule C01"):
        commit_sql(OPEN, f.sheet(seat).pk)
    with refused("unaudited"):
        commit_sql(OPEN, f.sheet(seat, 1).pk)


def test_c01_a_subsidiary_is_another_legal_person_and_a_ring_of_branches_ends(r):
    seat, bid = r.seats()[0], r.bids[0]
    own = seat.expert.organisation
    UnitLink.objects.create(unit=own, parent=bid.organisation, kind="SUBSIDIARY")
    other = f.expert(r.w).organisation
    UnitLink.objects.create(unit=own, parent=other, kind="BRANCH")
    UnitLink.objects.create(unit=other, parent=own, kind="BRANCH")
    with refused("unaudited"):
        commit_sql(OPEN, f.sheet(seat).pk)


def test_c03_holds_from_the_tables_alone(r):
    seat = r.seats()[0]
    BidEditor.objects.create(bid=r.bids[0], user=seat.expert.user, added_at=clock.now())
    with refused("rule C03"):
        commit_sql(OPEN, f.sheet(seat).pk)


def test_a_sheet_is_not_moved_to_a_blocked_bid_nor_a_seat_to_a_blocked_expert(r):
    seat, colleague = r.seats()[0], f.expert(r.w, organisation=r.bids[0].organisation)
    finding(seat, r.bids[1], "BLOCK")
    with unguarded():
        f.sheet(seat, 1).delete()
    with refused("must not judge"):
        commit_sql("UPDATE review_scoresheet SET bid_id = %s WHERE id = %s", r.bids[1].pk, f.sheet(seat).pk)
    with refused("stays with its expert"):
        commit_sql("UPDATE review_assignment SET expert_id = %s WHERE id = %s", colleague.pk, seat.pk)


def test_nobody_is_found_to_be_blocked_beside_his_live_sheet(r):
    seat, bid = r.seats()[0], r.bids[0]
    with refused("live sheet"):
        commit_sql(FINDING, seat.expert_id, bid.pk, "BLOCK")
    commit_sql(FINDING, seat.expert_id, bid.pk, "WARN")
    with refused("live sheet"):
        commit_sql("UPDATE review_conflictfinding SET severity = 'BLOCK' WHERE expert_id = %s", seat.expert_id)


def test_who_leaves_in_the_same_transaction_may_be_found_blocked(r):
    seat = r.technical
    tie(seat.expert, "EMPLOYED", organisation=r.bids[0].organisation)
    with on(READ, 11):
        keep_findings([seat.expert], r.bids, clock.now())
    commit_sql("SELECT 1")
    assert ConflictFinding.objects.get(expert=seat.expert).severity == "BLOCK"


def test_locked_sheets_of_a_closed_round_stay_and_a_later_finding_is_evidence(db):
    r = f.collated(f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2))))))))
    first, second = r.bids
    f.close(r, ballot=f"{first.number},{second.number}")
    seat = committed(r).seats()[0]
    commit_sql(FINDING, seat.expert_id, first.pk, "BLOCK")
    assert f.sheet(seat).state == "LOCKED"


def test_findings_are_not_deleted_nor_turned_to_another_pair(r):
    seat = r.seats()[0]
    row = finding(seat, r.bids[0], "WARN")
    for sql in ("DELETE FROM review_conflictfinding", "TRUNCATE review_conflictfinding CASCADE"):
        with refused("append-only"):
            commit_sql(sql)
    with refused("stays what it is about"):
        commit_sql("UPDATE review_conflictfinding SET bid_id = %s WHERE id = %s", r.bids[1].pk, row.pk)


def test_what_the_secretary_confirmed_is_not_weakened_past_him(pledged):
    expert = f.expert(pledged.w)
    tie(expert, "OTHER", organisation=pledged.bids[0].organisation)
    keep_findings([expert], pledged.bids, clock.now())
    ruling = ConflictRuling.objects.get(finding__expert=expert)
    perform(ConflictRulingFlow, ruling, "confirm", by=pledged.secretary, reason=REASON)
    with refused("was confirmed"):
        commit_sql("UPDATE review_conflictfinding SET severity = 'WARN' WHERE id = %s", ruling.finding_id)
    with refused("unaudited"):
        commit_sql("UPDATE review_conflictruling SET state = 'CLEARED' WHERE id = %s", ruling.pk)
    perform(ConflictRulingFlow, ruling, "clear", by=pledged.secretary, reason=REASON)
    commit_sql("SELECT 1")


# --- avoid lists ------------------------------------------------------------------------------------


def test_rule_3_5_a_bid_names_three_people_to_avoid_at_most(r):
    for place in (0, 4):
        with refused("at_most_three_avoidances"):
            avoid(r.bids[0], r.seats()[0].expert, place=place)
    avoid(r.bids[0], r.seats()[0].expert)
    with refused("avoidance_place_once"):
        avoid(r.bids[0], r.seats()[1].expert)


def test_the_avoid_list_of_a_handed_in_bid_never_changes_and_is_decided_once(r):
    row = avoid(r.bids[0], r.seats()[0].expert)
    for sql in (
        "UPDATE projects_bidavoidance SET person_name = '别人' WHERE id = %s",
        "DELETE FROM projects_bidavoidance WHERE id = %s",
    ):
        with refused("never changes"):
            commit_sql(sql, row.pk)
    with refused("never changes"):
        commit_sql(
            "INSERT INTO projects_bidavoidance (bid_id, place, person_name, unit_name, reason, decision, decision_reason)"
            " VALUES (%s, 2, '补一位', '某单位', '补充', '', '')",
            r.bids[0].pk,
        )
    decide = "UPDATE projects_bidavoidance SET decision = %s, decision_reason = '核查属实，予以采纳' WHERE id = %s"
    commit_sql(decide, "REFUSED", row.pk)
    with refused("was decided"):
        commit_sql(decide, "ACCEPTED", row.pk)
