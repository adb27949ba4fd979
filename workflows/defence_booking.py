"""A room holds one defence at a time, and an expert sits in one (domain 3.8).

Which minutes a defence takes is known before its order is drawn: the lot decides who speaks when, not when
somebody speaks. So a clash is told when the session is planned, and the database looks again at the slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from review.defence import Hours, NotEnoughTime, Slot, timetable
from review.models import Assignment, DefenceSession, Expert, ReviewRound
from workflows.clock import SHANGHAI
from workflows.engine import Flow
from workflows.panel_draw import bids_of
from workflows.state import State, holds
from workflows.wording import listed
from workflows.working_days import add_working_days

Span = tuple[datetime, datetime]
#: A panel that needs more days than this has too many bids.
MOST_DAYS = 10
LIVE = ["PLANNED", "COMMITTED", "ORDERED", "ANNOUNCED"]
TO_AGENCY = "round__challenge__challenge_list"


def slots_in_order(session: DefenceSession, order: Sequence[str]) -> list[Slot]:
    """The time table of these ids. Raises NotEnoughTime."""
    lunch = None
    if session.lunch_from is not None and session.lunch_until is not None:
        lunch = (session.lunch_from, session.lunch_until)
    days = [add_working_days(session.first_day, n, count_start=True) for n in range(1, MOST_DAYS + 1)]
    return timetable(
        order, days, Hours(session.begins, session.ends, lunch), talk=session.talk_minutes,
        questions=session.question_minutes, buffer=session.buffer_minutes, zone=SHANGHAI,
    )  # fmt: skip


def nobody_is_booked_twice(flow: Flow) -> State.CONDITION:
    """Neither the room nor a member of the panel, with every clash told at once."""
    clashes = list(_clashes(flow.object))
    return holds(not clashes, " ".join(clashes))


def booked_elsewhere(row: ReviewRound) -> set[int]:
    """Experts of the round's pool who sit in another defence while this round's is held."""
    found: set[int] = set()
    for session in DefenceSession.objects.filter(round=row, state__in=LIVE).select_related(TO_AGENCY):
        users = [user for other, _when in _at_the_same_time(session) for user in _panel(other.round)]
        pool = Expert.objects.filter(agency=row.challenge.challenge_list.agency_id, user__in=users)
        found |= set(pool.values_list("pk", flat=True))
    return found


def _clashes(session: DefenceSession) -> Iterator[str]:
    own, agency = _panel(session.round), session.round.challenge.challenge_list.agency_id
    for other, (starts, ends) in _at_the_same_time(session):
        is_ours = other.round.challenge.challenge_list.agency_id == agency
        what = {
            "other": str(other) if is_ours else _("其他机构的一场答辩"), "room": session.room,
            "at": f"{starts.astimezone(SHANGHAI):%Y-%m-%d %H:%M}–{ends.astimezone(SHANGHAI):%H:%M}",
        }  # fmt: skip
        if is_ours and _same_room(session.room, other.room):
            yield _("会议室“%(room)s”%(at)s 已安排“%(other)s”，请另选会议室或日期。") % what
        if both := sorted(own[user] for user in own.keys() & _panel(other.round).keys()):
            yield _("%(who)s 在 %(at)s 还要参加“%(other)s”，请另选日期或时段。") % {**what, "who": listed(both)}


def _at_the_same_time(session: DefenceSession) -> Iterator[tuple[DefenceSession, Span]]:
    """Other defences that are to be held, with the first time they share with this one."""
    spans = _spans(session)
    if not spans:
        return
    days = spans[0][0].date() - timedelta(days=31), spans[-1][1].date() + timedelta(days=1)
    others = DefenceSession.objects.filter(state__in=LIVE, first_day__range=days).exclude(round=session.round)
    for other in others.select_related(TO_AGENCY).prefetch_related("slots").order_by("pk"):
        theirs = _spans(other)
        shared = (own for own in spans if any(own[0] < ends and starts < own[1] for starts, ends in theirs))
        if (when := next(shared, None)) is not None:
            yield other, when


def _spans(session: DefenceSession) -> list[Span]:
    """Starts and ends; before the draw as they are going to be, none where the days do not hold all teams."""
    if session.pk and (slots := list(session.slots.all())):
        return sorted((slot.starts_at, slot.ends_at) for slot in slots)
    try:
        expected = slots_in_order(session, [str(bid.pk) for bid in bids_of(session.round)])
    except NotEnoughTime:
        return []
    return [(slot.starts_at, slot.ends_at) for slot in expected]


def _panel(row: ReviewRound) -> dict[int, str]:
    """Account → alias, of those who hold a seat."""
    seats = row.assignments.filter(state__in=Assignment.SEATED)
    return dict(seats.values_list("expert__user", "alias"))


def _same_room(one: str, other: str) -> bool:
    """As the trigger compares them: blanks and case make no other room."""
    return "".join(one.split()).lower() == "".join(other.split()).lower()
