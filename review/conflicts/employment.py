"""Who works, or lately worked, for a unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from projects.rules import CONFLICT_LOOKBACK_YEARS
from review.conflicts.lookback import first_day
from review.models import ExpertTie


def employed_by(units: Iterable[int | None], on: date) -> QuerySet[ExpertTie]:
    """Employments on file with one of `units` that still count on a day (domain 3.5, C04)."""
    lately = Q(until__isnull=True) | Q(until__gte=first_day(on, CONFLICT_LOOKBACK_YEARS["C04"]))
    known = ExpertTie.objects.exclude(state=ExpertTie.State.WITHDRAWN)
    return known.filter(lately, kind=ExpertTie.Kind.EMPLOYED, organisation__in=[u for u in units if u is not None])
