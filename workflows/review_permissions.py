"""Who may act in a review: the expert himself, the chair, the secretary. Secretaries never score."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from accounts.models import Role, User
from accounts.roles import held_role
from review.models import Assignment, ReviewRound
from workflows.permissions import agency_of
from workflows.state import Actor

_TO_ROUND = {
    "reviewround": None,
    "assignment": "round",
    "defencesession": "round",
    "defenceslot": "session.round",
    "scoresheet": "assignment.round",
    "defencequestion": "assignment.round",
}


def has_round(obj: Any) -> bool:
    """Whether a record is part of a round. Those of the pool (ties, rulings, imports) are not."""
    return obj._meta.model_name in _TO_ROUND


def round_of(obj: Any) -> ReviewRound:
    """The round a record of the review belongs to; KeyError for one that belongs to none."""
    path = _TO_ROUND[obj._meta.model_name]
    found: ReviewRound = attrgetter(path)(obj) if path else obj
    return found


def is_this_expert(flow: Any, actor: Actor) -> Role | None:
    """The expert whose seat or sheet it is; nobody scores for another (基金条例 21 条)."""
    obj = flow.object
    assignment = obj if obj._meta.model_name == "assignment" else obj.assignment
    return Role.EXP if actor.pk is not None and assignment.expert.user_id == actor.pk else None


def is_secretary(flow: Any, actor: Actor) -> Role | None:
    """The round's own secretary, as long as he holds the office."""
    if not isinstance(actor, User) or round_of(flow.object).secretary_id != actor.pk:
        return None
    return held_role(actor, Role.SEC, agency=agency_of(flow.object))


def is_chair(flow: Any, actor: Actor) -> Role | None:
    """The chair, as long as he sits on the panel: who was recused or replaced signs nothing."""
    chair = round_of(flow.object).chair
    if actor.pk is None or chair is None or chair.state not in Assignment.SEATED:
        return None
    return Role.CHR if chair.expert.user_id == actor.pk else None


def is_witness(flow: Any, actor: Actor) -> Role | None:
    """The supervisor named for this round's draws."""
    if not isinstance(actor, User) or round_of(flow.object).witness_id != actor.pk:
        return None
    return held_role(actor, Role.SUP, agency=agency_of(flow.object))
