"""Bids that were not accepted: since when, until when that may be contested, and which may still come back.

Rules: domain 2.10 (基金条例 19 条): 15 days from the refusal, the day of the refusal not counted.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from projects.models import Bid, Reconsideration
from workflows.days import day_of, start_of
from workflows.models import AuditEntry

R = Reconsideration.State
#: Calendar days from the refusal to the unit's seal.
FILE_DAYS = 15
DECIDED = [R.KEPT, R.UPHELD, R.REJECTED_FORM]


def _refused(bids: QuerySet[Bid]) -> QuerySet[Any]:
    """Those that stand refused, with `refused_at`: when the chain says that it happened last."""
    told = AuditEntry.objects.filter(
        object_type=Bid._meta.label_lower, object_id=OuterRef("key"), to_state=Bid.State.NOT_ACCEPTED
    ).order_by("-seq")
    keyed = bids.filter(state=Bid.State.NOT_ACCEPTED).annotate(key=Cast("pk", CharField()))
    return keyed.annotate(refused_at=Subquery(told.values("at")[:1]))


def refused_at(bid: Bid) -> datetime | None:
    """When the team was told that its bid is not accepted; None while it has not been refused."""
    found: datetime | None = _refused(Bid.objects.filter(pk=bid.pk)).values_list("refused_at", flat=True).first()
    return found


def last_day_to_file(refused: datetime) -> date:
    return day_of(refused) + timedelta(days=FILE_DAYS)


def may_ask_again(bid: Bid, now: datetime) -> bool:
    """Whether the refusal of this bid can still be contested: in time, and not contested before."""
    refused = refused_at(bid)
    if refused is None or day_of(now) > last_day_to_file(refused):
        return False
    return not Reconsideration.objects.filter(bid=bid, refused_at=refused).exclude(state=R.WITHDRAWN).exists()


def may_come_back(challenge_list: int, now: datetime) -> QuerySet[Any]:
    """Refused bids of a list whose team has asked, or may still ask, that the refusal be revoked."""
    about_this = Reconsideration.objects.filter(bid=OuterRef("pk"), refused_at=OuterRef("refused_at"))
    asked = Exists(about_this.filter(state__in=[R.SEALED, R.UNDER_REVIEW]))
    decided = Exists(about_this.filter(state__in=DECIDED))
    in_time = Q(refused_at__gte=start_of(day_of(now) - timedelta(days=FILE_DAYS)))
    refused = _refused(Bid.objects.filter(challenge__challenge_list=challenge_list))
    return refused.filter(asked | in_time & ~Q(decided)).order_by("pk")
