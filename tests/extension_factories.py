"""A team that cannot hand in in time, and the later close that it is given."""

from __future__ import annotations

from datetime import date, datetime, time

from projects.models import Bid, BidExtension
from tests.delivery_factories import BID_CLOSE, World, complete_draft, on, published_list, team
from workflows.clock import SHANGHAI
from workflows.engine import perform
from workflows.extension import BidExtensionFlow, ask_extension

GROUNDS = "园区自昨日起停电，供电公司通知四十八小时后恢复"
OPINION = "已向供电公司核实，停电属实，时段一致"
#: The later close of the unit and of the recommender.
UNTIL, REC_UNTIL = date(2026, 4, 24), date(2026, 4, 27)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def endorsed(w: World, bid: Bid, day: date = BID_CLOSE, **instants: datetime) -> BidExtension:
    given = {"bid_until": at(UNTIL, 17), "rec_until": at(REC_UNTIL, 15), **instants}
    with on(day, 11):
        row = ask_extension(bid, by=bid.pi, grounds=GROUNDS)
        data: dict[str, object] = {"opinion": OPINION, **given}
        perform(BidExtensionFlow, row, "endorse", by=w.officer, **data)  # type: ignore[arg-type]
    return row


def granted(w: World, bid: Bid, day: date = BID_CLOSE) -> BidExtension:
    row = endorsed(w, bid, day)
    with on(day, 12):
        perform(BidExtensionFlow, row, "grant", by=w.lead)
    return row


def extended(w: World, bids: int = 1) -> list[BidExtension]:
    """A list whose every bid is a draft with a later close of its own."""
    challenge = published_list(w).challenges.get()
    with on(date(2026, 4, 13)):
        drafts = [complete_draft(w, challenge, team(w)) for _ in range(bids)]
    return [granted(w, bid) for bid in drafts]
