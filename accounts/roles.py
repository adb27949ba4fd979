"""Who holds which role where. One function, used by every permission."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import Agency, IntegrityRecord, Organisation, Role, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def held_role(
    user: User | AnonymousUser,
    *roles: Role,
    agency: Agency | int | None = None,
    organisation: Organisation | int | None = None,
) -> Role | None:
    """Return the first of `roles` that `user` holds in the scope, or None.

    `agency` and `organisation` may be an instance or its id. A scope that is given must be
    matched exactly; a scope that is not given is not looked at. Reads `user.grants` (one
    query per user instance).
    """
    if not isinstance(user, User) or not user.is_active:
        return None
    agency_id = agency.pk if isinstance(agency, Agency) else agency
    organisation_id = organisation.pk if isinstance(organisation, Organisation) else organisation
    for role in roles:
        for grant in user.grants:
            if grant.role != role:
                continue
            if agency_id is not None and grant.agency_id != agency_id:
                continue
            if organisation_id is not None and grant.organisation_id != organisation_id:
                continue
            return role
    return None


def agencies_of(user: User | AnonymousUser, *roles: Role) -> set[int]:
    """Ids of the agencies in which `user` holds one of `roles`."""
    if not isinstance(user, User):
        return set()
    return {g.agency_id for g in user.grants if g.role in roles and g.agency_id is not None}


def organisations_of(user: User | AnonymousUser, *roles: Role) -> set[int]:
    """Ids of the organisations in which `user` holds one of `roles`."""
    if not isinstance(user, User):
        return set()
    return {g.organisation_id for g in user.grants if g.role in roles and g.organisation_id is not None}


def bars_in_force(
    on: date, *, user: User | None = None, organisation: Organisation | None = None
) -> list[IntegrityRecord]:
    """Integrity bars in force on a day against the person or the unit (domain 2.15)."""
    subject = Q()
    if user is not None:
        subject |= Q(user=user)
    if organisation is not None:
        subject |= Q(organisation=organisation)
    if not subject:
        return []
    return list(
        IntegrityRecord.objects.filter(subject, in_force_from__lte=on).filter(
            Q(in_force_to__isnull=True) | Q(in_force_to__gte=on)
        )
    )


def bars_among(on: date, *, users: Iterable[int], organisations: Iterable[int]) -> list[IntegrityRecord]:
    """Bars in force on a day against any of these people or units (by id). One query, however many."""
    found = IntegrityRecord.objects.filter(Q(user__in=set(users)) | Q(organisation__in=set(organisations)))
    in_force = found.filter(Q(in_force_to__isnull=True) | Q(in_force_to__gte=on), in_force_from__lte=on)
    return list(in_force.order_by("pk"))
