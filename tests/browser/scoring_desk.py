"""A round that scores in the real present, for tests in a browser."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Role
from projects.rules import Rules
from review.models import ReviewRound, ScoreSheet
from review.reading_order import in_reading_order
from tests.delivery_factories import REC_CLOSE, checked, experts, on, person, published_list, submitted_bid, world
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow
from workflows.state import SYSTEM


def scoring_sheets(bids: int = 1, rules: Rules | None = None) -> list[ScoreSheet]:
    """All sheets of the first expert, in his reading order, until the day after tomorrow."""
    w = world(rules)
    challenge_list = published_list(w)
    challenge = challenge_list.challenges.get()
    rows = [submitted_bid(w, challenge) for _ in range(bids)]
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
        for bid in rows:
            checked(w, bid)
        perform(ChallengeListFlow, challenge_list, "begin_review", by=w.officer)
        challenge.refresh_from_db()
        experts(w)
        row = ReviewRound(challenge=challenge, criteria=[], secretary=person("秘书", Role.SEC, agency=w.agency))
        start(ReviewRoundFlow, row, by=w.officer)
        perform(ReviewRoundFlow, row, "begin_draw", by=w.officer, witness=w.supervisor.pk)
        perform(ReviewRoundFlow, row, "draw", by=w.supervisor)
        seats = list(row.assignments.select_related("expert__user").order_by("alias"))
        for seat in seats:
            perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
            perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
        perform(ReviewRoundFlow, row, "name_chair", by=row.secretary, chair=seats[0].pk)
        perform(ReviewRoundFlow, row, "open_preview", by=row.secretary)
        until = timezone.localtime(timezone.now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
        perform(ReviewRoundFlow, row, "open_scoring", by=row.secretary, scoring_until=until)
    sheets = seats[0].sheets.select_related("assignment__expert__user", "bid")
    return in_reading_order(sheets, seats[0].pk, lambda sheet: sheet.bid.uuid)
