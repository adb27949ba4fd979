"""回避 (domain 3.5): which expert may not judge which bid, each rule with the fact it rests on."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import IntegrityRecord, Role, RoleGrant, UnitAlias, UnitLink
from projects.models import Bid, BidEditor, BidPartner, Demand
from review.conflicts import blocked_pairs, conflicted_experts, find_conflicts, words_for_expert
from review.models import Expert, ExpertTie
from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import avoid, become, tie, unguarded
from tests.delivery_factories import on
from tests.review_factories import DRAWN, Review
from workflows import clock
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


def all_of(r: Review, *experts: Expert, day: date = DRAWN, **lookback: int) -> set[tuple[int, str, str]]:
    """(bid, rule, severity) of every finding."""
    bids = list(Bid.objects.filter(pk__in=[b.pk for b in r.bids]).select_related("challenge"))
    return {(c.bid_id, c.code, c.severity) for c in find_conflicts(experts, bids, day, lookback)}


def blocked(r: Review, *experts: Expert, day: date = DRAWN) -> set[tuple[int, str]]:
    """(bid, rule) of every blocked pair."""
    return {(bid, code) for bid, code, severity in all_of(r, *experts, day=day) if severity == "BLOCK"}


def everywhere(r: Review, code: str) -> set[tuple[int, str]]:
    return {(bid.pk, code) for bid in r.bids}


def join_partner(bid: Bid, unit: Any) -> None:
    BidPartner.objects.create(bid=bid, organisation=unit, task="测试", budget_yuan=0)


def test_an_expert_of_a_third_unit_may_judge_every_bid(r, expert):
    assert all_of(r, expert) == set()


def test_rule_3_5_c01_same_legal_person_as_applicant_or_participant(r, expert):
    colleague = f.expert(r.w, organisation=r.bids[0].organisation)
    assert blocked(r, colleague) == {(r.bids[0].pk, "C01")}
    join_partner(r.bids[1], expert.organisation)
    assert blocked(r, expert) == {(r.bids[1].pk, "C01")}


def test_c01_knows_branches_former_names_and_the_unit_of_the_account(r, expert):
    branch, renamed = f.expert(r.w), f.expert(r.w)
    UnitLink.objects.create(unit=branch.organisation, parent=r.bids[0].organisation, kind="BRANCH")
    UnitAlias.objects.create(unit=r.bids[0].organisation, kind="FORMER", name=f" {renamed.organisation.name}（旧）")
    renamed.organisation.name += "(旧)"
    renamed.organisation.save()
    expert.user.organisation = r.bids[0].organisation
    expert.user.save()
    for somebody in (branch, renamed, expert):
        assert blocked(r, somebody) == {(r.bids[0].pk, "C01")}


def test_c01_an_affiliate_is_another_legal_person_and_wants_checking(r, expert):
    UnitLink.objects.create(unit=expert.organisation, parent=r.bids[0].organisation, kind="SUBSIDIARY")
    assert all_of(r, expert) == {(r.bids[0].pk, "C01", "WARN")}


def test_rule_3_5_c02_near_relatives_of_applicants_and_co_editors(r, expert):
    tie(expert, "RELATIVE", person=r.bids[0].pi)
    assert blocked(r, expert) == {(r.bids[0].pk, "C02")}
    other, helper = f.expert(r.w), made.person("填写人", org=r.bids[1].organisation)
    BidEditor.objects.create(bid=r.bids[1], user=helper, added_at=clock.now())
    tie(other, "RELATIVE", person_name=helper.name, unit_name=f"{r.bids[1].organisation.name}")
    assert blocked(r, other) == {(r.bids[1].pk, "C02")}


def test_c02_a_namesake_in_another_unit_is_nobody(r, expert):
    tie(expert, "RELATIVE", person_name=r.bids[0].pi.name, unit_name=r.bids[1].organisation.name)
    tie(expert, "RELATIVE", person_name="无名", unit_name=r.bids[0].organisation.name)
    assert all_of(r, expert) == set()


def test_c02_a_unit_that_is_only_part_of_what_was_written_wants_checking(r, expert):
    tie(expert, "RELATIVE", person_name=r.bids[0].pi.name, unit_name=f"{r.bids[0].organisation.name}研究室")
    assert all_of(r, expert) == {(r.bids[0].pk, "C02", "WARN")}


def test_rule_3_5_c03_who_bids_in_the_list_or_fills_in_a_bid_of_it_judges_none_of_it(r, expert):
    rival = f.expert(r.w, user=r.bids[0].pi)
    assert blocked(r, rival) >= everywhere(r, "C03")
    BidEditor.objects.create(bid=r.bids[1], user=expert.user, added_at=clock.now())
    assert blocked(r, expert) == everywhere(r, "C03")


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


UNIT_RULES = [("C04", "EMPLOYED"), ("C05", "DIRECTOR"), ("C06", "SHAREHOLDER")]


def _counts_for_three_years_towards_bidder_and_partner(r: Review, code: str, kind: str) -> None:
    partner = made.organisation("联合单位")
    join_partner(r.bids[1], partner)
    for days, counts in [(0, True), (1, False)]:
        lately = f.expert(r.w)
        tie(lately, kind, organisation=r.bids[0].organisation, until=date(2023, 5, 11) - timedelta(days=days))
        tie(lately, kind, unit_name=partner.name, until=date(2023, 5, 11) - timedelta(days=days))
        assert blocked(r, lately) == (everywhere(r, code) if counts else set()), (code, days)
    still = f.expert(r.w)
    tie(still, kind, organisation=partner, since=date(2001, 1, 1))
    assert blocked(r, still) == {(r.bids[1].pk, code)}


def test_rule_3_5_c04_employed_by_bidder_or_partner_within_three_years(r):
    _counts_for_three_years_towards_bidder_and_partner(r, "C04", "EMPLOYED")


def test_rule_3_5_c05_director_or_supervisor_of_the_bidder_within_three_years(r):
    _counts_for_three_years_towards_bidder_and_partner(r, "C05", "DIRECTOR")


def test_rule_3_5_c06_controlling_shareholder_within_three_years(r):
    _counts_for_three_years_towards_bidder_and_partner(r, "C06", "SHAREHOLDER")


def test_the_look_back_of_a_leap_day_is_the_last_of_february(r, expert):
    tie(expert, "EMPLOYED", organisation=r.bids[0].organisation, until=date(2025, 2, 28))
    assert blocked(r, expert, day=date(2028, 2, 29)) == {(r.bids[0].pk, "C04")}
    assert blocked(r, expert, day=date(2028, 3, 1)) == set()


def test_the_look_back_is_a_rule_of_the_programme(r, expert):
    tie(expert, "EMPLOYED", organisation=r.bids[0].organisation, until=date(2022, 1, 1))
    assert all_of(r, expert) == set()
    assert all_of(r, expert, C04=5) == {(r.bids[0].pk, "C04", "BLOCK")}


def _warns_until_it_is_confirmed(r: Review, code: str, row: ExpertTie) -> None:
    assert all_of(r, row.expert) == {(r.bids[0].pk, code, "WARN")}
    become(row, state="CONFIRMED")
    assert all_of(r, row.expert) == {(r.bids[0].pk, code, "BLOCK")}
    become(row, state="WITHDRAWN")
    assert all_of(r, row.expert) == set()


def test_rule_3_5_c07_any_other_relation_warns_and_blocks_once_confirmed(r, expert):
    _warns_until_it_is_confirmed(r, "C07", tie(expert, "OTHER", organisation=r.bids[0].organisation))


def test_rule_3_5_c08_advisor_and_student_for_ever(r, expert):
    row = tie(expert, "ADVISOR_STUDENT", person=r.bids[0].pi, until=date(1999, 7, 1))
    assert all_of(r, expert, C08=10) == set()
    _warns_until_it_is_confirmed(r, "C08", row)


def test_rule_3_5_c09_co_authors_of_the_last_three_years(r, expert):
    tie(expert, "COAUTHOR", person=r.bids[1].pi, until=date(2023, 5, 10))
    _warns_until_it_is_confirmed(r, "C09", tie(expert, "COAUTHOR", person=r.bids[0].pi, until=date(2023, 5, 11)))


@pytest.mark.parametrize(("handed_in", "warns"), [(date(2023, 5, 11), True), (date(2023, 5, 10), False)])
def test_c09_an_earlier_bid_together_on_this_platform_warns(r, expert, handed_in, warns):
    elsewhere = f.closed(1, pool={}).bids[0]
    BidEditor.objects.create(bid=elsewhere, user=expert.user, added_at=clock.now())
    BidEditor.objects.create(bid=elsewhere, user=r.bids[0].pi, added_at=clock.now())
    with on(handed_in):
        Bid.objects.filter(pk=elsewhere.pk).update(handed_in_at=clock.now())
    assert all_of(r, expert) == ({(r.bids[0].pk, "C09", "WARN")} if warns else set())


@pytest.mark.parametrize(("decision", "severity"), [("", "WARN"), ("ACCEPTED", "BLOCK"), ("REFUSED", None)])
def test_rule_3_5_c10_the_avoid_list_is_considered_and_blocks_only_when_accepted(r, expert, decision, severity):
    avoid(r.bids[0], expert, decision=decision, decision_reason="理由成立" if decision else "")
    assert all_of(r, expert) == ({(r.bids[0].pk, "C10", severity)} if severity else set())


def test_c10_a_namesake_of_another_unit_is_not_meant(r, expert):
    avoid(r.bids[0], expert, unit_name=r.w.recommender.name)
    assert all_of(r, expert) == set()


@pytest.mark.parametrize("role", [Role.OFF, Role.LEAD, Role.AGY, Role.SEC, Role.SUP, Role.FIN])
def test_rule_3_5_c11_staff_supervisors_and_their_relatives_sit_on_no_panel(r, expert, role):
    holder = made.person("职员", role, org=made.organisation("别处"), agency=r.w.agency)
    relative = f.expert(r.w)
    tie(relative, "RELATIVE", person_name=holder.name, unit_name=r.w.agency.organisation.name)
    assert blocked(r, relative) == everywhere(r, "C11")
    grant = RoleGrant.objects.create(user=expert.user, role=role, agency=r.w.agency)
    assert blocked(r, expert) == everywhere(r, "C11")
    RoleGrant.objects.filter(pk=grant.pk).update(is_active=False)
    assert blocked(r, expert) == set()


def test_c11_a_relative_with_an_account_and_people_of_the_agencys_own_unit(r, expert):
    tie(expert, "RELATIVE", person=r.w.supervisor)
    assert blocked(r, expert) == everywhere(r, "C11")
    assert blocked(r, f.expert(r.w, organisation=r.w.agency.organisation)) == everywhere(r, "C11")


def test_the_office_of_expert_itself_is_no_conflict(r, expert):
    assert expert.user.grants[0].role == Role.EXP
    assert all_of(r, expert) == set()


def test_rule_3_5_c12_the_demanders_unit_and_its_affiliates(r, expert):
    assert blocked(r, f.expert(r.w, organisation=r.w.demander)) == everywhere(r, "C12")
    UnitLink.objects.create(unit=r.w.demander, parent=expert.organisation, kind="AFFILIATE")
    assert blocked(r, expert) == everywhere(r, "C12")


def test_c12_a_unit_whose_demand_was_merged_into_the_challenge(r, expert):
    with unguarded():
        Demand.objects.create(
            challenge_list=r.challenge.challenge_list, demander=expert.organisation, number="X-1", title="需求", recommender=r.w.recommender,
            merged_into=r.challenge, created_at=clock.now(), submitted_at=clock.now(), state="MERGED",
            result="PASS", mean_score=80, opinion="同意", appraised_at=clock.now(),
        )  # fmt: skip
    assert blocked(r, expert) == everywhere(r, "C12")


@pytest.mark.parametrize(
    ("begins", "ends", "blocks"),
    [(0, 0, True), (0, None, True), (-1, -1, False), (1, None, False), (-400, 0, True)],
)
def test_rule_3_5_c13_an_integrity_bar_counts_on_its_first_and_last_day(r, expert, begins, ends, blocks):
    IntegrityRecord.objects.create(
        user=expert.user, conduct="泄露评审信息", decision_no="鲁科监〔2026〕1号",
        in_force_from=DRAWN + timedelta(days=begins),
        in_force_to=None if ends is None else DRAWN + timedelta(days=ends),
    )  # fmt: skip
    assert blocked(r, expert) == (everywhere(r, "C13") if blocks else set())


def test_c13_a_bar_against_somebody_else_does_not_count(r, expert):
    IntegrityRecord.objects.create(user=r.bids[0].pi, conduct="x", decision_no="y", in_force_from=DRAWN)
    assert all_of(r, expert) == set()


def test_rule_3_5_c14_paid_consultants_and_writers_of_the_last_three_years(r, expert):
    tie(expert, "CONSULTANT", organisation=r.bids[1].organisation, until=date(2023, 5, 10))
    row = tie(expert, "CONSULTANT", person=r.bids[0].pi, until=date(2023, 5, 11))
    _warns_until_it_is_confirmed(r, "C14", row)


def test_what_an_expert_told_one_pool_holds_in_all_and_what_a_secretary_noted_in_his_own(r, expert):
    elsewhere = made.world()
    same = Expert.objects.create(
        agency=elsewhere.agency,
        user=expert.user,
        organisation=expert.organisation,
        seat_type="TECHNICAL",
        title="研究员",
    )
    noted = tie(same, "EMPLOYED", organisation=r.bids[0].organisation, source="SECRETARY")
    assert all_of(r, expert) == set()
    become(noted, source="DECLARED")
    assert blocked(r, expert) == {(r.bids[0].pk, "C04")}


def test_an_expert_with_one_conflicted_bid_leaves_the_whole_panel(r, expert):
    colleague = f.expert(r.w, organisation=r.bids[0].organisation)
    assert conflicted_experts([colleague, expert], r.bids, DRAWN) == {colleague.pk: "C01"}


def test_every_finding_says_who_what_when_and_from_where(r, expert):
    tie(expert, "EMPLOYED", organisation=r.bids[0].organisation, since=date(2021, 3, 1), until=date(2024, 5, 31))
    (found,) = find_conflicts([expert], r.bids, DRAWN)
    unit = r.bids[0].organisation.name
    assert found.evidence == f"任职：{unit}（2021-03-01 至 2024-05-31），对应牵头单位{unit}，来源：本人申报（未核实）"


def test_two_facts_for_one_rule_are_one_finding_with_both(r, expert):
    tie(expert, "EMPLOYED", organisation=r.bids[0].organisation, note="兼职")
    tie(expert, "EMPLOYED", organisation=r.bids[0].organisation, note="全职")
    (found,) = find_conflicts([expert], r.bids, DRAWN)
    assert "兼职" in found.evidence
    assert "全职" in found.evidence


def test_what_an_expert_is_told_names_no_bidder_and_never_the_avoid_list():
    assert words_for_expert({"C10", "C01"}) == ["与申请或参与单位同属一个法人", "与申请方有应当回避的情形"]


def test_the_number_of_queries_does_not_grow_with_experts_bids_or_facts(r, django_assert_num_queries):
    experts = [f.expert(r.w) for _ in range(6)]
    bids = list(Bid.objects.filter(pk__in=[b.pk for b in r.bids]).select_related("challenge"))
    for somebody in experts:
        tie(somebody, "RELATIVE", person=r.bids[0].pi)
        tie(somebody, "RELATIVE", person_name=r.bids[1].pi.name, unit_name=r.bids[1].organisation.name)
        BidEditor.objects.create(bid=bids[1], user=somebody.user, added_at=clock.now())
    for some, of_them in ((experts[:1], bids[:1]), (experts, bids)):
        with django_assert_num_queries(20):
            assert find_conflicts(some, of_them, DRAWN)


def test_nobody_and_nothing_give_no_conflicts(r, expert):
    assert blocked_pairs([], r.bids, DRAWN) == []
    assert blocked_pairs([expert], [], DRAWN) == []
