"""Ten thousand bids at once. Only here: with the triggers off, which `perform` never needs."""

from __future__ import annotations

import sys
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from demo.cast import Cast
from projects.models import Bid, Challenge, ChallengeList

PER_CHALLENGE = 30  # one live bid per lead and challenge
LIST = "BENCH-01"


def load_bids(cast: Cast, count: int) -> None:
    """`count` submitted bids over as many challenges as they need, all of the first agency."""
    office, now = cast.offices["sd"], timezone.now()
    print(f"loading {count} bids", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    row = ChallengeList.objects.create(
        agency=office.agency, division=office.division, rule_set=office.rule_sets["OPEN_CHALLENGE"], number=LIST,
        title="测量用榜单", year=2026, state="PUBLISHED", created_at=now, published_at=now,
        bid_close_at=now + timedelta(days=9), rec_close_at=now + timedelta(days=10),
    )  # fmt: skip
    challenges = Challenge.objects.bulk_create(
        Challenge(
            challenge_list=row, number=f"{LIST}-{n:04d}", title=f"测量用榜题{n}", field="AI", months=24, cap_yuan=10_000_000,
            demander=next(iter(cast.demanders.values())), background="背景", content="内容", state="OPEN", created_at=now,
        )
        for n in range(count // PER_CHALLENGE + 1)
    )  # fmt: skip
    Bid.objects.bulk_create(
        (
            Bid(
                challenge=challenges[n // PER_CHALLENGE], organisation=(bidder := cast.bidders[n % PER_CHALLENGE]).organisation,
                pi=bidder.investigators[0], title=f"测量用申请{n}", requested_yuan=1_000_000, number=f"BENCH-{n:05d}",
                state="SUBMITTED", snapshot={}, snapshot_sha256="0" * 64, handed_in_at=now, submitted_at=now, created_at=now,
            )
            for n in range(count)
        ),
        batch_size=1000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
