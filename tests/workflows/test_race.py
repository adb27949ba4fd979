"""赛马: stages and lanes from the start to the winner; gates before rank; nothing irreversible too early."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import (
    Certificate,
    Challenge,
    LaneResult,
    Milestone,
    Project,
    PublicNotice,
    Race,
    RaceLane,
    Tranche,
)
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.milestone import MilestoneFlow
from workflows.notice import NoticeFlow
from workflows.objection import file_objection
from workflows.project import ProjectFlow
from workflows.race import RaceFlow
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all
from workflows.tranche import TrancheFlow

pytestmark = pytest.mark.django_db
S = Race.State
FIRST = date(2027, 6, 30)
OK = (40, 20)
NEXT = {"supplement_signed": True}


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world(f.RACE_321)
    f.running_race(w, 3)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def lane_states(race: Race) -> list[str]:
    return list(race.lanes.order_by("no").values_list("state", flat=True))


def money(race: Race, no: int) -> list[str]:
    return list(race.lanes.get(no=no).project.tranches.order_by("no").values_list("state", flat=True))


def pay(w: f.World, tranche: Tranche, day: date) -> None:
    with f.on(day):
        perform(TrancheFlow, tranche, "request", by=tranche.project.pi)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
        perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=day)


def decided(w: f.World) -> Race:
    """Stage 1 decided: lane 3 is last."""
    race = w.race
    f.check_stage(w, race, dict.fromkeys((1, 2, 3), OK), {1: "89", 2: "88", 3: "87"}, day=FIRST)
    return race


def test_three_two_one_from_the_start_to_the_winner(w: f.World) -> None:
    race = w.race
    assert (race.state, race.stage_no) == (S.STAGE_RUNNING, 1)
    for lane in race.lanes.all():
        pay(w, lane.project.tranches.get(no=1), date(2026, 7, 2))
    # First leg: lane 2 is best, lane 1 last.
    f.check_stage(w, race, {1: (35, 25), 2: (60, 15), 3: (50, 18)}, {1: "70", 2: "92", 3: "88"}, day=FIRST)
    assert lane_states(race) == ["ELIMINATED", "ADVANCED", "ADVANCED"]
    after = f.run_notice(w, FIRST + timedelta(days=1))
    assert money(race, 1) == ["PAID", "CANCELLED", "CANCELLED"]
    assert race.lanes.get(no=1).project.state == Project.State.TERMINATED
    assert race.lanes.get(no=1).project.milestones.get(no=1).state == Milestone.State.PASSED_PARTIAL
    with f.on(after):
        perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)
    assert (race.state, race.stage_no) == (S.STAGE_RUNNING, 2)
    assert money(race, 2) == money(race, 3) == ["PAID", "CONDITION_MET", "SCHEDULED"]
    # Second leg: the tie in score is settled by the margin over the must-indicators … there are none
    # at this leg, so the user's score decides.
    second = race.stages.get(no=2).ends_on
    for no in (2, 3):
        pay(w, race.lanes.get(no=no).project.tranches.get(no=2), after)
        f.report(w, race.lanes.get(no=no).project.milestones.get(no=2), day=second)
    with f.on(second, 14):
        perform(RaceFlow, race, "begin_check", by=w.officer)
        for no, user in ((2, "15"), (3, "18")):
            lane = race.lanes.get(no=no).pk
            perform(RaceFlow, race, "record_result", by=w.officer, lane=lane, score="80", user_score=user)
        perform(RaceFlow, race, "decide", by=w.lead)
    assert lane_states(race) == ["ELIMINATED", "ELIMINATED", "ADVANCED"]
    assert "同分，按用户评分排序" in race.stages.get(no=2).results.get(lane__no=3).reason
    after = f.run_notice(w, second + timedelta(days=1))
    with f.on(after):
        perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)
    assert (race.state, race.stage_no) == (S.FINAL, 3)
    winner = race.lanes.get(no=3).project
    pay(w, winner.tranches.get(no=3), after)
    # Third leg: acceptance in the real scene.
    f.accepted(w, winner, 120, 8, 1, day=race.stages.get(no=3).ends_on)
    race.refresh_from_db()
    assert race.state == S.WINNER_DECLARED
    assert lane_states(race) == ["ELIMINATED", "ELIMINATED", "WINNER"]
    winner.refresh_from_db()
    assert winner.state == Project.State.ACCEPTED
    assert winner.milestones.get(no=3).state == Milestone.State.PASSED
    assert set(winner.certificates.values_list("kind", "state")) == {
        ("AWARD", "PREPARED"), ("ACCEPTANCE", "PREPARED"), ("WINNER", "PREPARED"),
    }  # fmt: skip
    assert w.challenge.state == Challenge.State.SOLVED
    assert w.challenge_list.state == "FINISHED"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount_yuan) FROM projects_tranche WHERE state = 'PAID'")
        assert cursor.fetchone() == (3 * 1_000_000 + 2 * 1_500_000 + 4_000_000,)


def test_two_one_from_the_start_to_the_winner() -> None:
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2, cap_yuan=6_000_000)
    f.check_stage(w, race, {1: OK, 2: OK}, {1: "81", 2: "79"}, day=FIRST)
    after = f.run_notice(w, FIRST)
    with f.on(after):
        perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)
    assert race.state == S.FINAL
    f.accepted(w, race.lanes.get(no=1).project, day=race.stages.get(no=2).ends_on)
    race.refresh_from_db()
    assert race.state == S.WINNER_DECLARED
    assert lane_states(race) == ["WINNER", "ELIMINATED"]


def test_it_begins_when_every_lane_is_under_contract() -> None:
    w = f.world(f.RACE_321)
    f.race_decision(w, 3)
    f.issued_decision(w)
    race = w.race
    first, second, third = w.projects
    f.sign(w, first)
    with f.on(f.SIGNED), pytest.raises(Refused, match="请等待签约"):
        perform(RaceFlow, race, "begin", by=w.lead)
    f.sign(w, second)
    with f.on(f.ISSUED + timedelta(days=21)):
        sweep_all()  # the third lane did not sign in time
        perform(RaceFlow, race, "begin", by=w.lead)
    assert lane_states(race) == ["RUNNING", "RUNNING", "WITHDRAWN"]
    assert third.bid.state == "AWARDED"


def test_one_contracted_lane_is_no_race() -> None:
    w = f.world(f.RACE_21)
    f.race_decision(w, 2)
    f.issued_decision(w)
    f.sign(w, w.projects[0])
    with f.on(f.ISSUED + timedelta(days=21)):
        sweep_all()
        with pytest.raises(Refused, match="至少要有 2 条赛道签约，现有 1 条"):
            perform(RaceFlow, w.race, "begin", by=w.lead)


def test_stage_budgets_must_fit_the_cap() -> None:
    w = f.world(f.RACE_321)
    with pytest.raises(Refused, match=r"合计 1000.00 万元，超过榜金 999.99 万元"):
        f.running_race(w, 3, cap_yuan=9_999_900)


def test_all_lanes_share_the_days_of_every_stage(w: f.World) -> None:
    race = w.race
    ends = list(race.stages.order_by("no").values_list("ends_on", flat=True))
    assert ends == [date(2027, 7, 1), date(2028, 7, 1), date(2029, 7, 1)]
    for project in w.projects:
        assert (project.starts_on, project.ends_on) == (date(2026, 7, 1), date(2029, 7, 1))
        assert list(project.milestones.order_by("no").values_list("due_on", flat=True)) == ends


def test_gates_come_before_rank(w: f.World) -> None:
    race = w.race
    f.check_stage(w, race, {1: (29, 20), 2: OK, 3: OK}, {1: "99", 2: "70", 3: "65"}, day=FIRST)
    assert lane_states(race) == ["ELIMINATED", "ADVANCED", "ADVANCED"]
    result = LaneResult.objects.get(lane__no=1)
    assert not result.gates_met
    assert "必达指标未达标：单节点写入吞吐" in result.reason
    f.run_notice(w, FIRST)
    assert race.lanes.get(no=1).project.milestones.get(no=1).state == Milestone.State.FAILED


def test_gates_are_computed_never_typed(w: f.World) -> None:
    race = w.race
    for lane in race.lanes.all():
        f.report(w, lane.project.milestones.get(no=1), 29, 20, day=FIRST)
    with f.on(FIRST):
        perform(RaceFlow, race, "begin_check", by=w.officer)
        with pytest.raises(Refused, match="不认识的字段：gates_met"):
            perform(
                RaceFlow, race, "record_result", by=w.officer, lane=race.lanes.get(no=1).pk, score="90",
                gates_met=True,
            )  # fmt: skip
    with pytest.raises(IntegrityError, match="past_a_missed_gate"), transaction.atomic():
        LaneResult.objects.filter(lane__no=1).update(advances=True)


def test_the_check_waits_for_every_report_or_the_end_of_the_grace(w: f.World) -> None:
    race = w.race
    for no in (1, 2):
        f.report(w, race.lanes.get(no=no).project.milestones.get(no=1), *OK, day=FIRST)
    with f.on(FIRST), pytest.raises(Refused, match=r"尚未提交阶段报告：.*赛道3"):
        perform(RaceFlow, race, "begin_check", by=w.officer)
    with f.on(date(2027, 7, 1) + timedelta(days=16)):
        sweep_all()
    race.refresh_from_db()
    assert race.state == S.STAGE_CHECK
    with f.on(date(2027, 7, 20)):
        for no, score in ((1, "80"), (2, "70")):
            perform(RaceFlow, race, "record_result", by=w.officer, lane=race.lanes.get(no=no).pk, score=score)
        with pytest.raises(Refused, match="没有提交阶段报告"):
            perform(RaceFlow, race, "record_result", by=w.officer, lane=race.lanes.get(no=3).pk, score="99")
        perform(RaceFlow, race, "decide", by=w.lead)
    assert lane_states(race) == ["ADVANCED", "ADVANCED", "ELIMINATED"]
    assert "未提交阶段报告" in LaneResult.objects.get(lane__no=3).reason


def test_a_lane_is_not_checked_alone_and_reports_only_its_leg(w: f.World) -> None:
    race = w.race
    milestone = race.lanes.get(no=1).project.milestones.get(no=1)
    f.report(w, milestone, *OK, day=FIRST)
    with f.on(FIRST), pytest.raises(Refused, match="由阶段考核统一考核"):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
    with pytest.raises(Refused, match="尚未进行到这一阶段"):
        f.report(w, race.lanes.get(no=1).project.milestones.get(no=2), *OK, day=FIRST)


def test_scores_are_complete_before_the_decision(w: f.World) -> None:
    race = w.race
    with pytest.raises(Refused, match="尚未登记得分：赛道2、赛道3"):
        f.check_stage(w, race, {1: OK, 2: OK, 3: OK}, {1: "80"}, day=FIRST)


def test_an_unbroken_tie_goes_to_the_ballot(w: f.World) -> None:
    race = w.race
    with pytest.raises(Refused, match="由组长主持抽签"):
        f.check_stage(w, race, {1: OK, 2: OK, 3: OK}, {1: "90", 2: "80", 3: "80"}, day=FIRST)
    with f.on(FIRST):
        for no, place in ((2, 2), (3, 1)):
            lane = race.lanes.get(no=no).pk
            perform(RaceFlow, race, "record_result", by=w.officer, lane=lane, score="80", ballot=place)
        perform(RaceFlow, race, "decide", by=w.lead)
    assert lane_states(race) == ["ADVANCED", "ELIMINATED", "ADVANCED"]


def test_the_leader_decides_not_the_officer(w: f.World) -> None:
    race = w.race
    for lane in race.lanes.all():
        f.report(w, lane.project.milestones.get(no=1), *OK, day=FIRST)
    with f.on(FIRST):
        perform(RaceFlow, race, "begin_check", by=w.officer)
        with pytest.raises(Refused, match="权限"):
            perform(RaceFlow, race, "decide", by=w.officer)
        with pytest.raises(Refused, match="权限"):
            perform(RaceFlow, race, "record_result", by=w.teams[0].pi, lane=1, score="100")


def test_an_eliminated_lane_cannot_be_paid(w: f.World) -> None:
    race = w.race
    tranche = race.lanes.get(no=3).project.tranches.get(no=1)
    with f.on(date(2026, 7, 2)):
        perform(TrancheFlow, tranche, "request", by=tranche.project.pi)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
    f.check_stage(w, race, {1: OK, 2: OK, 3: OK}, {1: "90", 2: "80", 3: "70"}, day=FIRST)
    assert money(race, 3) == ["HELD", "HELD", "HELD"]
    with f.on(FIRST):
        perform(TrancheFlow, tranche, "release", by=w.lead, reason=f.REASON)
        perform(TrancheFlow, tranche, "request", by=w.officer)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
        with pytest.raises(IntegrityError, match="its lane is ELIMINATED"), transaction.atomic():
            perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=FIRST)


def test_nothing_irreversible_before_the_notice_has_ended(w: f.World) -> None:
    race = decided(w)
    out = race.lanes.get(no=3).project
    assert out.state == Project.State.ACTIVE
    assert money(race, 3) == ["HELD", "HELD", "HELD"]
    with f.on(FIRST):
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
        with pytest.raises(Refused, match="公示尚未期满"):
            perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)


def test_an_upheld_objection_brings_the_stage_back_to_the_panel(w: f.World) -> None:
    race = decided(w)
    assert w.notice.kind == PublicNotice.Kind.STAGE
    with f.on(FIRST):
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
        lane = race.lanes.get(no=3)
        file_objection(
            w.notice, by=SYSTEM, author_name="赛道三团队", author_contact="济南", bid=lane.project.bid,
            grounds="比选专家组与赛道一存在利害关系，应当回避",
        )  # fmt: skip
        perform(RaceFlow, race, "redo_check", by=w.lead, reason=f.REASON)
        assert (race.state, lane_states(race)) == (S.STAGE_CHECK, ["RUNNING"] * 3)
        assert money(race, 3) == ["CONDITION_MET", "SCHEDULED", "SCHEDULED"]
        perform(RaceFlow, race, "record_result", by=w.officer, lane=lane.pk, score="95")
        perform(RaceFlow, race, "decide", by=w.lead)
    assert lane_states(race) == ["ADVANCED", "ELIMINATED", "ADVANCED"]
    assert PublicNotice.objects.filter(race=race).count() == 2
    f.run_notice(w, FIRST)
    with f.on(FIRST + timedelta(days=30)), pytest.raises(Refused, match="已经生效"):
        perform(RaceFlow, race, "redo_check", by=w.lead, reason=f.REASON)


def test_when_all_fail_the_leader_declares_no_winner() -> None:
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2, cap_yuan=6_000_000)
    f.check_stage(w, race, {1: (1, 99), 2: (1, 99)}, {1: "90", 2: "80"}, day=FIRST)
    assert lane_states(race) == ["ELIMINATED", "ELIMINATED"]
    with f.on(FIRST), pytest.raises(Refused, match="公示尚未期满"):
        perform(RaceFlow, race, "end_without_winner", by=w.lead, reason=f.REASON)
    after = f.run_notice(w, FIRST)
    with f.on(after):
        with pytest.raises(Refused, match="没有赛道晋级"):
            perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)
        perform(RaceFlow, race, "end_without_winner", by=w.lead, reason=f.REASON)
    assert race.state == S.NO_WINNER
    assert w.challenge.state == Challenge.State.UNSOLVED


def test_no_winner_cannot_be_declared_over_running_lanes(w: f.World) -> None:
    race = w.race
    with pytest.raises(Refused, match="仍有赛道在进行"):
        perform(RaceFlow, race, "end_without_winner", by=w.lead, reason=f.REASON)


def test_a_failed_final_acceptance_leaves_no_winner() -> None:
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2, cap_yuan=6_000_000)
    f.check_stage(w, race, {1: OK, 2: OK}, {1: "81", 2: "79"}, day=FIRST)
    after = f.run_notice(w, FIRST)
    with f.on(after):
        perform(RaceFlow, race, "begin_next", by=w.officer, **NEXT)
    day = race.stages.get(no=2).ends_on
    acceptance = f.signed_acceptance(w, race.lanes.get(no=1).project, 50, 8, 1, day=day, result="FAILED")
    from workflows.acceptance import AcceptanceFlow

    with f.on(day):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
    f.run_notice(w, day)
    race.refresh_from_db()
    assert (race.state, lane_states(race)) == (S.FINAL, ["FINISHED_NO_WIN", "ELIMINATED"])
    with f.on(day + timedelta(days=30)):
        perform(RaceFlow, race, "end_without_winner", by=w.lead, reason=f.REASON)
    assert not Certificate.objects.filter(kind="WINNER").exists()


def test_a_terminated_project_leaves_the_race(w: f.World) -> None:
    race = w.race
    with f.on(date(2026, 9, 1)):
        perform(ProjectFlow, w.projects[0], "terminate", by=w.lead, reason=f.REASON)
        perform(ProjectFlow, w.projects[1], "revoke", by=w.lead, reason=f.REASON)
    assert lane_states(race) == [
        RaceLane.State.WITHDRAWN,
        RaceLane.State.DISQUALIFIED,
        RaceLane.State.RUNNING,
    ]
    f.check_stage(w, race, {3: OK}, {3: "80"}, day=FIRST)
    assert lane_states(race)[2] == "ADVANCED"


def test_a_pause_stops_every_lane_and_is_resumed_where_it_was(w: f.World) -> None:
    race = w.race
    with f.on(FIRST):
        perform(RaceFlow, race, "pause", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="尚未进行到这一阶段"):
            f.report(w, race.lanes.get(no=1).project.milestones.get(no=1), *OK, day=FIRST)
        perform(RaceFlow, race, "resume", by=w.lead, reason=f.REASON)
    assert race.state == S.STAGE_RUNNING


def test_a_lane_moves_only_with_its_race(w: f.World) -> None:
    from workflows.lane import RaceLaneFlow

    race = w.race
    for step in ("advance", "eliminate", "win", "drop_out", "disqualify"):
        with pytest.raises(Refused, match="权限"):
            perform(RaceLaneFlow, race.lanes.get(no=1), step, by=w.lead, reason=f.REASON)
