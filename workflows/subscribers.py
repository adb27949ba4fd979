"""Who asked to be told of challenges in a field, and what they are told (domain 2.18 N01)."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.models import User
from projects.models import Challenge, ChallengeList, Subscription
from workflows.wording import listed


def subscribers_to(row: ChallengeList) -> dict[User, set[str]]:
    """Active people and those of their fields in which the list has an open challenge. One query."""
    fields = row.challenges.filter(state=Challenge.State.OPEN).values("field")
    found: dict[User, set[str]] = {}
    wishes = Subscription.objects.filter(field__in=fields, user__is_active=True)
    for wish in wishes.select_related("user").order_by("user", "field"):
        found.setdefault(wish.user, set()).add(wish.field)
    return found


def told_to_subscriber(row: ChallengeList, fields: Collection[str]) -> str:
    """Only public facts: the list is public from this moment on."""
    shown = listed(str(field.label) for field in Challenge.Field if field in fields)
    return _("其中有您订阅领域（%s）的榜题。如不再需要此类提醒，请在“领域订阅”页取消。") % shown + (
        f"\n\n{row.introduction}" if row.introduction else ""
    )
