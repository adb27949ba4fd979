"""Changing a call while it runs: a later close for everybody, or a correction (domain 2.1 extend, clarify)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.models import Role, User
from projects.models import Amendment, BidEditor
from workflows.clock import SHANGHAI
from workflows.permissions import people_of_organisations

if TYPE_CHECKING:
    from workflows.challenge_list import ChallengeListFlow

#: After a material change bidders have at least this long (domain 2.1, after 政府采购法实施条例 Art. 21).
DAYS_AFTER_A_MATERIAL_CHANGE = 15
#: Nobody needs longer; a slip of the year shall not keep a call open for ever.
LONGEST_EXTENSION = timedelta(days=366)


def move_close(flow: ChallengeListFlow, bid_close_at: datetime, rec_close_at: datetime) -> tuple[datetime, datetime]:
    """Set both closing instants later; return the bidders' old and new one."""
    row = flow.object
    old = row.bid_close_at
    if old is None or bid_close_at <= old or rec_close_at < bid_close_at:
        flow.refuse_input("bid_close_at", _("新的截止须晚于原截止，推荐截止不得早于揭榜截止，请改晚。"))
    if bid_close_at > old + LONGEST_EXTENSION or rec_close_at > bid_close_at + LONGEST_EXTENSION:
        flow.refuse_input("bid_close_at", _("延长不得超过一年，请核对年份。"))
    row.bid_close_at, row.rec_close_at = bid_close_at, rec_close_at
    return old, bid_close_at


def check_time_left(flow: ChallengeListFlow, is_material: bool) -> None:
    """A material change leaves bidders the days they need, or comes with a later close."""
    close = flow.object.bid_close_at
    earliest = flow.now + timedelta(days=DAYS_AFTER_A_MATERIAL_CHANGE)
    if is_material and close is not None and close < earliest:
        flow.refuse_input(
            "bid_close_at",
            _("影响申报内容的更正须给申报单位留足 %(days)s 天，请同时将揭榜截止延至 %(day)s 以后。")
            % {"days": DAYS_AFTER_A_MATERIAL_CHANGE, "day": f"{earliest.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"},
        )


def publish_amendment(
    flow: ChallengeListFlow,
    kind: Amendment.Kind,
    text: str,
    *,
    is_material: bool = False,
    closes: tuple[datetime, datetime] | None = None,
) -> Amendment:
    """Write it down for everybody and tell whoever works on a bid in this list, drafts included (N01)."""
    row = flow.object
    last = row.amendments.aggregate(last=Max("no"))["last"] or 0
    old, new = closes or (None, None)
    found = Amendment.objects.create(
        challenge_list=row, no=last + 1, kind=kind, text=text, is_material=is_material, old_close_at=old,
        new_close_at=new, at=flow.now,
    )  # fmt: skip
    flow.evidence["amendment"] = found.no
    subject = _("%(kind)s：%(title)s") % {"kind": found.get_kind_display(), "title": row.title}
    until = _("揭榜截止延至 %s。") % f"{new.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if new else ""
    flow.notify("N01", _at_work(flow), subject, f"{until}{text}")
    return found


def _at_work(flow: ChallengeListFlow) -> list[User]:
    """Who writes, whose unit passes it on, who endorses: a later close or a correction concerns them all."""
    bids = flow.live_bids()
    writes = Q(pk__in=bids.values("pi")) | Q(pk__in=BidEditor.objects.filter(bid__in=bids).values("user"))
    units = people_of_organisations(Role.ORG, bids.values_list("organisation", flat=True))
    endorsers = people_of_organisations(Role.REC, bids.exclude(recommender=None).values_list("recommender", flat=True))
    writers = User.objects.filter(writes, is_active=True)
    return [*writers, *(person for group in (*units.values(), *endorsers.values()) for person in group)]
