"""A 揭榜挂帅 challenge from publication to a verified certificate: every person acts in a real browser.

The two programmes are told in modules of their own, so that they run side by side; and without
measuring coverage, which would slow the server that both talk to by half and adds no line.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from projects.models import Certificate, Tranche
from tests.browser.desk import Desk
from tests.browser.telling import accept, assert_sound, issue_certificate, pay, report, sign, to_decision
from tests.delivery_factories import world
from workflows import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_open_challenge_from_publication_to_a_verified_certificate(desk: Desk) -> None:
    w = world()
    to_decision(desk, w, ("90", "81"))
    (project,) = w.projects
    desk.on(date(2026, 6, 12))
    sign(desk, w, project)
    issue_certificate(desk, w, project, Certificate.Kind.AWARD)
    pay(desk, w, project, date(2026, 6, 12))
    for milestone in project.milestones.order_by("no"):
        desk.on(milestone.due_on)
        report(desk, milestone, "420", "19")
        desk.act(w.officer, milestone.get_absolute_url(), "milestone.begin_check")
        desk.act(w.lead, milestone.get_absolute_url(), "milestone.pass_check", score="86", opinion="达到节点要求。")
        pay(desk, w, project, milestone.due_on)
    project.refresh_from_db()
    assert project.ends_on is not None
    accept(desk, w, project, project.ends_on - timedelta(days=3))
    issue_certificate(desk, w, project, Certificate.Kind.ACCEPTANCE)
    pay(desk, w, project, clock.today())
    paid = project.tranches.filter(state=Tranche.State.PAID).values_list("amount_yuan", flat=True)
    assert sum(paid) == project.award_yuan == 2_000_000
    assert_sound()
