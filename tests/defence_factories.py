"""A defence as the rule book has it: planned in the preview of `review_factories`, held on 20 May."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from projects.models import Bid
from projects.presets import PRESETS
from review.models import Assignment, DefenceQuestion, DefenceSession
from tests.delivery_factories import on
from tests.review_factories import Review
from workflows.clock import SHANGHAI
from workflows.defence import DefenceSessionFlow
from workflows.defence_question import QuestionFlow
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow

PLANNED, HELD = date(2026, 5, 13), date(2026, 5, 20)
RULES = replace(PRESETS["OPEN_CHALLENGE"], defence=True, defence_minutes=(10, 20))
QUESTION = "请说明关键指标的测试条件，以及样机与批量产品的差距。"


def session(r: Review) -> DefenceSession:
    return r.round.defences.order_by("-pk")[0]


def planned(r: Review, first_day: date = HELD) -> DefenceSession:
    row = DefenceSession(
        round=r.round, room="三楼会议室", recorder="记录员", first_day=first_day, begins=time(9), ends=time(17, 30),
        lunch_from=time(12), lunch_until=time(13, 30), talk_minutes=10, question_minutes=20, buffer_minutes=5, persons=3,
    )  # fmt: skip
    with on(PLANNED):
        return start(DefenceSessionFlow, row, by=r.secretary)


def ordered(r: Review, first_day: date = HELD) -> DefenceSession:
    row = planned(r, first_day)
    with on(PLANNED):
        perform(DefenceSessionFlow, row, "commit_order", by=r.secretary)
        return perform(DefenceSessionFlow, row, "draw_order", by=r.w.supervisor)


def announced(r: Review) -> DefenceSession:
    row = ordered(r)
    with on(PLANNED):
        return perform(DefenceSessionFlow, row, "announce", by=r.secretary)


def question(seat: Assignment, bid: Bid, text: str = QUESTION) -> DefenceQuestion:
    with on(PLANNED, 11):
        return start(QuestionFlow, DefenceQuestion(assignment=seat, bid=bid, text=text), by=seat.expert.user)


def scoring(r: Review) -> None:
    """From the morning of the defence on, until the next evening."""
    until = datetime.combine(HELD + timedelta(days=1), time(18), SHANGHAI)
    with on(HELD, 8):
        perform(ReviewRoundFlow, r.round, "open_scoring", by=r.secretary, scoring_until=until)
