"""What an award starts: project, task book, milestones, tranches, race lane, certificate to be issued.

Rules: domain 2.6 ISSUED → PENDING_CONTRACT, 2.8, 4.2, 4.5. Open challenge: the payment plan's first
tranche by the contract, its last by the acceptance, those between by one milestone each. Race: one
milestone per stage; the first stage's money by the contract, each later by the stage before.
"""

from __future__ import annotations

from datetime import date, timedelta

from projects.indicators import parse_target
from projects.models import (
    Certificate,
    Challenge,
    DecisionRow,
    Milestone,
    MilestoneIndicator,
    Project,
    Race,
    RaceLane,
    RaceStage,
    Tranche,
)
from projects.rules import Rules
from workflows.certificate import CertificateFlow
from workflows.days import add_months, day_of
from workflows.engine import Flow
from workflows.lane import RaceLaneFlow
from workflows.milestone import MilestoneFlow
from workflows.payment_plan import split_tranches
from workflows.project import ProjectFlow
from workflows.task_book import write_first_edition
from workflows.tranche import TrancheFlow

Release = Tranche.Release
HORSE_RACE = "HORSE_RACE"


def lane_total_yuan(rules: Rules) -> int:
    """A lane's award: the money of every stage it may run.

    The tranches of later stages have to fit under the award from the start, while what is published
    names the first stage's amount only: the rest is earned by advancing (domain 4.5).
    """
    return sum(stage.lane_yuan for stage in rules.race_stages)


def start_project(flow: Flow, row: DecisionRow, number: str, rules: Rules) -> Project:
    """Everything that an awarded row sets going. Days are provisional until the contract is signed."""
    bid = row.bid
    today = day_of(flow.now)
    project = flow.start(
        ProjectFlow,
        Project(
            bid=bid,
            agency_id=bid.challenge.challenge_list.agency_id,
            organisation_id=bid.organisation_id,
            pi_id=bid.pi_id,
            number=number,
            title=bid.title,
            award_yuan=row.award_yuan,
            contract_due_on=today + timedelta(days=rules.contract_days),
        ),
    )
    write_first_edition(project)
    if rules.mode == HORSE_RACE:
        _plan_lane(flow, project, rules)
    else:
        _plan_payments(flow, project, rules)
    flow.start(CertificateFlow, Certificate(kind=Certificate.Kind.AWARD, project=project))
    return project


def milestone_days(start: date, months: int, count: int) -> list[date]:
    """Due days of `count` milestones, evenly over the project, the end itself being the acceptance's."""
    return [add_months(start, months * no // (count + 1)) for no in range(1, count + 1)]


def _plan_payments(flow: Flow, project: Project, rules: Rules) -> None:
    percents = rules.payment_plan
    indicators = [response.indicator for response in project.bid.responses.select_related("indicator")]
    planned = max((int(no) for i in indicators for no in i.milestone_values), default=0)
    count = max(len(percents) - 2, planned)
    days = milestone_days(day_of(flow.now), project.bid.challenge.months, count)
    milestones = [_start_milestone(flow, project, no, f"第{no}里程碑", due_on) for no, due_on in enumerate(days, 1)]
    last = len(percents) - 1
    for position, amount in enumerate(split_tranches(project.award_yuan, percents)):
        if position == 0 and last:
            release, milestone = Release.CONTRACT, None
        elif position == last:
            release, milestone = Release.ACCEPTANCE, None
        else:
            release, milestone = Release.MILESTONE, milestones[position - 1]
        _start_tranche(flow, project, position + 1, amount, release, milestone)


def _plan_lane(flow: Flow, project: Project, rules: Rules) -> None:
    race = race_of(flow, project.bid.challenge, rules)
    lane = RaceLane(race=race, project=project, no=race.lanes.count() + 1, route_tag=project.bid.route_tag)
    flow.start(RaceLaneFlow, lane)
    due_on, before = day_of(flow.now), None
    for stage in race.stages.order_by("no"):
        due_on = add_months(due_on, stage.months)
        milestone = _start_milestone(flow, project, stage.no, f"第{stage.no}阶段考核", due_on)
        release = Release.MILESTONE if before else Release.CONTRACT
        _start_tranche(flow, project, stage.no, stage.lane_yuan, release, before)
        before = milestone


def race_of(flow: Flow, challenge: Challenge, rules: Rules) -> Race:
    """The challenge's race; made with its stages when the first lane asks for it."""
    from workflows.race import RaceFlow

    found = Race.objects.filter(challenge=challenge).first()
    if found is not None:
        return found
    race = flow.start(RaceFlow, Race(challenge=challenge))
    RaceStage.objects.bulk_create(
        RaceStage(
            race=race, no=no, months=stage.months, lanes=stage.lanes, lane_yuan=stage.lane_yuan,
            rule=stage.rule, keep=stage.keep, pass_score=stage.pass_score,
        )
        for no, stage in enumerate(rules.race_stages, start=1)
    )  # fmt: skip
    return race


def _start_milestone(flow: Flow, project: Project, no: int, name: str, due_on: date) -> Milestone:
    """With the targets of this node. The last leg of a race is measured by what was promised."""
    milestone = flow.start(MilestoneFlow, Milestone(project=project, no=no, name=name, due_on=due_on))
    race = getattr(project, "lane", None) and project.lane.race  # type: ignore[attr-defined]
    is_last_leg = race is not None and no == race.stages.count()
    targets = []
    for response in project.bid.responses.select_related("indicator"):
        given = response.indicator.milestone_values.get(str(no))
        if given not in (None, ""):
            low, high = parse_target(str(given))
        elif is_last_leg:
            low, high = response.promised, response.promised_high
        else:
            continue
        row = MilestoneIndicator(milestone=milestone, indicator=response.indicator, target=low, target_high=high)
        targets.append(row)
    MilestoneIndicator.objects.bulk_create(targets)
    return milestone


def _start_tranche(
    flow: Flow, project: Project, no: int, amount: int, release: Release, milestone: Milestone | None
) -> None:
    if amount:  # a plan that pays nothing at the contract has no such tranche
        tranche = Tranche(project=project, no=no, amount_yuan=amount, released_by=release, milestone=milestone)
        flow.start(TrancheFlow, tranche)
