"""What a reader of a record may know of its inside: who is kept hidden, and until when scores are.

`projects.queries` says who sees a row; these sentences say which of its facts he sees. Pages, API
and documents ask here, so that nobody's name or score leaks through the one place that forgot.
They read what is loaded with the row; join what each docstring names.
"""

from __future__ import annotations

from typing import Any

from accounts.models import Role
from accounts.roles import agencies_of, organisations_of
from projects.models import Acceptance, Bid, Challenge, LaneResult, Objection
from projects.queries import STAFF

#: States in which a bid's result has been told to its team (domain 2.18 N09).
RESULT_IS_TOLD = (Bid.State.AWARDED, Bid.State.NOT_AWARDED)


def may_see_demander(user: Any, challenge: Challenge) -> bool:
    """A hidden demander is known to its own people and the agency. Joins `challenge_list`."""
    if not challenge.demander_is_hidden:
        return True
    return challenge.challenge_list.agency_id in agencies_of(
        user, *STAFF, Role.SEC, Role.SUP
    ) or challenge.demander_id in organisations_of(user, Role.DEM)


def may_see_score_of_bid(user: Any, bid: Bid) -> bool:
    """Staff, once ranked; the team when the result is told. Joins `challenge__challenge_list`."""
    if bid.challenge.challenge_list.agency_id in agencies_of(user, *STAFF, Role.SEC):
        return True
    return bid.state in RESULT_IS_TOLD


def may_see_lane_result(user: Any, result: LaneResult) -> bool:
    """A team learns its lane's result when the stage is decided. Joins `lane__project`."""
    if result.lane.project.agency_id in agencies_of(user, *STAFF, Role.SUP):
        return True
    return result.advances is not None


def may_see_author_of_objection(user: Any, objection: Objection) -> bool:
    """Identity protected (domain 2.10): the author, and those who check and answer it. Joins `notice`.

    Other officers of the agency read the grounds without the name once the real-name check is done.
    """
    if user.pk is not None and user.pk in (objection.author_user_id, objection.investigator_id):
        return True
    agency = objection.notice.agency_id
    if agency in agencies_of(user, Role.SUP):
        return True
    return objection.state == Objection.State.RECEIVED and agency in agencies_of(user, Role.OFF, Role.AGY)


def may_see_acceptance_result(user: Any, acceptance: Acceptance) -> bool:
    """Score, opinion and result: the agency when signed, everybody else when published. Joins `project`."""
    if acceptance.project.agency_id in agencies_of(user, *STAFF, Role.FIN, Role.SUP):
        return True
    return acceptance.state in (Acceptance.State.RESULT_NOTICE, *Acceptance.Result.values)


def may_see_grounds(user: Any, objection: Objection) -> bool:
    """The objection as it was written, and the reply to it: its author and the agency. The party objected to
    reads `shown_grounds` instead. Joins `notice`."""
    if user.pk is not None and user.pk in (objection.author_user_id, objection.investigator_id):
        return True
    return objection.notice.agency_id in agencies_of(user, *STAFF, Role.SUP)


def may_see_verdict(user: Any, objection: Objection) -> bool:
    """Upheld or not: the agency at once, author and party with the reply. Joins `notice`."""
    if objection.notice.agency_id in agencies_of(user, *STAFF, Role.SUP):
        return True
    return objection.state in (Objection.State.REPLIED, Objection.State.CLOSED)


def may_see_finding(user: Any, objection: Objection) -> bool:
    """What the investigation found, in its words: the agency at once, the author with the reply, the party
    never, for they may tell who objected. Joins `notice`."""
    return may_see_verdict(user, objection) and may_see_grounds(user, objection)


def may_see_defence(user: Any, objection: Objection) -> bool:
    """What the party objected to answered: itself, and whoever reads the finding. Joins `notice`, `bid`."""
    bid = objection.bid
    if bid is not None and (bid.pi_id == user.pk or bid.organisation_id in organisations_of(user, Role.ORG)):
        return True
    return may_see_finding(user, objection)
