"""A bid that was not accepted, and what its team does about it."""

from __future__ import annotations

from datetime import date

from accounts.models import Role, User
from projects.models import Bid, Reconsideration
from tests.delivery_factories import REC_CLOSE, World, on, person, published_list, submitted_bid
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.formal_check import FormalCheckFlow
from workflows.reconsideration import ReconsiderationFlow, ask_again
from workflows.state import SYSTEM

#: The refusal; the fifteenth day after it; the first too late.
REFUSED, LAST_DAY, TOO_LATE = date(2026, 4, 29), date(2026, 5, 14), date(2026, 5, 15)
OPINION = "负责人在研项目超过限项数，不予受理"
GROUNDS = "所指在研项目已于三月通过验收，附验收证书，不应计入在研项目"
CONCLUSION = "经核对验收证书，该项目已于三月办结，不计入在研项目"


def refused(w: World, bid: Bid, day: date = REFUSED) -> Bid:
    """Refused in the formal check, by two people."""
    with on(day):
        perform(BidFlow, bid, "begin_formal_check", by=w.officer)
        inputs = {"result": "REJECT", "reason_codes": ["F08"], "opinion": OPINION}
        perform(FormalCheckFlow, bid.formal_check, "check", by=w.officer, **inputs)
        perform(FormalCheckFlow, bid.formal_check, "confirm", by=w.second_officer)
    bid.refresh_from_db()
    return bid


def contested(w: World, bids: int = 1) -> list[Reconsideration]:
    """A closed list whose every bid was refused, and whose every team asks that it be looked at again."""
    challenge = published_list(w).challenges.get()
    found = [submitted_bid(w, challenge) for _ in range(bids)]
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)
    return [sealed(w, refused(w, bid)) for bid in found]


def filed(bid: Bid, day: date = LAST_DAY) -> Reconsideration:
    with on(day):
        return ask_again(bid, by=bid.pi, grounds=GROUNDS)


def sealed(w: World, bid: Bid, day: date = LAST_DAY) -> Reconsideration:
    row = filed(bid, day)
    admin = next(team.admin for team in w.teams if team.organisation == bid.organisation)
    with on(day, 11):
        perform(ReconsiderationFlow, row, "seal", by=admin, sealed=True)
    return row


def under_review(w: World, bid: Bid, day: date = LAST_DAY) -> tuple[Reconsideration, User]:
    """With its reviewer, who had no hand in the refusal."""
    row, reviewer = sealed(w, bid, day), person("复审", Role.OFF, agency=w.agency)
    with on(day, 12):
        perform(ReconsiderationFlow, row, "assign", by=w.lead, reviewer=reviewer.pk)
    return row, reviewer
