"""What a review tells of its experts' conduct, for their credit file (domain 2.5, 3.4): each event once a round.

Nobody pays for honesty: who declines an invitation, is recused or was found to be in conflict is noted nothing.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from django.db.models import Max

from review.models import Assignment, ExpertCredit, ReviewRound
from workflows.engine import Flow
from workflows.models import AuditEntry
from workflows.pool import note_event

Event = ExpertCredit.Event
A = Assignment.State


def note_scored(flow: Flow) -> None:
    """The seat is locked: all was handed in, in time or after a deadline that had lapsed."""
    _note(flow, Event.LATE if handed_in_late(flow.object) else Event.ON_TIME)


def note_declined(flow: Flow) -> None:
    """Before he accepts an expert may say no; afterwards a seat was kept for him."""
    if flow.state_before == A.ACCEPTED:
        _note(flow, Event.DECLINED_LATE)


def note_unanswered(flow: Flow) -> None:
    _note(flow, Event.NO_ANSWER)


def note_replaced(flow: Flow) -> None:
    """By hand, for a reason of the secretary's: the expert answers for it only when his own time had run out."""
    seat, row = flow.object, flow.object.round
    if seat.respond_by is not None and flow.now >= seat.respond_by:
        _note(flow, Event.NO_ANSWER)
    elif flow.state_before == A.PLEDGED and row.scoring_until is not None and flow.now >= row.scoring_until:
        _note(flow, Event.LATE)


def note_released(flow: Flow) -> None:
    """The others were a quorum; he had not handed in when the scoring ended."""
    _note(flow, Event.LATE)


def note_returned(flow: Flow) -> None:
    """A comment was sent back to be completed."""
    note_event(flow, flow.object.assignment.expert, Event.RETURNED, flow.object.assignment.round)


def handed_in_late(seat: Assignment) -> bool:
    """Whether his last sheet came in after a deadline that had passed before it was put off."""
    last: datetime | None = seat.sheets.aggregate(last=Max("submitted_at"))["last"]
    return last is not None and any(lapsed < last for lapsed in _lapsed(seat.round))


def _lapsed(row: ReviewRound) -> list[datetime]:
    """Ends of scoring that came to pass before they were put off. An extension in time lapses nothing."""
    steps = AuditEntry.objects.filter(
        object_type=row._meta.label_lower, object_id=str(row.pk), transition__in=["open_scoring", "extend_scoring"]
    )
    ends = [(step.at, datetime.fromisoformat(step.payload["scoring_until"])) for step in steps.order_by("seq")]
    return [end for (_at, end), (put_off_at, _new) in pairwise(ends) if put_off_at > end]


def _note(flow: Flow, event: ExpertCredit.Event) -> None:
    note_event(flow, flow.object.expert, event, flow.object.round)
