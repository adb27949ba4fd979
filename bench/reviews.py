"""Fifty thousand reviews at once. Only here: with the triggers off, then counted by the function they call."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from random import Random

from django.db import connection
from django.utils import timezone

from demo.cast import Cast
from projects.models import Bid
from review.models import Assignment, Expert, ReviewRound, ScoreSheet

PER_BID = 5
RECOMMENDATIONS = ("STRONG", "RECOMMEND", "RESERVE", "REJECT")


#: Half points of every criterion, between half of its maximum and all of it, and totals that are their sums.
_POINTS = """
SELECT setseed(0.2026);
INSERT INTO review_scoreitem (sheet_id, criterion, value)
    SELECT s.id, c.code, c.max_score - floor(random() * c.max_score) / 2
    FROM review_scoresheet s JOIN projects_bid b ON b.id = s.bid_id AND b.number LIKE 'BENCH-%%',
         jsonb_to_recordset(%s::jsonb) AS c(code text, max_score numeric, veto boolean) WHERE NOT c.veto;
UPDATE review_scoresheet s SET total = i.points
    FROM (SELECT sheet_id, sum(value) AS points FROM review_scoreitem GROUP BY 1) i
    JOIN review_scoresheet own ON own.id = i.sheet_id JOIN projects_bid b ON b.id = own.bid_id
    WHERE s.id = i.sheet_id AND b.number LIKE 'BENCH-%%'
"""


def load_reviews(cast: Cast) -> int:
    """A closed round per challenge of the loaded bids, each bid scored by five; returns the number of sheets."""
    office, now, random = cast.offices["sd"], timezone.now(), Random(2026)  # noqa: S311  invented scores
    print(f"loading {PER_BID} reviews a bid", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    criteria = office.rule_sets["OPEN_CHALLENGE"].rules.to_data()["criteria"]
    bids = list(Bid.objects.filter(number__startswith="BENCH-").only("pk", "challenge_id").order_by("challenge_id"))
    rounds = ReviewRound.objects.bulk_create(
        ReviewRound(challenge_id=pk, criteria=criteria, secretary=office.secretary, state="CLOSED", created_at=now)
        for pk in sorted({bid.challenge_id for bid in bids})
    )
    experts = list(Expert.objects.filter(agency=office.agency)[:PER_BID])
    seats = Assignment.objects.bulk_create(
        Assignment(
            round=row, expert=expert, seat_type=expert.seat_type, alias=f"E{n:02d}", state="LOCKED", pledged_at=now,
            created_at=now - timedelta(days=20),
        )
        for row in rounds for n, expert in enumerate(experts, start=1)
    )  # fmt: skip
    of_challenge = {row.challenge_id: seats[n * PER_BID : (n + 1) * PER_BID] for n, row in enumerate(rounds)}
    sheets = (
        ScoreSheet(
            assignment=seat, bid=bid, comment="目标明确，路线可行，团队与条件具备，经费与任务匹配。", state="LOCKED",
            recommendation=random.choice(RECOMMENDATIONS), total=random.randrange(100, 200) / 2, submitted_at=now,
            created_at=now,
        )
        for bid in bids for seat in of_challenge[bid.challenge_id]
    )  # fmt: skip
    ScoreSheet.objects.bulk_create(sheets, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute(_POINTS, [json.dumps(criteria)])
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(
            "SELECT tally_review(a.round_id, b.id) FROM projects_bid b JOIN review_reviewround r USING (challenge_id)"
            " JOIN review_assignment a ON a.round_id = r.id WHERE a.alias = 'E01'"
        )
        cursor.execute("ANALYZE")
    return len(bids) * PER_BID
