"""When a bid closes: with its list, or later where an extension for it alone was granted (domain 2.0).

The extension is asked for only when the list's own instant has passed: at the close itself, when
thousands hand in, it costs nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from projects.models import Bid, BidExtension, Challenge

#: Begun, and not handed in for good yet.
ON_THE_WAY = [Bid.State.DRAFT, Bid.State.UNIT_REVIEW, Bid.State.REC_REVIEW]


def bid_close_of(bid: Bid, now: datetime) -> datetime | None:
    """Until when the unit may pass the bid on, as it stands at `now`. Reads `bid.challenge.challenge_list`."""
    return _latest(bid, bid.challenge.challenge_list.bid_close_at, "bid_until", now)


def last_close_of(bid: Bid) -> datetime | None:
    """As `bid_close_of` at the very end: what its team is told while it still has time."""
    return _extended(bid, bid.challenge.challenge_list.bid_close_at, "bid_until")


def rec_close_of(bid: Bid, now: datetime) -> datetime | None:
    """Until when the recommender may endorse it. Reads `bid.challenge.challenge_list`."""
    return _latest(bid, bid.challenge.challenge_list.rec_close_at, "rec_until", now)


def is_open_for(bid: Bid, now: datetime) -> bool:
    """Whether the challenge takes this bid: it is open, or closed for everybody but this bid."""
    if bid.challenge.state == Challenge.State.CLOSED:
        close, extended = bid.challenge.challenge_list.bid_close_at, bid_close_of(bid, now)
        return close is not None and extended is not None and extended > close
    return bid.challenge.state == Challenge.State.OPEN


def awaited(bids: QuerySet[Bid], now: datetime) -> QuerySet[Bid]:
    """Those that may still come in although their list has closed: asked to be extended, or extended until later."""
    about = BidExtension.objects.filter(bid=OuterRef("pk"))
    may_come = Q(state__in=BidExtension.OPEN_STATES) | Q(state=BidExtension.State.GRANTED, rec_until__gt=now)
    return bids.filter(Exists(about.filter(may_come)), state__in=ON_THE_WAY)


def _latest(bid: Bid, close: datetime | None, field: str, now: datetime) -> datetime | None:
    return close if close is None or now < close else _extended(bid, close, field)


def _extended(bid: Bid, close: datetime | None, field: str) -> datetime | None:
    if close is None or bid.pk is None:
        return close
    granted = BidExtension.objects.filter(bid=bid, state=BidExtension.State.GRANTED)
    latest: datetime | None = granted.order_by(f"-{field}").values_list(field, flat=True).first()
    return max(close, latest) if latest else close
