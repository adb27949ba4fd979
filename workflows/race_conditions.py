"""Conditions of the race's flow (domain 2.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from projects.models import Milestone, Project, PublicNotice, RaceLane
from workflows.days import day_of
from workflows.milestone import REPORTED
from workflows.pinned_rules import rules_of
from workflows.race_rules import RuleType
from workflows.race_stage import lanes_in, milestone_of, stage_of
from workflows.state import State, holds
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.race import RaceFlow

N = PublicNotice.State


def enough_lanes_are_contracted(flow: RaceFlow) -> State.CONDITION:
    """At least two, and no lane is left behind: all start on the same day."""
    lanes = list(lanes_in(flow.object))
    waiting = [str(lane) for lane in lanes if lane.project.state == Project.State.PENDING_CONTRACT]
    if waiting:
        return holds(False, _("请等待签约（或签约期满）：%s") % listed(waiting))
    running = [lane for lane in lanes if lane.project.state == Project.State.ACTIVE]
    return holds(
        len(running) >= 2,
        _("至少要有 2 条赛道签约，现有 %s 条；请等待其他赛道签约，或由厅局领导宣布无优胜。") % len(running),
    )


def stage_budgets_fit_the_cap(flow: RaceFlow) -> State.CONDITION:
    """Σ lanes × yuan per lane over all stages ≤ cap (domain 2.8 guard, 4.5)."""
    race, cap = flow.object, flow.object.challenge.cap_yuan
    running = lanes_in(race).count()
    stages = list(race.stages.order_by("no"))
    total = sum(s.lane_yuan * (running if s.no == 1 else min(s.lanes, running)) for s in stages)
    return holds(
        total <= cap,
        _("各阶段经费合计 %(total).2f 万元，超过榜金 %(cap).2f 万元；请在规则集中调低阶段经费，或调高榜金。")
        % {"total": total / 10000, "cap": cap / 10000},
    )


def every_report_is_in_or_late(flow: RaceFlow) -> State.CONDITION:
    """All lanes have reported, or their grace is over (domain 2.8 guard)."""
    stage = stage_of(flow.object)
    grace = timedelta(days=rules_of(flow.object).report_grace_days)
    if stage.ends_on is not None and day_of(flow.now) > stage.ends_on + grace:
        return holds(True, "")
    done = [*REPORTED, Milestone.State.OVERDUE]
    waiting = [str(lane) for lane in lanes_in(flow.object) if milestone_of(lane, stage.no).state not in done]
    return holds(not waiting, _("尚未提交阶段报告：%s。请等待提交，或待宽限期满。") % listed(waiting))


def every_reported_lane_is_scored(flow: RaceFlow) -> State.CONDITION:
    """A stage that is held by gates only may do without scores."""
    stage = stage_of(flow.object)
    left = stage.results.filter(lane__in=lanes_in(flow.object), has_report=True, score__isnull=True)
    names = listed(f"赛道{no}" for no in left.order_by("lane__no").values_list("lane__no", flat=True))
    return holds(not names or stage.rule == RuleType.GATE_ONLY, _("尚未登记得分：%s。请逐条赛道登记。") % names)


def latest_notice(flow: RaceFlow) -> PublicNotice | None:
    found: PublicNotice | None = flow.object.notices.order_by("-pk").first()
    return found


def stage_notice_is_over(flow: RaceFlow) -> State.CONDITION:
    notice = latest_notice(flow)
    over = notice is not None and notice.state in (N.ENDED_CLEAN, N.SETTLED, N.ARCHIVED)
    return holds(over, _("阶段考核公示尚未期满（或异议未办结）；请待公示期满、异议办结。"))


def stage_is_not_final_yet(flow: RaceFlow) -> State.CONDITION:
    notice = latest_notice(flow)
    open_still = notice is not None and notice.state not in (N.ENDED_CLEAN, N.SETTLED, N.ARCHIVED)
    return holds(open_still, _("公示已期满，阶段结论已经生效，不能再重新考核；如有新的事实，请按撤销立项办理。"))


def no_notice_is_running(flow: RaceFlow) -> State.CONDITION:
    live = flow.object.notices.filter(state__in=[N.DRAFT, N.APPROVED, N.ONGOING, N.ENDED_WITH_OBJECTION])
    return holds(not live.exists(), _("阶段考核公示尚未期满（或异议未办结）；请待公示期满、异议办结。"))


def somebody_advanced(flow: RaceFlow) -> State.CONDITION:
    advanced = flow.object.lanes.filter(state=RaceLane.State.ADVANCED).exists()
    return holds(advanced, _("没有赛道晋级，请由厅局领导宣布无优胜。"))


def somebody_still_runs(flow: RaceFlow) -> State.CONDITION:
    """There is something to decide: lanes may all have been revoked while they were checked."""
    return holds(lanes_in(flow.object).exists(), _("各赛道均已退出，请由厅局领导宣布无优胜。"))


def nobody_is_left(flow: RaceFlow) -> State.CONDITION:
    left = listed(str(lane) for lane in lanes_in(flow.object))
    return holds(not left, _("仍有赛道在进行：%s。请等待其结束。") % left)
