"""Who may see what of a defence: the agency and the panel all of it, a team its own slot and questions.

The team is told neither who asks nor who else is heard; officers read questions once they are out.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.roles import agencies_of, organisations_of
from projects.queries import STAFF
from review.models import Assignment, DefenceQuestion, DefenceSession, DefenceSlot

A = Assignment.State
#: Seats whose holders take part in the defence.
PANEL = [A.PLEDGED, A.SUBMITTED, A.LOCKED]
_AGENCY = "round__challenge__challenge_list__agency__in"


def _is_user(user: Any) -> bool:
    return isinstance(user, User) and user.is_active


def _panel_of(user: User, path: str) -> Q:
    """Rows of rounds in which the user sits. One join condition: both must hold for the same seat."""
    seats = Assignment.objects.filter(expert__user=user, state__in=PANEL)
    return Q(**{f"{path}__in": seats.values("round")})


def sessions_visible_to(user: Any) -> QuerySet[DefenceSession]:
    """Staff, secretary and supervisor of the agency; the panel once the teams are told."""
    if not _is_user(user):
        return DefenceSession.objects.none()
    inside = Q(**{_AGENCY: agencies_of(user, *STAFF, Role.SEC, Role.SUP)})
    return DefenceSession.objects.filter(inside | (Q(state__in=DefenceSession.TOLD) & _panel_of(user, "round")))


def slots_visible_to(user: Any) -> QuerySet[DefenceSlot]:
    """Whoever sees the session; the PI and the unit their own slot, once they are told."""
    if not _is_user(user):
        return DefenceSlot.objects.none()
    own = Q(bid__pi=user) | Q(bid__organisation__in=organisations_of(user, Role.ORG))
    told = Q(session__state__in=[*DefenceSession.TOLD, DefenceSession.State.CANCELLED])
    return DefenceSlot.objects.filter(Q(session__in=sessions_visible_to(user)) | (own & told))


def questions_visible_to(user: Any) -> QuerySet[DefenceQuestion]:
    """Own ones; all for secretary and supervisor; for staff, panel and the team asked those that are out."""
    if not _is_user(user):
        return DefenceQuestion.objects.none()
    agency = f"assignment__{_AGENCY}"
    out = Q(state__in=DefenceQuestion.OUT)
    team = Q(bid__pi=user) | Q(bid__organisation__in=organisations_of(user, Role.ORG))
    return DefenceQuestion.objects.filter(
        Q(assignment__expert__user=user, assignment__state__in=PANEL)
        | Q(**{agency: agencies_of(user, Role.SEC, Role.SUP)})
        | (out & (team | Q(**{agency: agencies_of(user, *STAFF)}) | _panel_of(user, "assignment__round")))
    )
