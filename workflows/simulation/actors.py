"""Who plays the synthetic call: the office's own people and pool; strangers where somebody is missing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.models import Organisation, Role, RoleGrant, User
from accounts.uscc import generate_uscc
from projects.models import Challenge, ChallengeList
from projects.rules import Rules
from review.models import Expert
from workflows.permissions import people_with
from workflows.simulation.signing import chain_of, signers_of


def somebody(name: str, organisation: Organisation | None = None) -> User:
    return User.objects.create(
        username=f"rehearsal-{secrets.token_hex(8)}", name=name, organisation=organisation, phone="-"
    )


def some_unit(name: str, *, is_recommender: bool = False) -> Organisation:
    return Organisation.objects.create(
        uscc=generate_uscc(f"X{secrets.randbelow(10**8):08d}"), name=f"{name}{secrets.token_hex(4)}",
        kind=Organisation.Kind.ENTERPRISE, is_recommender=is_recommender, legal_person="-", contact_phone="-",
    )  # fmt: skip


@dataclass
class Bidder:
    organisation: Organisation
    admin: User
    pi: User


class Actors:
    """People of one agency by role, made up where a role is empty, so that the rest is played too."""

    def __init__(self, row: ChallengeList) -> None:
        self.list, self.agency = row, row.agency

    def _of(self, role: Role, count: int = 1) -> list[User]:
        found = people_with(role, agency=self.agency.pk)[:count]
        return found + [self._stranger(role) for _n in range(count - len(found))]

    def _stranger(self, role: Role) -> User:
        found = somebody(_("推演人员"))
        RoleGrant.objects.create(user=found, role=role, agency=self.agency)
        return found

    @cached_property
    def officers(self) -> list[User]:
        return self._of(Role.OFF, 2)

    @cached_property
    def signers(self) -> dict[Role, User]:
        """Who signs and who approves, each another person."""
        chain = chain_of(self.list)
        found = signers_of(chain)
        return {role: found.get(role) or self._stranger(role) for role in chain}

    @cached_property
    def lead(self) -> User:
        return self.signers[Role.LEAD]

    @cached_property
    def secretary(self) -> User:
        return self._of(Role.SEC)[0]

    @cached_property
    def supervisor(self) -> User:
        """Not the officer who begins the draw, where there is another: whoever draws is not the witness."""
        found = people_with(Role.SUP, agency=self.agency.pk)
        return next((one for one in found if one != self.officers[0]), None) or self._of(Role.SUP)[0]

    @cached_property
    def finance(self) -> User:
        return self._of(Role.FIN)[0]

    @cached_property
    def recommender(self) -> Bidder:
        """A recommending unit of its own, so that nobody's quota is in the way."""
        unit = some_unit(_("推演推荐单位"), is_recommender=True)
        person = somebody(_("推荐人员"), unit)
        RoleGrant.objects.create(user=person, role=Role.REC, organisation=unit)
        return Bidder(unit, person, person)

    def demander(self, challenge: Challenge) -> User:
        """Somebody of the demander who may give the user's opinion."""
        found = people_with(Role.DEM, organisation=challenge.demander_id)
        if found:
            return found[0]
        stranger = somebody(_("推演用户"), challenge.demander)
        RoleGrant.objects.create(user=stranger, role=Role.DEM, organisation=challenge.demander)
        return stranger

    def bidder(self, number: int) -> Bidder:
        unit = some_unit(_("推演单位"))
        admin, pi = somebody(_("单位管理员"), unit), somebody(_("负责人%s") % number, unit)
        RoleGrant.objects.create(user=admin, role=Role.ORG, organisation=unit)
        return Bidder(unit, admin, pi)

    def stand_in_experts(self, challenge: Challenge, rules: Rules) -> None:
        """A full panel with standbys from units of their own; used when the pool cannot fill it."""
        for seat_type, seats in rules.panel_seats.items():
            for _n in range(seats + rules.standby_per_seat_type):
                unit = some_unit(_("推演评审单位"))
                Expert.objects.create(
                    agency=self.agency, user=somebody(_("推演专家"), unit), organisation=unit,
                    seat_type=seat_type, title=_("教授"), fields=[challenge.field],
                )  # fmt: skip
