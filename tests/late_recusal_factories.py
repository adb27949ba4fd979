"""A round that is collated, and a member who has to leave it all the same (domain 3.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from projects.presets import PRESETS
from review.models import Assignment, ExpertTie
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import SCORED, Review
from workflows.expert_tie import declare

#: Three of five are a quorum, and any number of members may sign.
FOUR_DO = replace(PRESETS["OPEN_CHALLENGE"], quorum=3, odd_panel=False)
SCORES = [("88", "80"), ("90", "79"), ("85", "81"), ("89", "82"), ("87", "78")]


def judged(rules: Any = FOUR_DO) -> Review:
    found = f.collated(
        f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2, rules=rules))))))), *SCORES
    )
    commit_sql("SELECT 1")
    return found


def member(r: Review) -> Assignment:
    return next(seat for seat in r.seats() if seat.pk != r.round.chair_id and seat.seat_type != "TECHNICAL")


def join(seat: Assignment, r: Review, hour: int = 15) -> Assignment:
    """The expert declares that he once worked for a bidder: he is blocked from that moment on."""
    with on(SCORED, hour):
        declare(
            ExpertTie(expert=seat.expert, kind="EMPLOYED", organisation=r.bids[0].organisation), by=seat.expert.user
        )
    seat.refresh_from_db()
    return seat
