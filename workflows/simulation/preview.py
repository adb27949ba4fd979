"""A list as its audiences will read it once it is published. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import Challenge, ChallengeList
from workflows import clock
from workflows.simulation.actors import Actors
from workflows.simulation.rehearsal import rehearsal


class Audience(models.TextChoices):
    PUBLIC = "public", _("社会公众")
    TEAM = "team", _("揭榜团队")
    RECOMMENDER = "recommender", _("推荐单位")
    DEMANDER = "demander", _("需求单位")


@contextmanager
def as_published(row: ChallengeList, audience: Audience) -> Iterator[Any]:
    """Inside, `row` and its challenges are open, complete or not, and the value is a reader of `audience`.

    The states are set, not performed: a draft that still lacks something is looked at all the same. The
    database keeps no state without its audit entry, and a rehearsal is always undone.
    """
    with rehearsal():
        now = clock.now()
        close = row.bid_close_at or now + timedelta(days=row.rule_set.rules.min_open_days)
        ChallengeList.objects.filter(pk=row.pk).update(
            state=ChallengeList.State.PUBLISHED, published_at=now,
            bid_close_at=close, rec_close_at=max(row.rec_close_at or close, close),
        )  # fmt: skip
        row.challenges.exclude(state=Challenge.State.WITHDRAWN).update(state=Challenge.State.OPEN)
        yield _reader(row, audience)


def _reader(row: ChallengeList, audience: Audience) -> Any:
    actors = Actors(row)
    match audience:
        case Audience.TEAM:
            return actors.bidder(1).pi
        case Audience.RECOMMENDER:
            return actors.recommender.admin
        case Audience.DEMANDER if (challenge := row.challenges.order_by("number").first()) is not None:
            return actors.demander(challenge)
    return AnonymousUser()
