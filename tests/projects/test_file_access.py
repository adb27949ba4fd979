"""Files of a record are read by whoever sees the record, and by nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Role
from attachments.models import Attachment
from attachments.queries import may_read, may_write, stored_files
from projects.models import Bid, Milestone, Objection
from review.models import ReviewRound
from tests import delivery_factories as f
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.objection import ObjectionFlow
from workflows.review_round import ReviewRoundFlow
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db


def file_of(holder: Any) -> Attachment:
    found = stored_files(holder).first()
    assert found is not None
    return found


@pytest.fixture
def w() -> f.World:
    return f.world()


def test_an_expert_reads_a_bid_from_his_pledge_on_while_the_round_runs(w: f.World) -> None:
    challenge_list = f.published_list(w)
    bid = f.submitted_bid(w, challenge_list.challenges.get())
    other = f.submitted_bid(f.world(), f.published_list(f.world()).challenges.get())
    row = drawn_round(w, challenge_list, bid)
    seat = row.assignments.select_related("expert__user").order_by("alias").first()
    assert seat is not None
    expert = seat.expert.user
    assert not may_read(expert, file_of(bid)), "not before the pledge"
    with f.on(date(2026, 5, 20)):
        for each in row.assignments.all():
            by = each.expert.user
            perform(AssignmentFlow, each, "accept", by=by)
            perform(AssignmentFlow, each, "pledge", by=by, confidentiality=True, integrity=True)
        perform(ReviewRoundFlow, row, "name_chair", by=row.secretary, chair=seat.pk)
        perform(ReviewRoundFlow, row, "open_preview", by=row.secretary)
    assert may_read(expert, file_of(bid))
    assert not may_read(expert, file_of(other))
    assert not may_write(expert, bid)


def drawn_round(w: f.World, challenge_list: Any, bid: Bid) -> ReviewRound:
    with f.on(f.REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
    with f.on(date(2026, 4, 29)):
        f.checked(w, bid)
        perform(ChallengeListFlow, challenge_list, "begin_review", by=w.officer)
    with f.on(date(2026, 5, 20)):
        f.experts(w)
        secretary = f.person("秘书", Role.SEC, agency=w.agency)
        row = ReviewRound(challenge=challenge_list.challenges.get(), criteria=[], secretary=secretary)
        start(ReviewRoundFlow, row, by=w.officer)
        perform(ReviewRoundFlow, row, "begin_draw", by=w.officer, witness=w.supervisor.pk)
        perform(ReviewRoundFlow, row, "draw", by=w.supervisor)
    return row


def test_a_milestone_takes_files_from_its_pi_until_it_is_reported(w: f.World) -> None:
    project = f.active_project(w)
    milestone = project.milestones.get(no=1)
    assert may_write(project.pi, milestone)
    assert not any(may_write(user, milestone) for user in (w.officer, w.lead, w.dem_user, AnonymousUser()))
    f.report(w, milestone, 40, 20, day=date(2027, 6, 1))
    assert milestone.state == Milestone.State.REPORT_SUBMITTED
    assert not may_write(project.pi, milestone)
    file = file_of(milestone)
    assert all(may_read(user, file) for user in (project.pi, w.officer, w.dem_user, w.rec_user, w.finance))
    assert not any(may_read(user, file) for user in (f.world().officer, f.team(w).pi, AnonymousUser()))


def test_evidence_of_an_objection_is_for_those_who_may_know_its_author(w: f.World) -> None:
    f.noticed_decision(w)
    author = f.person("异议人")
    with f.on(f.NOTICED, 11):
        objection = start(
            ObjectionFlow,
            Objection(
                number=f"YY-{w.agency.pk}", notice=w.notice, author_name="张三",
                author_contact="13800000000", author_user=author, grounds="公示单位业绩不实，见附件材料",
            ),
            by=author,
        )  # fmt: skip
    assert may_write(author, objection)
    file = f.store_file(objection, "OBJECTION", author)
    assert all(may_read(user, file) for user in (author, w.supervisor, w.officer))
    assert not any(may_read(user, file) for user in (f.world().officer, w.dem_user, AnonymousUser()))
    assert not may_write(w.officer, objection)
