"""Who may know an expert by name (domain 3.6). Everything else that people read goes by the alias."""

from __future__ import annotations

from typing import Any

from accounts.models import Role
from accounts.roles import held_role
from review.models import ReviewRound


def may_know_experts(user: Any, row: ReviewRound) -> bool:
    """The round's own secretary, as long as he holds the office, and the agency's supervisors.

    Joins `challenge__challenge_list`.
    """
    agency = row.challenge.challenge_list.agency_id
    if held_role(user, Role.SUP, agency=agency) is not None:
        return True
    return row.secretary_id == getattr(user, "pk", None) and held_role(user, Role.SEC, agency=agency) is not None
