"""A step on a seat or a sheet that the round must not overtake: it holds the round until commit."""

from __future__ import annotations

from django.utils.translation import gettext as _

from review.models import ReviewRound
from workflows.locked import locked
from workflows.refused import Refused


def hold_round(row: ReviewRound, state: ReviewRound.State) -> ReviewRound:
    """The round as it stands, locked. Raises Refused when it has left `state` while we waited."""
    held = locked(row)
    if held.state != state:
        raise Refused("conditions_unmet", [_("评审轮次已由他人推进，请刷新页面后再试；本次操作没有生效。")])
    return held
