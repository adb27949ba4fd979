"""熟悉程度: the step in which a pledged expert says how well he could judge each bid, before they are shared out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.models import Role
from review.conflicts import BLOCK
from review.models import BidFamiliarity, ConflictFinding, ReviewRound
from workflows.panel_draw import bids_of, rules_of_round
from workflows.review_permissions import is_this_expert
from workflows.state import Actor, Inputs, State, holds

#: Name of a bid's field: this and its key.
LEVEL = "level_"


def expert_of_a_shared_round(flow: Any, actor: Actor) -> Role | None:
    return is_this_expert(flow, actor) if rules_of_round(flow.object.round).is_matched else None


def bids_are_not_shared_out_yet(flow: Any) -> State.CONDITION:
    """Where the round went on without him, his share comes with his pledge."""
    is_early = flow.object.round.state == ReviewRound.State.CONFIRMED
    return holds(is_early, _("本轮已经分工，不能再填；不能评审的申请，请在其评分表上选择“不评这份申请”。"))


def familiarity_inputs(flow: Any) -> Inputs:
    """A choice for each bid he may come to judge; those he may not judge are left out, and nothing says so."""
    if not flow.object.pk:
        return {}
    seat = flow.object
    blocked = ConflictFinding.objects.filter(expert=seat.expert_id, severity=BLOCK, gone_at__isnull=True)
    hidden = set(blocked.values_list("bid_id", flat=True))
    told = dict(seat.familiarities.values_list("bid_id", "level"))
    choices = [("", _("不填")), *((str(value), label) for value, label in BidFamiliarity.Level.choices)]
    return {
        f"{LEVEL}{bid.pk}": forms.ChoiceField(
            label=bid.title, choices=choices, required=False, initial=str(told.get(bid.pk, ""))
        )
        for bid in bids_of(seat.round)
        if bid.pk not in hidden
    }
