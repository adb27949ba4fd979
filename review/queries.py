"""Who may see what of a review: one function per model; the default is nothing (domain 3.6).

Experts see their own seat and sheets. Officers see aliases, the round's secretary and the supervisor
see names. The applicant sees opinions without any mark of who wrote them, once the result is told.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.roles import agencies_of, held_role
from projects.disclosure import result_is_told
from projects.models import Bid, DecisionLetter
from projects.queries import STAFF, VISIBLE, bids_visible_to
from review.models import Assignment, DrawRecord, Expert, ReviewRound, ScoreSheet

R = ReviewRound.State
A = Assignment.State
#: An expert reads bids in these states of his round …
READABLE = [R.PREVIEW, R.SCORING, R.COLLATING]
#: … once he has pledged confidentiality.
PLEDGED = [A.PLEDGED, A.SUBMITTED, A.LOCKED]


def _is_user(user: Any) -> bool:
    return isinstance(user, User) and user.is_active


def experts_visible_to(user: Any) -> QuerySet[Expert]:
    """The pool is known to those who run draws, and every expert knows himself."""
    if not _is_user(user):
        return Expert.objects.none()
    return Expert.objects.filter(Q(user=user) | Q(agency__in=agencies_of(user, Role.SEC, Role.SUP, Role.AGY)))


def rounds_visible_to(user: Any) -> QuerySet[ReviewRound]:
    """Staff, secretary and supervisor of the agency; the chair sees the round he closes."""
    if not _is_user(user):
        return ReviewRound.objects.none()
    return ReviewRound.objects.filter(
        Q(challenge__challenge_list__agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP))
        | Q(chair__expert__user=user, chair__state__in=Assignment.SEATED)
    )


def assignments_visible_to(user: Any) -> QuerySet[Assignment]:
    """Own seats; all seats (by alias) for those who run the round."""
    if not _is_user(user):
        return Assignment.objects.none()
    agencies = agencies_of(user, *STAFF, Role.SEC, Role.SUP)
    return Assignment.objects.filter(Q(expert__user=user) | Q(round__challenge__challenge_list__agency__in=agencies))


def sheets_visible_to(user: Any) -> QuerySet[ScoreSheet]:
    """Own sheets at any time; others' only once submitted, for secretary, chair and supervisor, and
    for the deciding staff after the round is closed."""
    if not _is_user(user):
        return ScoreSheet.objects.none()
    agency = "assignment__round__challenge__challenge_list__agency__in"
    submitted = Q(state__in=["SUBMITTED", "RETURNED", "LOCKED", "VOID"])
    closed = Q(assignment__round__state=R.CLOSED)
    as_chair = Q(assignment__round__chair__expert__user=user, assignment__round__chair__state__in=Assignment.SEATED)
    return ScoreSheet.objects.filter(
        Q(assignment__expert__user=user, assignment__state__in=PLEDGED)
        | (submitted & Q(**{agency: agencies_of(user, Role.SEC, Role.SUP)}))
        | (submitted & as_chair & Q(assignment__round__state__in=[R.COLLATING, R.CLOSED]))
        | (submitted & closed & Q(**{agency: agencies_of(user, *STAFF)}))
    )  # fmt: skip


def draws_visible_to(user: Any) -> QuerySet[DrawRecord]:
    return DrawRecord.objects.filter(round__in=rounds_visible_to(user)) if _is_user(user) else DrawRecord.objects.none()


def name_of_expert(assignment: Assignment, user: Any) -> str:
    """The name for the secretary, the supervisor and the expert himself; the alias for everybody else.

    Joins `expert__user` and `round__challenge__challenge_list`.
    """
    agency = assignment.round.challenge.challenge_list.agency_id
    knows = (
        assignment.expert.user_id == getattr(user, "pk", None)
        or assignment.round.secretary_id == getattr(user, "pk", None)
        or held_role(user, Role.SUP, agency=agency) is not None
    )
    return assignment.expert.user.name if knows else assignment.alias


def bids_for_review(user: Any) -> QuerySet[Bid]:
    """Bids an expert reads: those of his own sheets, after his pledge, while the round lets him."""
    if not _is_user(user):
        return Bid.objects.none()
    return Bid.objects.filter(
        sheets__assignment__expert__user=user,
        sheets__assignment__state__in=PLEDGED,
        sheets__assignment__round__state__in=READABLE,
    ).distinct()


def may_read_bid_as_expert(user: Any, bid: Bid) -> bool:
    return bids_for_review(user).filter(pk=bid.pk).exists()


def opinions_for_team(bid: Bid, user: Any) -> list[str]:
    """The experts' comments for the applicant, once the result is told: as they stand in the letter."""
    if not result_is_told(bid) or not bids_visible_to(user).filter(pk=bid.pk).exists():
        return []
    letter = DecisionLetter.objects.filter(bid=bid).order_by("-pk").first()
    return list(letter.content["opinions"]) if letter else []


def register() -> None:
    """Add the review's models to the one registry of visibility."""
    VISIBLE.update(
        {
            Expert: experts_visible_to,
            ReviewRound: rounds_visible_to,
            Assignment: assignments_visible_to,
            ScoreSheet: sheets_visible_to,
            DrawRecord: draws_visible_to,
        }
    )
