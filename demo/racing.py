"""A 3→2→1 race: lanes sign, run, report, are compared and eliminated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from demo.cast import Office
from demo.delivery import issue_certificate, pay, report, sign
from demo.stage import Stage
from projects.models import Certificate, Challenge, Race, RaceLane
from workflows.engine import perform
from workflows.race import RaceFlow


def run_race(stage: Stage, office: Office, challenge: Challenge, publish: date) -> Iterator[datetime]:
    yield stage.after(publish, 92)
    race = Race.objects.get(challenge=challenge)
    lanes = list(race.lanes.select_related("project").order_by("no"))
    for lane in lanes:
        sign(stage, office, lane.project)
        issue_certificate(office, lane.project, Certificate.Kind.AWARD)
    yield stage.after(publish, 94)
    perform(RaceFlow, race, "begin", by=office.lead)
    for lane in lanes:
        pay(office, lane.project, publish + timedelta(days=94))
    while True:
        yield from _leg(stage, office, race)
        race.refresh_from_db()
        if race.state != Race.State.STAGE_RUNNING:
            return


def _leg(stage: Stage, office: Office, race: Race) -> Iterator[datetime]:
    """One stage to its decision, and into the next when the notice has ended."""
    ends = race.stages.get(no=race.stage_no).ends_on
    assert ends is not None  # set when the stage began
    running = list(race.lanes.filter(state=RaceLane.State.RUNNING).order_by("no"))
    yield stage.at(ends - timedelta(days=4))
    for lane, share in zip(running, ("1.20", "1.08", "1.02"), strict=False):
        report(stage, lane.project.milestones.get(no=race.stage_no), share)
    yield stage.at(ends + timedelta(days=2))
    perform(RaceFlow, race, "begin_check", by=office.officer)
    for lane, score in zip(running, ("91.5", "86", "79.5"), strict=False):
        perform(RaceFlow, race, "record_result", by=office.officer, lane=lane.pk, score=Decimal(score))
    yield stage.at(ends + timedelta(days=4))
    perform(RaceFlow, race, "decide", by=office.lead)
    notice = race.notices.order_by("-pk")[0]
    yield from stage.run_notice(notice, office, ends + timedelta(days=5))
    yield stage.at(ends + timedelta(days=24))
    perform(RaceFlow, race, "begin_next", by=office.officer, supplement_signed=True)
    for lane in race.lanes.filter(state=RaceLane.State.RUNNING).order_by("no"):
        pay(office, lane.project, ends + timedelta(days=24))
