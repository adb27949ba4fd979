"""立项审定: ranked proposal → meetings → publicity → issued."""

from datetime import date, timedelta

import pytest

from accounts.models import IntegrityRecord
from projects.models import (
    AwardDecision,
    Bid,
    Certificate,
    Challenge,
    ChallengeList,
    DecisionRow,
    Project,
    PublicNotice,
    Tranche,
)
from projects.rules import Rules
from tests import delivery_factories as f
from workflows.award import AwardDecisionFlow
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.notice import COLUMNS
from workflows.refused import Refused
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db

Outcome = DecisionRow.Outcome
#: Recommended, reserve, not recommended.
THREE = ("90", "80", "60")


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.proposed_decision(w, scores=THREE)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def row(w: f.World, rank: int) -> DecisionRow:
    return w.decision.rows.get(rank=rank)


def change(w: f.World, rank: int, outcome: str, *, ground: str = "BUDGET", **inputs: object) -> AwardDecision:
    data = {"row": row(w, rank).pk, "outcome": outcome, "ground": ground, "reason": f.REASON, **inputs}
    return perform(AwardDecisionFlow, w.decision, "change_row", by=w.lead, **data)


def to_joint_meeting(w: f.World) -> None:
    perform(AwardDecisionFlow, w.decision, "submit_to_joint_meeting", by=w.officer)


def test_the_panels_ranks_become_the_proposal(w: f.World) -> None:
    decision = w.decision
    rows = list(decision.rows.order_by("rank").values_list("rank", "outcome", "award_yuan"))
    assert rows == [(1, "AWARD", 2_000_000), (2, "RESERVE", 0), (3, "REJECT", 0)]
    assert decision.state == AwardDecision.State.PROPOSED
    assert w.challenge_list.state == ChallengeList.State.DECIDING


def test_an_award_is_at_most_an_equal_share_of_the_cap() -> None:
    w = f.world(quota=2)
    f.proposed_decision(w, scores=("90", "88"), cap_yuan=3_000_001, lanes=2)
    assert [r.award_yuan for r in w.decision.rows.all()] == [1_500_000, 1_500_000]


def test_a_lanes_award_holds_every_stage_but_the_notice_names_the_first() -> None:
    w = f.world(f.RACE_321)
    f.race_decision(w, 3)
    assert [r.award_yuan for r in w.decision.rows.all()] == [6_500_000] * 3
    f.noticed_decision(w)
    assert [r["yuan"] for r in w.notice.rows] == [1_000_000] * 3


def test_meetings_leave_their_minutes(w: f.World) -> None:
    f.noticed_decision(w)
    assert "【联席会 2026-05-25】联席会一致同意" in w.decision.minutes
    assert "【办公会 2026-06-01】办公会审议通过" in w.decision.minutes


def test_an_officer_cannot_decide_and_a_stranger_can_do_nothing() -> None:
    w, other = f.world(), f.world()
    f.proposed_decision(w, scores=THREE)
    with pytest.raises(Refused, match="权限"):
        perform(AwardDecisionFlow, w.decision, "submit_to_joint_meeting", by=other.officer)
    to_joint_meeting(w)
    with pytest.raises(Refused, match="权限"):
        perform(
            AwardDecisionFlow, w.decision, "change_row", by=w.officer, row=row(w, 1).pk, outcome="REJECT",
            ground="POLICY", reason=f.REASON,
        )  # fmt: skip


def test_publicity_cannot_be_skipped(w: f.World) -> None:
    with pytest.raises(Refused, match="现在的状态"):
        f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕1号")
    f.noticed_decision(w)
    with pytest.raises(Refused, match="权限"):
        perform(AwardDecisionFlow, w.decision, "clear", by=w.lead)


@pytest.mark.parametrize("ground", ["POLICY", "BUDGET", "INTEGRITY", "DUPLICATION"])
def test_a_meeting_may_reject_on_a_recorded_ground(w: f.World, ground: str) -> None:
    to_joint_meeting(w)
    change(w, 1, "REJECT", ground=ground)
    assert (row(w, 1).outcome, row(w, 1).award_yuan) == ("REJECT", 0)
    assert f.REASON in row(w, 1).reason
    entry = AuditEntry.objects.filter(object_type="projects.awarddecision", transition="change_row").get()
    assert entry.payload["ground"] == ground
    assert entry.payload["before"] == "AWARD 2000000"


def test_another_academic_opinion_is_no_ground(w: f.World) -> None:
    to_joint_meeting(w)
    with pytest.raises(Refused) as refusal:
        change(w, 1, "REJECT", ground="ACADEMIC")
    assert "ground" in refusal.value.fields


def test_a_change_needs_a_reason(w: f.World) -> None:
    to_joint_meeting(w)
    with pytest.raises(Refused) as refusal:
        change(w, 1, "REJECT", reason="太短")
    assert "reason" in refusal.value.fields


def test_what_the_experts_did_not_recommend_cannot_be_awarded(w: f.World) -> None:
    to_joint_meeting(w)
    with pytest.raises(Refused, match="未推荐"):
        change(w, 3, "AWARD", award_yuan=1_000_000)
    change(w, 2, "AWARD", award_yuan=1_000_000)
    assert row(w, 2).outcome == Outcome.AWARD


def test_an_award_never_exceeds_the_request_or_the_cap() -> None:
    w = f.world()
    f.proposed_decision(w, scores=THREE, cap_yuan=2_500_000)
    to_joint_meeting(w)
    with pytest.raises(Refused, match="不超过申请经费"):
        change(w, 1, "AWARD", award_yuan=2_000_001)
    with pytest.raises(Refused, match="还可支持 500000 元"):
        change(w, 2, "AWARD", award_yuan=500_001)
    change(w, 2, "AWARD", award_yuan=500_000)


def test_a_race_pays_by_its_stages_alone() -> None:
    w = f.world(f.RACE_21)
    f.race_decision(w, 2)
    to_joint_meeting(w)
    with pytest.raises(Refused, match="请留空"):
        change(w, 1, "AWARD", award_yuan=1)
    change(w, 1, "AWARD")
    assert row(w, 1).award_yuan == 4_800_000


def test_one_lane_is_no_race() -> None:
    w = f.world(f.RACE_21)
    f.race_decision(w, 2)
    to_joint_meeting(w)
    change(w, 2, "REJECT")
    perform(AwardDecisionFlow, w.decision, "submit_to_office_meeting", by=w.officer, minutes="一致同意")
    with f.on(f.NOTICED), pytest.raises(Refused, match="至少要有 2 条赛道"):
        f.carried_out(w, "PUBLICISE", minutes="一致同意")


def test_the_notice_names_awards_and_reserves_in_whitelisted_columns(w: f.World) -> None:
    f.noticed_decision(w)
    notice = w.notice
    assert [r["outcome"] for r in notice.rows] == ["拟立项", "备选"]
    assert {name for r in notice.rows for name in r} <= set(COLUMNS)
    assert (notice.starts_on, notice.ends_on) == (date(2026, 6, 1), date(2026, 6, 5))
    assert w.challenge_list.state == ChallengeList.State.RESULT_NOTICE


def test_it_is_cleared_the_day_after_a_clean_notice(w: f.World) -> None:
    f.noticed_decision(w)
    with f.on(date(2026, 6, 5), 23):
        sweep_all()
    assert w.decision.state == AwardDecision.State.NOTICE
    with f.on(date(2026, 6, 6), 0):
        sweep_all()
    assert w.decision.state == AwardDecision.State.CLEARED


def test_issuing_starts_everything_that_is_delivered(w: f.World) -> None:
    decision = f.issued_decision(w)
    assert decision.document_no == "鲁科字〔2026〕29号"
    assert list(Bid.objects.order_by("pk").values_list("state", flat=True)) == [
        "AWARDED",
        "RESERVE",
        "NOT_AWARDED",
    ]
    assert w.challenge.state == Challenge.State.AWARDED
    assert w.challenge_list.state == ChallengeList.State.AWARDED
    (project,) = w.projects
    assert project.number == f"{w.challenge_list.number}-P001"
    assert (project.state, project.award_yuan) == (Project.State.PENDING_CONTRACT, 2_000_000)
    assert project.contract_due_on == f.ISSUED + timedelta(days=20)
    book = project.task_books.get()
    assert book.budget_yuan == 2_000_000
    assert [i["target"] for i in book.indicators] == ["100", "10", "1"]
    assert "军令状" in book.commitment
    assert "勤勉尽责" in book.commitment
    assert list(project.tranches.values_list("amount_yuan", "released_by", "state")) == [
        (800_000, "CONTRACT", "SCHEDULED"),
        (800_000, "MILESTONE", "SCHEDULED"),
        (400_000, "ACCEPTANCE", "SCHEDULED"),
    ]
    milestone = project.milestones.get()
    assert list(milestone.indicators.values_list("target", flat=True)) == [30, 30]
    assert project.certificates.get().state == Certificate.State.PREPARED


def test_tranches_sum_to_the_award_to_the_yuan() -> None:
    w = f.world()
    f.issued_decision(w, requested_yuan=1_999_999)
    amounts = [t.amount_yuan for t in w.projects[0].tranches.all()]
    assert amounts == [799_999, 799_999, 400_001]


def test_a_race_starts_with_stages_lanes_and_money_by_stage() -> None:
    w = f.world(f.RACE_321)
    f.race_decision(w, 3)
    f.issued_decision(w)
    race = w.challenge.race
    assert list(race.stages.values_list("no", "lanes", "lane_yuan", "keep")) == [
        (1, 3, 1_000_000, 2),
        (2, 2, 1_500_000, 1),
        (3, 1, 4_000_000, 1),
    ]
    assert list(race.lanes.values_list("no", "state")) == [(1, "RUNNING"), (2, "RUNNING"), (3, "RUNNING")]
    for project in w.projects:
        assert list(project.tranches.values_list("released_by", "milestone__no")) == [
            ("CONTRACT", None),
            ("MILESTONE", 1),
            ("MILESTONE", 2),
        ]
        first, middle, last = project.milestones.order_by("no")
        assert [i.target for i in first.indicators.all()] == [30, 30]
        assert not middle.indicators.exists()
        assert [i.target for i in last.indicators.all()] == [100, 10, 1]


def test_rule_2_4_integrity_is_looked_up_again_on_the_day_of_issue(w: f.World) -> None:
    f.cleared_decision(w)
    IntegrityRecord.objects.create(
        user=w.teams[0].pi, conduct="伪造数据", decision_no="鲁科监〔2026〕3号", in_force_from=f.ISSUED
    )
    with f.on(f.ISSUED), pytest.raises(Refused, match="鲁科监〔2026〕3号"):
        f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
    assert not w.projects
    assert w.decision.state == AwardDecision.State.CLEARED


def test_a_disqualified_bid_has_to_be_taken_out_first(w: f.World) -> None:
    from workflows.bid import BidFlow

    f.cleared_decision(w)
    with f.on(f.ISSUED):
        perform(BidFlow, row(w, 1).bid, "disqualify", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="失去资格"):
            f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
        perform(AwardDecisionFlow, w.decision, "reopen", by=w.lead, reason=f.REASON)
        change(w, 1, "REJECT", ground="INTEGRITY")
        change(w, 2, "AWARD", award_yuan=1_500_000)
        f.carried_out(w, "PUBLICISE", minutes="重新审议通过")
    f.run_notice(w, f.ISSUED)
    assert w.decision.state == AwardDecision.State.CLEARED
    assert PublicNotice.objects.count() == 2


def test_during_publicity_a_row_can_only_be_rejected(w: f.World) -> None:
    f.noticed_decision(w)
    with f.on(f.NOTICED), pytest.raises(Refused, match="公示期间只能改为不予立项"):
        change(w, 2, "AWARD", award_yuan=1_000_000)


def test_rule_2_2_a_challenge_none_of_whose_bids_reaches_the_pass_score_lapses() -> None:
    w = f.world()
    f.noticed_decision(w, scores=("70", "60"))
    with f.on(date(2026, 6, 6)):
        sweep_all()
        f.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕30号")
    assert w.challenge.state == Challenge.State.LAPSED
    assert w.challenge_list.state == ChallengeList.State.FINISHED


def test_a_reserve_follows_when_the_contract_lapses(w: f.World) -> None:
    f.issued_decision(w)
    with f.on(f.ISSUED), pytest.raises(Refused, match="没有可以递补的备选"):
        perform(AwardDecisionFlow, w.decision, "promote_reserve", by=w.lead, row=row(w, 2).pk, reason=f.REASON)
    with f.on(f.ISSUED + timedelta(days=21)):
        sweep_all()
        assert w.projects[0].state == Project.State.TERMINATED
        assert w.challenge.state == Challenge.State.AWARDED
        perform(AwardDecisionFlow, w.decision, "promote_reserve", by=w.lead, row=row(w, 2).pk, reason=f.REASON)
    first, second = w.projects
    assert second.number.endswith("-P002")
    assert second.bid == row(w, 2).bid
    assert (row(w, 1).outcome, row(w, 2).outcome) == ("REJECT", "AWARD")
    assert sum(t.amount_yuan for t in second.tranches.all()) == second.award_yuan == 2_000_000
    assert not first.tranches.exclude(state=Tranche.State.CANCELLED).exists()


def test_a_reserve_is_released_when_the_batch_is_under_contract() -> None:
    w = f.world()
    f.active_project(w, scores=THREE)
    assert row(w, 2).bid.state == Bid.State.NOT_AWARDED


def test_a_vacant_award_without_promotion_ends_after_six_months(w: f.World) -> None:
    f.issued_decision(w)
    with f.on(f.ISSUED + timedelta(days=21)):
        sweep_all()
    with f.on(f.ISSUED + timedelta(days=184)):
        sweep_all()
    assert row(w, 2).bid.state == Bid.State.NOT_AWARDED
    assert w.challenge.state == Challenge.State.UNSOLVED
    assert w.challenge_list.state == ChallengeList.State.FINISHED


def test_rules_of_an_old_list_keep_their_meaning() -> None:
    assert Rules.from_data({"payment_plan": [60, 40]}).payment_plan == (60, 40)
