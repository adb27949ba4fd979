"""Who may: role sentences for flows. Each returns the role it was granted by, or None.

Scopes are found from the record itself (`agency_of`, `lead_of`), so that a permission reads the
same for a list, a bid or a milestone and can never be asked about the wrong tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import Organisation, Role, RoleGrant, User
from accounts.roles import held_role
from workflows.state import Actor, Permission

#: How to walk from a record to its agency and to the bidder's organisation.
_TO_AGENCY = {
    "challengelist": "agency_id",
    "challenge": "challenge_list.agency_id",
    "demand": "challenge_list.agency_id",
    "bid": "challenge.challenge_list.agency_id",
    "formalcheck": "bid.challenge.challenge_list.agency_id",
    "awarddecision": "challenge_list.agency_id",
    "decisionbatch": "decision.challenge_list.agency_id",
    "publicnotice": "agency_id",
    "objection": "notice.agency_id",
    "bidextension": "bid.challenge.challenge_list.agency_id",
    "reconsideration": "bid.challenge.challenge_list.agency_id",
    "project": "agency_id",
    "milestone": "project.agency_id",
    "tranche": "project.agency_id",
    "race": "challenge.challenge_list.agency_id",
    "racelane": "project.agency_id",
    "acceptance": "project.agency_id",
    "certificate": "project.agency_id",
    "reviewround": "challenge.challenge_list.agency_id",
    "assignment": "expert.agency_id",
    "scoresheet": "assignment.expert.agency_id",
    "expertimport": "agency_id",
    "experttie": "expert.agency_id",
    "conflictruling": "finding.expert.agency_id",
    "defencesession": "round.challenge.challenge_list.agency_id",
    "defenceslot": "session.round.challenge.challenge_list.agency_id",
    "defencequestion": "bid.challenge.challenge_list.agency_id",
}
_TO_BID = {"bid": "", "formalcheck": "bid", "reconsideration": "bid", "bidextension": "bid", "project": "",
           "defenceslot": "bid", "defencequestion": "bid"}  # fmt: skip
_TO_PROJECT = {"milestone": "project", "tranche": "project", "racelane": "project", "acceptance": "project"}


def _walk(obj: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        obj = getattr(obj, step)
    return obj


def agency_of(obj: Any) -> int:
    """Id of the agency (tenant) a record belongs to."""
    found: int = _walk(obj, _TO_AGENCY[obj._meta.model_name])
    return found


def agency_path(model: Any) -> str | None:
    """The same way as a query's path (`challenge__challenge_list__agency_id`); None for what has no agency."""
    path = _TO_AGENCY.get(model._meta.model_name)
    return path.replace(".", "__") if path else None


def team_of(obj: Any) -> Any:
    """The record that names `pi` and `organisation`: the bid or the project."""
    name = obj._meta.model_name
    if name in _TO_PROJECT:
        return _walk(obj, _TO_PROJECT[name])
    return _walk(obj, _TO_BID[name])


def by_agency(*roles: Role) -> Permission:
    """Holders of one of `roles` in the record's own agency."""

    def permission(flow: Any, actor: Actor) -> Role | None:
        if not isinstance(actor, User):
            return None
        return held_role(actor, *roles, agency=agency_of(flow.object))

    permission.__name__ = "by_agency_" + "_".join(roles)
    return permission


is_officer = by_agency(Role.OFF, Role.AGY)
is_lead = by_agency(Role.LEAD)
is_finance = by_agency(Role.FIN)
is_supervisor = by_agency(Role.SUP)
is_secretary_of_agency = by_agency(Role.SEC)


def is_principal_investigator(flow: Any, actor: Actor) -> Role | None:
    return Role.PI if actor.pk is not None and team_of(flow.object).pi_id == actor.pk else None


def is_unit_admin(flow: Any, actor: Actor) -> Role | None:
    if not isinstance(actor, User):
        return None
    return held_role(actor, Role.ORG, organisation=team_of(flow.object).organisation_id)


def is_recommender(flow: Any, actor: Actor) -> Role | None:
    """The recommending body named by the bid or the demand itself."""
    named = flow.object if flow.object._meta.model_name == "demand" else team_of(flow.object)
    if named._meta.model_name not in ("bid", "demand"):
        named = named.bid
    if not isinstance(actor, User) or named.recommender_id is None:
        return None
    return held_role(actor, Role.REC, organisation=named.recommender_id)


def is_demander(flow: Any, actor: Actor) -> Role | None:
    """The unit whose need the challenge or the demand states."""
    obj = flow.object
    demander: Organisation | int = (
        obj.demander_id if obj._meta.model_name in ("challenge", "demand") else team_of(obj).bid.challenge.demander_id
    )
    return held_role(actor, Role.DEM, organisation=demander) if isinstance(actor, User) else None


def is_system(flow: Any, actor: Actor) -> str | None:
    """Timers, and consequences of another transition."""
    return "SYSTEM" if flow.cause is not None or getattr(actor, "is_system", False) else None


def any_of(*permissions: Permission) -> Permission:
    def permission(flow: Any, actor: Actor) -> Role | str | None:
        return next((role for p in permissions if (role := p(flow, actor))), None)

    permission.__name__ = "_or_".join(p.__name__ for p in permissions)
    return permission


def people_with(role: Role, *, agency: int | None = None, organisation: int | None = None) -> list[User]:
    """Active holders of a role in a scope, to be notified. One query."""
    grants = RoleGrant.objects.filter(role=role, is_active=True)
    if agency is not None:
        grants = grants.filter(agency=agency)
    if organisation is not None:
        grants = grants.filter(organisation=organisation)
    return list(User.objects.filter(is_active=True, pk__in=grants.values("user")))


def people_of_organisations(role: Role, organisations: Iterable[int]) -> dict[int, list[User]]:
    """Organisation → active holders of a role in it. One query, however many there are."""
    grants = RoleGrant.objects.filter(role=role, is_active=True, organisation__in=set(organisations))
    found: dict[int, list[User]] = {}
    for grant in grants.filter(user__is_active=True).select_related("user"):
        found.setdefault(grant.organisation_id, []).append(grant.user)  # type: ignore[arg-type]
    return found
