"""What stands above a project that ends (domain 2.1, 2.2): its challenge, solved or not, and its list."""

from __future__ import annotations

from django.db.models import QuerySet

from projects.models import Bid, Challenge, ChallengeList, Project
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import Flow
from workflows.locked import locked

P = Project.State
#: States in which a project is still on its way.
ALIVE_STATES = [P.PENDING_CONTRACT, P.ACTIVE, P.RECTIFYING, P.SUSPENDED, P.CLOSING]


def reserves_of(challenge_list: ChallengeList) -> QuerySet[Bid]:
    """备选 that may still be promoted (domain 3.3.3)."""
    return Bid.objects.filter(challenge__challenge_list=challenge_list, state=Bid.State.RESERVE)


def settle_challenge(flow: Flow, challenge: Challenge, *, but: Project | None = None, solved: bool = False) -> None:
    """The challenge is solved, or unsolved and its list finished when no project is under way any more.

    `but` is the project that is ending now. List and challenge are locked first, so that of two last
    projects ending at once the later one sees both.
    """
    challenge_list = locked(challenge.challenge_list)
    challenge = locked(challenge)
    running = Project.objects.filter(state__in=ALIVE_STATES)
    if but is not None:
        running = running.exclude(pk=but.pk)
    reserves = reserves_of(challenge_list)
    if challenge.state == Challenge.State.AWARDED:
        if solved:
            flow.cascade(ChallengeFlow, challenge, "solve")
        elif not running.filter(bid__challenge=challenge).exists() and not reserves.filter(challenge=challenge):
            flow.cascade(ChallengeFlow, challenge, "leave_unsolved")
    if not running.filter(bid__challenge__challenge_list=challenge_list).exists() and not reserves.exists():
        close_list(flow, challenge_list)


def close_list(flow: Flow, challenge_list: ChallengeList) -> None:
    """No project of the list is under way any more: it is finished."""
    if challenge_list.state == ChallengeList.State.AWARDED:
        flow.cascade(ChallengeListFlow, challenge_list, "execute")
    if challenge_list.state == ChallengeList.State.EXECUTING:
        flow.cascade(ChallengeListFlow, challenge_list, "finish")
