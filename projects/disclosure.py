"""What a reader of a record may know of its inside: who is kept hidden, and until when scores are.

`projects.queries` says who sees a row; these sentences say which of its facts he sees. Pages, API
and documents ask here, so that nobody's name or score leaks through the one place that forgot.
They read what is loaded with the row; join what each docstring names.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from accounts.models import Role
from accounts.roles import agencies_of, organisations_of
from projects.models import Acceptance, Bid, Challenge, LaneResult, Objection
from projects.queries import STAFF

#: What the panel concluded. Until the result is told (domain 2.18 N09) nobody outside the agency may know it:
#: not from a state, a filter, an order, a count or a refusal. They read that the bid is under review.
VERDICTS = (Bid.State.RECOMMENDED, Bid.State.RESERVE, Bid.State.NOT_RECOMMENDED)
UNTOLD = Bid.State.IN_ROUND


def result_is_told(bid: Bid) -> bool:
    """AWARDED and NOT_AWARDED are told as they are reached; a reserve when the whole batch is."""
    return bid.state in (Bid.State.AWARDED, Bid.State.NOT_AWARDED) or (
        bid.state == Bid.State.RESERVE and bid.told_at is not None
    )


def shown_state(user: Any, record: Any) -> str:
    """A record's state as this reader may know it. Joins `challenge__challenge_list` of a bid."""
    if isinstance(record, Bid) and record.state in VERDICTS and hides_verdict(user, record):
        return str(UNTOLD)
    return str(record.state)


def hides_verdict(user: Any, record: Any) -> bool:
    """Whether what the panel concluded is still kept from this reader: in the record, and in its history."""
    if not isinstance(record, Bid) or record.told_at is not None:
        return False
    return record.challenge.challenge_list.agency_id not in agencies_of(user, *STAFF, Role.SEC, Role.SUP)


def shown_states_are(user: Any, wanted: Collection[str]) -> Q:
    """Bids whose state, as `user` may know it, is one of `wanted`."""
    are = Q(state__in=list(wanted))
    if not {*VERDICTS, UNTOLD} & set(wanted):
        return are
    agencies = agencies_of(user, *STAFF, Role.SEC, Role.SUP)
    hidden = Q(state__in=VERDICTS, told_at=None) & ~Q(challenge__challenge_list__agency__in=agencies)
    return are & ~hidden | hidden if UNTOLD in wanted else are & ~hidden


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
    return result_is_told(bid)


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
