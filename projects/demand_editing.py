"""Who may write in a demand now: its text, and the panel's points for it."""

from __future__ import annotations

from typing import Any

from accounts.models import Role
from accounts.roles import held_role
from projects.models import ChallengeList, Demand


def may_edit(user: Any, row: Demand) -> bool:
    """The demander, before it is submitted and after it was returned."""
    return row.state in Demand.EDITABLE and held_role(user, Role.DEM, organisation=row.demander_id) is not None


def may_score(user: Any, row: Demand) -> bool:
    """The officer, while the panel sits. Joins `challenge_list`."""
    is_officer = held_role(user, Role.OFF, Role.AGY, agency=row.challenge_list.agency_id) is not None
    sits = row.challenge_list.state == ChallengeList.State.APPRAISING
    return is_officer and sits and row.state == Demand.State.REC_ENDORSED
