"""Everything that happens because time has passed, done by the system actor through `perform`.

Safe to run twice, late, or side by side: what counts are the stored instants and days, looked at again
under the row's lock. Each record has its own transaction; what is refused is not due after all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from projects.models import (
    AwardDecision,
    Bid,
    ChallengeList,
    Milestone,
    Project,
    PublicNotice,
    Race,
)
from review.models import Assignment, ExpertImport
from workflows import clock
from workflows.assignment import AssignmentFlow
from workflows.award import RESERVE_DAYS, AwardDecisionFlow
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import Flow, perform
from workflows.expert_import import FORGOTTEN_DAYS, ExpertImportFlow
from workflows.milestone import MilestoneFlow
from workflows.milestone_conditions import SOON_DAYS
from workflows.notice import NoticeFlow
from workflows.project import ProjectFlow
from workflows.race import RaceFlow
from workflows.refused import Refused
from workflows.reminders import send_reminders
from workflows.state import SYSTEM

logger = logging.getLogger(__name__)

#: Requests received before the close may wait this long for their turn (gunicorn's timeout twice).
CLOSE_GRACE = timedelta(seconds=60)

#: A machine, one of its timed transitions, and the records it may be due for.
Job = tuple[type[Flow], str, QuerySet[Any]]


def sweep_all() -> int:
    """Perform every transition that is due by now, then send reminders; return how many took place.

    The order lets one sweep carry a record through steps that have all become due.
    """
    done = sum(_perform(flow, transition, pk) for flow, transition, found in _jobs() for pk in _ids(found))
    try:
        done += send_reminders()
    except Exception:  # the transitions above stand; the next sweep reminds again
        logger.exception("reminders failed")
    return done


def _jobs() -> Iterator[Job]:
    """What may be due. Only narrows the search: the conditions of the transitions decide."""
    now, today = clock.now(), clock.today()
    # What came in time is still being worked off: nothing lapses before that is done.
    closing = ChallengeList.objects.filter(state="PUBLISHED", rec_close_at__lte=now - CLOSE_GRACE)
    yield ChallengeListFlow, "close", closing
    late = Bid.objects.filter(state="CORRECTION", formal_check__correction_until__lte=now)
    yield BidFlow, "lapse_correction", late
    yield AssignmentFlow, "time_out", Assignment.objects.filter(state__in=["INVITED", "ACCEPTED"], respond_by__lte=now)
    yield NoticeFlow, "end", PublicNotice.objects.filter(state="ONGOING", ends_on__lt=today)
    yield NoticeFlow, "settle", PublicNotice.objects.filter(state="ENDED_WITH_OBJECTION")
    yield (
        ProjectFlow,
        "lapse_contract",
        Project.objects.filter(state="PENDING_CONTRACT", contract_due_on__lt=today),
    )
    yield AwardDecisionFlow, "release", AwardDecision.objects.filter(state="HELD", release_at__lte=now)
    yield AwardDecisionFlow, "release_reserves", _old_decisions(today)
    yield (
        MilestoneFlow,
        "soon",
        _milestones(today, "PLANNED").filter(due_on__lte=today + timedelta(days=SOON_DAYS)),
    )
    yield MilestoneFlow, "overdue", _milestones(today, "PLANNED", "DUE_SOON").filter(due_on__lt=today)
    yield RaceFlow, "begin_check", _races_at_the_end(today)
    forgotten = ExpertImport.objects.filter(state="UPLOADED", previewed_at__lt=now - timedelta(days=FORGOTTEN_DAYS))
    yield ExpertImportFlow, "discard", forgotten
    yield ProjectFlow, "begin_closing", _projects_at_the_end(today)


def _milestones(today: date, *states: str) -> QuerySet[Milestone]:
    """Of projects under way; of lanes only the leg that runs."""
    running_leg = Q(project__lane__race__state="STAGE_RUNNING", project__lane__race__stage_no=F("no"))
    return Milestone.objects.filter(
        Q(project__lane__isnull=True) | running_leg,
        state__in=states,
        project__state__in=["ACTIVE", "RECTIFYING"],
    )


def _races_at_the_end(today: date) -> QuerySet[Race]:
    """Races whose running leg has ended. Asked again until reports are in or their grace is over."""
    ended = Q(stages__no=F("stage_no"), stages__ends_on__lt=today)
    return Race.objects.filter(ended, state="STAGE_RUNNING").distinct()


def _projects_at_the_end(today: date) -> QuerySet[Project]:
    at_end = Project.objects.filter(state="ACTIVE", ends_on__lte=today)
    return at_end.filter(Q(lane__isnull=True) | Q(lane__race__state="FINAL"))


def _old_decisions(today: date) -> QuerySet[AwardDecision]:
    """Issued longer ago than reserves are valid, with a reserve that still waits."""
    before = clock.now() - timedelta(days=RESERVE_DAYS)
    return AwardDecision.objects.filter(state="ISSUED", issued_at__lt=before, rows__bid__state="RESERVE").distinct()


def _ids(found: QuerySet[Any]) -> Iterable[int]:
    return list(found.order_by("pk").values_list("pk", flat=True))


def _perform(flow: type[Flow], transition: str, pk: int) -> int:
    try:
        perform(flow, pk, transition, by=SYSTEM)
    except Refused as refusal:
        logger.debug("%s %s of %s is not due: %s", flow.slug, transition, pk, refusal)
        return 0
    except Exception:  # one broken record must not stop the clock for all others
        logger.exception("sweep: %s %s of %s failed", flow.slug, transition, pk)
        return 0
    return 1
