"""Who may not run or watch a review: secretary, officer and witness with a tie to one of its bidders (domain 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.models import User
from review.conflicts.staff import related_staff
from review.models import ReviewRound
from workflows.panel_draw import bids_of
from workflows.state import Actor, State, holds
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.review_round import ReviewRoundFlow


def reasons_to_stand_aside(row: ReviewRound, people: Iterable[Actor]) -> list[str]:
    """“某某（在申请或参与单位任职）” for each who has to be replaced by somebody else."""
    persons = {person.pk: person for person in people if isinstance(person, User)}
    found = related_staff(persons.values(), bids_of(row))
    return [f"{persons[pk].name}（{why}）" for pk, why in found.items()]


def those_in_charge_are_unrelated(flow: ReviewRoundFlow) -> State.CONDITION:
    told = reasons_to_stand_aside(flow.object, [flow.object.secretary, flow.by])
    return holds(not told, _("%s。与申请方有关联的人不得组织评审，请换人。") % listed(told))
