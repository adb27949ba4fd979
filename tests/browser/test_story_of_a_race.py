"""A race from three lanes to two to one verified certificate: every person acts in a real browser.

The two programmes are told in modules of their own, so that they run side by side; and without
measuring coverage, which would slow the server that both talk to by half and adds no line.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from projects.models import Certificate, RaceLane
from tests.browser.desk import Desk
from tests.browser.telling import accept, assert_sound, issue_certificate, report, sign, to_decision
from tests.delivery_factories import RACE_321, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_race_from_three_lanes_to_one_verified_certificate(desk: Desk) -> None:
    w = world(RACE_321)
    to_decision(desk, w, ("92", "90", "88"), lanes=3)
    desk.on(date(2026, 6, 12))
    for project in w.projects:
        sign(desk, w, project)
    desk.on(date(2026, 7, 1))
    race = w.race
    url = race.get_absolute_url()
    desk.act(w.lead, url, "race.begin")
    for left, values in ((3, ("260", "240", "210")), (2, ("450", "430"))):
        stage = race.stages.get(no=race.stage_no)
        assert stage.ends_on is not None
        desk.on(stage.ends_on)
        running = list(race.lanes.filter(state=RaceLane.State.RUNNING).order_by("no"))
        assert len(running) == left
        for lane, value in zip(running, values, strict=True):
            report(desk, lane.project.milestones.get(no=stage.no), value, "22")
        desk.act(w.officer, url, "race.begin_check")
        for lane, points in zip(running, ("91", "86", "80"), strict=False):
            desk.act(w.officer, url, "race.record_result", lane=lane.pk, score=points)
        desk.act(w.lead, url, "race.decide")
        desk.act(w.officer, w.notice.get_absolute_url(), "notice.publish")
        ends = w.notice.ends_on
        assert ends is not None
        desk.on(date.fromordinal(ends.toordinal() + 1), 10)
        desk.act(w.officer, url, "race.begin_next", supplement_signed=True)
        race.refresh_from_db()
    assert race.state == race.State.FINAL
    winner = race.lanes.get(state=RaceLane.State.RUNNING).project
    assert winner.ends_on is not None
    accept(desk, w, winner, winner.ends_on - timedelta(days=3))
    expect(desk.goto(w.officer, url).locator("main")).to_contain_text("优胜")
    for kind in (Certificate.Kind.ACCEPTANCE, Certificate.Kind.WINNER):
        issue_certificate(desk, w, winner, kind)
    states = sorted(race.lanes.values_list("state", flat=True))
    assert states == [RaceLane.State.ELIMINATED, RaceLane.State.ELIMINATED, RaceLane.State.WINNER]
    assert_sound()
