"""Where an entry of the pool stands on a day: may be drawn, expired, on leave, barred or taken out; and its credit.

All of it is one query's annotations, so that a list of any length costs the same.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields import CharField
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext_lazy as _

from accounts.models import IntegrityRecord
from review.credit import GRADES, MOST_EARNED, START, YEARS_COUNTED
from review.models import Expert, ExpertCredit, ExpertLeave


class Standing(StrEnum):
    """The first that applies."""

    OUT = "OUT"
    BARRED = "BARRED"
    EXPIRED = "EXPIRED"
    ON_LEAVE = "ON_LEAVE"
    IN_POOL = "IN_POOL"


STANDINGS = {
    Standing.IN_POOL: (_("在库"), "good"),
    Standing.ON_LEAVE: (_("请假中"), "wait"),
    Standing.EXPIRED: (_("已过期"), "plain"),
    Standing.BARRED: (_("诚信限制"), "bad"),
    Standing.OUT: (_("已移出"), "plain"),
}


def on_leave(first: date, last: date) -> Exists:
    """Has a leave that touches the days `first` to `last`."""
    return Exists(ExpertLeave.objects.filter(expert=OuterRef("pk"), starts_on__lte=last, ends_on__gte=first))


def barred(on: date) -> Exists:
    """Is himself under an integrity bar on a day (C13, domain 2.15)."""
    in_force = Q(in_force_to__isnull=True) | Q(in_force_to__gte=on)
    return Exists(IntegrityRecord.objects.filter(in_force, user=OuterRef("user"), in_force_from__lte=on))


def _points(on: date, **which: Any) -> Coalesce:
    since = on - timedelta(days=365 * YEARS_COUNTED)
    found = ExpertCredit.objects.filter(expert=OuterRef("pk"), noted_at__date__gte=since, **which)
    total = found.order_by().values("expert").annotate(total=Sum("points")).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


def with_credit(experts: QuerySet[Expert], on: date) -> QuerySet[Expert]:
    """Adds `credit` (0–100) and `grade` (A–D), as `review.credit` counts them."""
    earned = Least(_points(on, points__gt=0), MOST_EARNED)
    score = Greatest(Value(START) + earned + _points(on, points__lt=0), 0)
    steps = [When(credit__gte=least, then=Value(grade)) for grade, least in GRADES.items()]
    return experts.annotate(credit=score).annotate(grade=Case(*steps, output_field=CharField()))


def with_standing(experts: QuerySet[Expert], on: date) -> QuerySet[Expert]:
    """Adds `standing`, and what `with_credit` adds."""
    standing = Case(
        When(is_active=False, then=Value(Standing.OUT)),
        When(barred(on), then=Value(Standing.BARRED)),
        When(valid_until__lt=on, then=Value(Standing.EXPIRED)),
        When(on_leave(on, on), then=Value(Standing.ON_LEAVE)),
        default=Value(Standing.IN_POOL),
        output_field=CharField(),
    )
    return with_credit(experts, on).annotate(standing=standing)


def shown_standing(value: str) -> tuple[Any, str]:
    """Label and tone."""
    return STANDINGS[Standing(value)]
