"""Whose business a record is, told a second time and in another way than `queries.py`.

Walks from a record to the parties it belongs to and looks whether the reader is one of them. Names of
roles and states are spelled out here: a slip in the product's own lists must not hide itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import RoleGrant, User

STAFF = ("OFF", "LEAD", "AGY")
DESK = (*STAFF, "SEC", "SUP", "FIN")
SECRET_LISTS = ("DRAFT", "COLLECTING", "APPRAISING", "APPROVED", "CANCELLED")
UNSUBMITTED = ("DRAFT", "UNIT_REVIEW", "REC_REVIEW", "WITHDRAWN", "VOID")
SECRET_NOTICES = ("DRAFT", "APPROVED", "WITHDRAWN")


class Reader:
    """A person, or nobody in particular (None), with the scopes of his roles."""

    def __init__(self, user: User | None) -> None:
        self.pk = user.pk if user else None
        found = RoleGrant.objects.filter(user=user, is_active=True) if user else ()
        self.grants = {(grant.role, grant.agency_id, grant.organisation_id) for grant in found}

    def serves(self, agency: int, *roles: str) -> bool:
        return any((role, agency, None) in self.grants for role in roles)

    def acts_for(self, organisation: int | None, role: str) -> bool:
        return organisation is not None and (role, None, organisation) in self.grants

    def is_(self, user: int | None) -> bool:
        return self.pk is not None and self.pk == user


def _list(who: Reader, row: Any) -> bool:
    return row.state not in SECRET_LISTS or who.serves(row.agency_id, *DESK)


def _challenge(who: Reader, row: Any) -> bool:
    if row.state != "DRAFT" and row.challenge_list.state not in SECRET_LISTS:
        return True
    if who.serves(row.challenge_list.agency_id, *DESK) or who.acts_for(row.demander_id, "DEM"):
        return True
    return any(who.acts_for(demand.demander_id, "DEM") for demand in row.demands.all())


def _demand(who: Reader, row: Any) -> bool:
    if who.acts_for(row.demander_id, "DEM"):
        return True
    if row.submitted_at is None:
        return False
    return who.acts_for(row.recommender_id, "REC") or who.serves(row.challenge_list.agency_id, *STAFF, "SUP")


def _team(who: Reader, row: Any) -> bool:
    return who.is_(row.pi_id) or who.acts_for(row.organisation_id, "ORG")


def _bid(who: Reader, row: Any) -> bool:
    if _team(who, row) or any(who.is_(editor.user_id) for editor in row.editors.all()):
        return True
    passed_on = row.state not in ("DRAFT", "UNIT_REVIEW")
    if passed_on and who.acts_for(row.recommender_id, "REC"):
        return True
    return row.state not in UNSUBMITTED and who.serves(row.challenge.challenge_list.agency_id, *STAFF, "SEC")


def _receipt(who: Reader, row: Any) -> bool:
    return _bid(who, row.bid)


def _formal_check(who: Reader, row: Any) -> bool:
    if who.serves(row.bid.challenge.challenge_list.agency_id, *STAFF):
        return True
    return row.state not in ("PENDING", "AUTO_CHECKED", "MANUAL_CHECKED") and _bid(who, row.bid)


def _decision(who: Reader, row: Any) -> bool:
    return who.serves(row.challenge_list.agency_id, *STAFF, "SEC", "SUP")


def _batch(who: Reader, row: Any) -> bool:
    return _decision(who, row.decision)


def _letter(who: Reader, row: Any) -> bool:
    return _bid(who, row.bid)


def _notice(who: Reader, row: Any) -> bool:
    return row.state not in SECRET_NOTICES or who.serves(row.agency_id, *STAFF)


def _objection(who: Reader, row: Any) -> bool:
    if who.is_(row.author_user_id) or who.serves(row.notice.agency_id, *STAFF, "SUP"):
        return True
    is_told = row.state not in ("RECEIVED", "REGISTERED", "REJECTED_FORM", "ACCEPTED", "WITHDRAWN")
    return is_told and row.bid is not None and _team(who, row.bid)


def _reconsideration(who: Reader, row: Any) -> bool:
    if _team(who, row.bid):
        return True
    return row.sealed_at is not None and who.serves(row.bid.challenge.challenge_list.agency_id, *STAFF, "SUP")


def _duplicate_check(who: Reader, row: Any) -> bool:
    bid = row.bid
    return bid.state not in UNSUBMITTED and who.serves(bid.challenge.challenge_list.agency_id, *STAFF)


def _extension(who: Reader, row: Any) -> bool:
    return _team(who, row.bid) or who.serves(row.bid.challenge.challenge_list.agency_id, *STAFF, "SUP")


def _project(who: Reader, row: Any) -> bool:
    if _team(who, row) or who.serves(row.agency_id, *STAFF, "FIN", "SUP"):
        return True
    return who.acts_for(row.bid.recommender_id, "REC") or who.acts_for(row.bid.challenge.demander_id, "DEM")


def _of_project(who: Reader, row: Any) -> bool:
    return _project(who, row.project)


def _race(who: Reader, row: Any) -> bool:
    if who.serves(row.challenge.challenge_list.agency_id, *STAFF, "FIN", "SUP"):
        return True
    return any(_project(who, lane.project) for lane in row.lanes.select_related("project__bid__challenge"))


def _expert(who: Reader, row: Any) -> bool:
    return who.is_(row.user_id) or who.serves(row.agency_id, "SEC", "SUP", "AGY")


def _chairs(who: Reader, row: Any) -> bool:
    """Until he has to leave: then he is a stranger to it."""
    sits = row.chair is not None and row.chair.state in ("INVITED", "ACCEPTED", "PLEDGED", "SUBMITTED", "LOCKED")
    return sits and who.is_(row.chair.expert.user_id)


def _round(who: Reader, row: Any) -> bool:
    return who.serves(row.challenge.challenge_list.agency_id, *STAFF, "SEC", "SUP") or _chairs(who, row)


def _seat(who: Reader, row: Any) -> bool:
    agency = row.round.challenge.challenge_list.agency_id
    return who.is_(row.expert.user_id) or who.serves(agency, *STAFF, "SEC", "SUP")


def _sheet(who: Reader, row: Any) -> bool:
    """Before the panel has closed nobody sees points but their author, and who keeps the order."""
    seat = row.assignment
    if who.is_(seat.expert.user_id):
        return seat.state in ("PLEDGED", "SUBMITTED", "LOCKED")
    if row.state in ("EMPTY", "DRAFT"):
        return False
    agency = seat.round.challenge.challenge_list.agency_id
    if who.serves(agency, "SEC", "SUP"):
        return True
    if seat.round.state in ("COLLATING", "CLOSED") and _chairs(who, seat.round):
        return True
    return seat.round.state == "CLOSED" and who.serves(agency, *STAFF)


def _draw(who: Reader, row: Any) -> bool:
    return _round(who, row.round)


def _sits_in(who: Reader, row: Any) -> bool:
    """Holds a pledged seat of the round."""
    seats = row.assignments.filter(state__in=["PLEDGED", "SUBMITTED", "LOCKED"]).select_related("expert")
    return any(who.is_(seat.expert.user_id) for seat in seats)


def _defence(who: Reader, row: Any) -> bool:
    if who.serves(row.round.challenge.challenge_list.agency_id, *STAFF, "SEC", "SUP"):
        return True
    return row.state in ("ANNOUNCED", "HELD") and _sits_in(who, row.round)


def _defence_slot(who: Reader, row: Any) -> bool:
    is_told = row.session.state in ("ANNOUNCED", "HELD", "CANCELLED")
    return _defence(who, row.session) or (is_told and _team(who, row.bid))


def _question(who: Reader, row: Any) -> bool:
    """Before the secretary passes it on, a question is its author's and the secretary's alone."""
    seat = row.assignment
    if who.is_(seat.expert.user_id):
        return seat.state in ("PLEDGED", "SUBMITTED", "LOCKED")
    agency = seat.round.challenge.challenge_list.agency_id
    if who.serves(agency, "SEC", "SUP"):
        return True
    is_out = row.state in ("RELEASED", "ANSWERED")
    return is_out and (who.serves(agency, *STAFF) or _team(who, row.bid) or _sits_in(who, seat.round))


def _tie(who: Reader, row: Any) -> bool:
    """The expert reads what he declared; the keepers of the pool read all."""
    if who.is_(row.expert.user_id) and row.source == "DECLARED":
        return True
    return bool(who.serves(row.expert.agency_id, "SEC", "SUP"))


def _scenario(who: Reader, row: Any) -> bool:
    """What was computed from a round's sheets is for whom all of these are; from a list's, once all have closed."""
    judged = [row.round] if row.round else list(_judged(row.challenge_list))
    agency = judged[0].challenge.challenge_list.agency_id
    if who.serves(agency, "SEC", "SUP"):
        return True
    if all(one.state in ("COLLATING", "CLOSED") and _chairs(who, one) for one in judged):
        return True
    return all(one.state == "CLOSED" for one in judged) and who.serves(agency, *STAFF)


def _judged(challenge_list: Any) -> Any:
    for challenge in challenge_list.challenges.all():
        yield from challenge.rounds.exclude(state="ABORTED").select_related(*_ROUND)


_ROUND = ("challenge__challenge_list", "chair__expert")
_SEAT = ("expert", *(f"round__{path}" for path in _ROUND))
_PROJECT = ("bid__challenge",)

#: Model name → (rule, what it walks along).
BUSINESS: dict[str, tuple[Callable[[Reader, Any], bool], tuple[str, ...]]] = {
    "challengelist": (_list, ()),
    "challenge": (_challenge, ("challenge_list",)),
    "demand": (_demand, ("challenge_list",)),
    "bid": (_bid, ("challenge__challenge_list",)),
    "receipt": (_receipt, ("bid__challenge__challenge_list",)),
    "duplicatecheck": (_duplicate_check, ("bid__challenge__challenge_list",)),
    "formalcheck": (_formal_check, ("bid__challenge__challenge_list",)),
    "awarddecision": (_decision, ("challenge_list",)),
    "decisionbatch": (_batch, ("decision__challenge_list",)),
    "decisionletter": (_letter, ("bid__challenge__challenge_list",)),
    "publicnotice": (_notice, ()),
    "objection": (_objection, ("notice", "bid")),
    "bidextension": (_extension, ("bid__challenge__challenge_list",)),
    "reconsideration": (_reconsideration, ("bid__challenge__challenge_list",)),
    "project": (_project, _PROJECT),
    "race": (_race, ("challenge__challenge_list",)),
    "expert": (_expert, ()),
    "expertimport": (lambda who, row: who.serves(row.agency_id, "SEC", "SUP", "AGY"), ()),
    "reviewround": (_round, _ROUND),
    "assignment": (_seat, _SEAT),
    "scoresheet": (_sheet, tuple(f"assignment__{path}" for path in _SEAT)),
    "defencesession": (_defence, tuple(f"round__{path}" for path in _ROUND)),
    "defenceslot": (_defence_slot, ("bid", *(f"session__round__{path}" for path in _ROUND))),
    "defencequestion": (_question, ("bid", *(f"assignment__{path}" for path in _SEAT))),
    "conflictruling": (lambda who, row: who.serves(row.finding.expert.agency_id, "SEC", "SUP"), ("finding__expert",)),
    "experttie": (_tie, ("expert",)),
    "savedscenario": (_scenario, tuple(f"round__{path}" for path in _ROUND)),
    "drawrecord": (_draw, tuple(f"round__{path}" for path in _ROUND)),
    **{
        name: (_of_project, tuple(f"project__{path}" for path in _PROJECT))
        for name in ("milestone", "tranche", "acceptance", "racelane", "certificate")
    },
}


def knows_the_name(who: Reader, seat: Any) -> bool:
    """Who may connect an alias with a person (domain 3.6)."""
    agency = seat.round.challenge.challenge_list.agency_id
    if who.is_(seat.expert.user_id) or who.serves(agency, "SUP"):
        return True
    return who.is_(seat.round.secretary_id) and who.serves(agency, "SEC")
