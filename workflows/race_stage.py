"""One stage of a race as the comparison panel sees it: reports, gates, scores, and what they decide.

The gates are computed from the milestones' measured values, never typed (domain 2.8); the order of
elimination is `workflows.race_rules`' (domain 4.5).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet

from projects.indicators import margin
from projects.models import LaneResult, Milestone, Race, RaceLane, RaceStage
from workflows import race_rules
from workflows.days import day_of
from workflows.lane import ALIVE
from workflows.milestone_conditions import indicators_of, missed_must_indicators
from workflows.pinned_rules import rules_of


def stage_of(race: Race) -> RaceStage:
    """The leg that runs."""
    return race.stages.get(no=race.stage_no)


def lanes_in(race: Race) -> QuerySet[RaceLane]:
    """Lanes that still run for the win, with their projects."""
    return race.lanes.filter(state__in=ALIVE).select_related("project").order_by("no")


def milestone_of(lane: RaceLane, no: int) -> Milestone:
    return lane.project.milestones.get(no=no)


def report_of(race: Race, milestone: Milestone) -> race_rules.Report:
    """When the lane's report came, against the leg's end and the rule set's grace."""
    if milestone.reported_at is None:
        return race_rules.Report.MISSING
    day = day_of(milestone.reported_at)
    if day <= milestone.due_on:
        return race_rules.Report.ON_TIME
    grace = timedelta(days=rules_of(race).report_grace_days)
    return race_rules.Report.GRACE if day <= milestone.due_on + grace else race_rules.Report.LATE


def must_margin(milestone: Milestone) -> Decimal | None:
    """The smallest margin over the must-indicators; the first step of the tie rule."""
    margins = [
        margin(row.indicator.comparator, row.target, row.actual, row.target_high)
        for row in indicators_of(milestone)
        if row.indicator.is_must and row.actual is not None
    ]
    return min(margins, default=None)


def lane_name(lane: RaceLane) -> str:
    return f"赛道{lane.no}"


def affordable_lanes(race: Race, stage: RaceStage) -> int:
    """How many lanes the next leg's money carries: the cap less what this and earlier legs took and
    what the legs after the next are planned to take."""
    stages = list(race.stages.order_by("no"))
    after = [s for s in stages if s.no > stage.no]
    if not after:
        return stage.keep
    if not after[0].lane_yuan:
        return race.lanes.count()
    spent = sum(s.lane_yuan * (s.results.count() or race.lanes.count()) for s in stages if s.no <= stage.no)
    planned = sum(s.lane_yuan * s.lanes for s in after[1:])
    return max(0, (race.challenge.cap_yuan - spent - planned) // after[0].lane_yuan)


def decide_stage(race: Race, *, keep_none: bool) -> tuple[race_rules.StageDecision, dict[str, LaneResult]]:
    """Decide the running leg from what is recorded; also the result rows by lane name.

    `keep_none`: nobody is kept below the line, so that the race may end without a winner.
    """
    stage = stage_of(race)
    results = {
        lane_name(r.lane): r for r in stage.results.filter(lane__in=lanes_in(race)).select_related("lane__project")
    }
    entries = []
    for name, result in results.items():
        milestone = milestone_of(result.lane, stage.no)
        entries.append(
            race_rules.LaneResult(
                lane=name,
                score=result.score,
                report=report_of(race, milestone),
                missed_gates=tuple(missed_must_indicators(milestone)) if milestone.reported_at else (),
                veto=result.veto,
                must_margin=must_margin(milestone),
                user_score=result.user_score,
                technical_score=result.technical_score,
                ballot=result.ballot,
            )
        )
    rule = race_rules.EliminationRule(
        type=stage.rule,
        keep=stage.keep,
        threshold=stage.pass_score,
        min_keep=0 if keep_none else 1,
        affordable=affordable_lanes(race, stage),
    )
    return race_rules.decide(entries, rule), results
