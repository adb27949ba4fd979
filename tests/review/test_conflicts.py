"""回避 (domain 3.5): which expert may not judge which bid, each rule with the fact it rests on."""

from datetime import date, timedelta

import pytest

from accounts.models import IntegrityRecord, Role, RoleGrant
from projects.models import Bid, BidPartner
from review.conflicts import blocked_pairs, conflicted_experts
from review.models import Expert
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN, Review
from workflows.bid import BidFlow
from workflows.engine import perform, start


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.closed(2, pool={})


@pytest.fixture
def r(base: Review, db: None) -> Review:
    """Two bids and nobody in the pool."""
    return base


@pytest.fixture
def expert(r: Review) -> Expert:
    return f.expert(r.w)


def found(r: Review, *experts: Expert, day: date = DRAWN) -> set[tuple[int, str]]:
    """(bid, rule) of every blocked pair."""
    bids = list(Bid.objects.filter(pk__in=[b.pk for b in r.bids]).select_related("challenge"))
    return {(c.bid_id, c.code) for c in blocked_pairs(experts, bids, day)}


def everywhere(r: Review, code: str) -> set[tuple[int, str]]:
    return {(bid.pk, code) for bid in r.bids}


def test_an_expert_of_a_third_unit_may_judge_every_bid(r, expert):
    assert found(r, expert) == set()


def test_c01_same_legal_unit_as_the_applicant_blocks_that_bid_only(r):
    colleague = f.expert(r.w, organisation=r.bids[0].organisation)
    assert found(r, colleague) == {(r.bids[0].pk, "C01")}


def test_c01_same_legal_unit_as_a_participant_blocks_too(r, expert):
    BidPartner.objects.create(bid=r.bids[1], organisation=expert.organisation, task="测试", budget_yuan=0)
    assert found(r, expert) == {(r.bids[1].pk, "C01")}


def test_c03_who_bids_in_the_same_list_judges_none_of_it(r):
    rival = f.expert(r.w, user=r.bids[0].pi, organisation=made.organisation("第三单位"))
    assert found(r, rival) == everywhere(r, "C03")


@pytest.mark.parametrize("withdrawn", [False, True])
def test_c03_a_draft_competes_and_a_withdrawn_bid_no_more(db, withdrawn):
    w = made.world()
    challenge = made.published_list(w).challenges.get()
    judged = made.submitted_bid(w, challenge)
    rival = f.expert(w)
    rival.user.organisation = rival.organisation
    rival.user.save()
    with on(date(2026, 4, 2)):
        own = Bid(challenge=challenge, organisation=rival.organisation, pi=rival.user, title="草稿")
        start(BidFlow, own, by=rival.user)
        if withdrawn:
            perform(BidFlow, own, "withdraw", by=rival.user, reason=f.REASON)
    assert {c.code for c in blocked_pairs([rival], [judged], DRAWN)} == (set() if withdrawn else {"C03"})


def test_c04_formerly_employed_by_bidder_or_partner(r, expert):
    expert.former_organisations.add(r.bids[0].organisation)
    assert found(r, expert) == {(r.bids[0].pk, "C04")}
    partner = made.organisation("联合单位")
    BidPartner.objects.create(bid=r.bids[1], organisation=partner, task="测试", budget_yuan=0)
    expert.former_organisations.set([partner])
    assert found(r, expert) == {(r.bids[1].pk, "C04")}


@pytest.mark.parametrize("role", [Role.OFF, Role.LEAD, Role.AGY, Role.SEC, Role.SUP, Role.FIN])
def test_c11_agency_staff_and_supervisors_may_not_be_panel_members(r, expert, role):
    grant = RoleGrant.objects.create(user=expert.user, role=role, agency=r.w.agency)
    assert found(r, expert) == everywhere(r, "C11")
    RoleGrant.objects.filter(pk=grant.pk).update(is_active=False)
    assert found(r, expert) == set()


def test_c11_people_of_the_agencys_own_unit_may_not_either_whatever_their_role(r):
    assert found(r, f.expert(r.w, organisation=r.w.agency.organisation)) == everywhere(r, "C11")


def test_the_office_of_expert_itself_is_no_conflict(r, expert):
    assert expert.user.grants[0].role == Role.EXP
    assert found(r, expert) == set()


def test_c12_the_demanders_unit_judges_no_bid_on_its_challenge(r):
    assert found(r, f.expert(r.w, organisation=r.w.demander)) == everywhere(r, "C12")


@pytest.mark.parametrize(
    ("begins", "ends", "blocks"),
    [(0, 0, True), (0, None, True), (-1, -1, False), (1, None, False), (-400, 0, True)],
)
def test_c13_an_integrity_bar_counts_on_its_first_and_last_day(r, expert, begins, ends, blocks):
    IntegrityRecord.objects.create(
        user=expert.user, conduct="泄露评审信息", decision_no="鲁科监〔2026〕1号",
        in_force_from=DRAWN + timedelta(days=begins),
        in_force_to=None if ends is None else DRAWN + timedelta(days=ends),
    )  # fmt: skip
    assert found(r, expert) == (everywhere(r, "C13") if blocks else set())


def test_a_bar_against_somebody_else_does_not_count(r, expert):
    IntegrityRecord.objects.create(user=r.bids[0].pi, conduct="x", decision_no="y", in_force_from=DRAWN)
    assert found(r, expert) == set()


def test_an_expert_with_one_conflicted_bid_leaves_the_whole_panel(r, expert):
    colleague = f.expert(r.w, organisation=r.bids[0].organisation)
    assert conflicted_experts([colleague, expert], r.bids, DRAWN) == {colleague.pk: "C01"}


def test_every_conflict_carries_its_evidence_in_words(r):
    everything = f.expert(r.w, user=r.bids[0].pi, organisation=r.bids[0].organisation)
    everything.former_organisations.add(r.bids[0].organisation)
    conflicts = [c for c in blocked_pairs([everything], r.bids, DRAWN) if c.bid_id == r.bids[0].pk]
    assert [c.code for c in conflicts] == ["C01", "C03", "C04"]
    assert all(len(c.evidence) > 5 for c in conflicts)


def test_the_number_of_queries_does_not_grow_with_experts_or_bids(r, django_assert_num_queries):
    experts = [f.expert(r.w) for _ in range(6)]
    bids = list(Bid.objects.filter(pk__in=[b.pk for b in r.bids]).select_related("challenge"))
    for some in (experts[:1], experts):
        with django_assert_num_queries(8):
            blocked_pairs(some, bids, DRAWN)


def test_nobody_and_nothing_give_no_conflicts(r, expert):
    assert blocked_pairs([], r.bids, DRAWN) == []
    assert blocked_pairs([expert], [], DRAWN) == []
