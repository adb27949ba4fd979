"""The rehearsal of a defence: planned in the preview, held before the points are handed in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from review.models import DefenceSession, ReviewRound
from workflows.clock import SHANGHAI, travel
from workflows.days import day_of
from workflows.defence import DefenceSessionFlow
from workflows.defence_slot import DefenceSlotFlow
from workflows.engine import start

if TYPE_CHECKING:
    from workflows.simulation.call import Call


def plan_defence(call: Call, row: ReviewRound) -> DefenceSession:
    """On the day after the preview; the order is drawn and told to the teams."""
    rules = call.rules
    talk, questions = rules.defence_minutes
    session = DefenceSession(
        round=row, room="推演", recorder="推演", first_day=day_of(call.at) + timedelta(days=rules.preview_days + 1),
        begins=time(9), ends=time(18), talk_minutes=talk, question_minutes=questions,
        buffer_minutes=rules.defence_buffer, persons=rules.defence_persons,
    )  # fmt: skip
    with travel(call.at):
        start(DefenceSessionFlow, session, by=call.actors.secretary)
    call.do(DefenceSessionFlow, session, "commit_order", call.actors.secretary)
    call.do(DefenceSessionFlow, session, "draw_order", call.actors.supervisor)
    call.do(DefenceSessionFlow, session, "announce", call.actors.secretary)
    return session


def hold_defence(call: Call, session: DefenceSession) -> None:
    """Every team comes."""
    slots = list(session.slots.order_by("position"))
    last: datetime = slots[-1].starts_at
    call.go_to(last.astimezone(SHANGHAI))
    for slot in slots:
        call.do(DefenceSlotFlow, slot, "record_presence", call.actors.secretary, note="推演")
    call.do(DefenceSessionFlow, session, "conclude", call.actors.secretary)
