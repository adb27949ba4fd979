"""What stories share: the cast, the clock's working hours, and the steps several stories take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from attachments.models import Attachment
from attachments.upload import store_file
from demo.cast import Bidder, Cast, Office
from demo.papers import Papers
from projects.models import Bid, PublicNotice
from workflows import clock
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform
from workflows.notice import NoticeFlow
from workflows.state import SYSTEM
from workflows.working_days import add_working_days


@dataclass
class Stage:
    """The setting of all stories: today, the people, their papers, and luck that repeats itself."""

    today: date
    cast: Cast
    papers: Papers = field(default_factory=Papers)
    random: Random = field(default_factory=lambda: Random(20260302))  # noqa: S311  invented data

    def at(self, day: date, hour: int = 10, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour), SHANGHAI) + timedelta(minutes=minute)

    def after(self, publish: date, days: int, hour: int = 10, minute: int = 0) -> datetime:
        return self.at(publish + timedelta(days=days), hour, minute)

    def file(self, holder: Any, slot: str, subject: str, by: Any) -> None:
        stored = store_file(holder, slot, self.papers.name(slot), self.papers.make(slot, subject), by)
        # The column keeps the machine's clock; in a story a paper comes in on the story's day.
        Attachment.objects.filter(pk=stored.pk).update(created_at=clock.now())

    def admin_of(self, bid: Bid) -> Any:
        return self.bidder_of(bid).admin

    def bidder_of(self, bid: Bid) -> Bidder:
        return next(b for b in self.cast.bidders if b.organisation.pk == bid.organisation_id)

    def recommender_of(self, bid: Bid) -> Any:
        return next(user for org, user in self.cast.recommenders if org.pk == bid.recommender_id)

    def withdraw(self, bid: Bid) -> None:
        perform(BidFlow, bid, "withdraw", by=bid.pi, reason="合作单位人员调整，暂不具备申报条件")

    def run_notice(self, notice: PublicNotice, office: Office, day: date) -> Iterator[datetime]:
        """Publish a notice on the first working day from `day` and wait for the day after its last."""
        yield self.at(add_working_days(day, 0, count_start=True), 9)
        notice.refresh_from_db()
        if notice.state == PublicNotice.State.DRAFT:
            perform(NoticeFlow, notice, "approve", by=office.lead)
        perform(NoticeFlow, notice, "publish", by=office.officer)
        assert notice.ends_on is not None  # set by publishing
        yield self.at(notice.ends_on + timedelta(days=1), 1)
        notice.refresh_from_db()
        if notice.state == PublicNotice.State.ONGOING:
            perform(NoticeFlow, notice, "end", by=SYSTEM)
