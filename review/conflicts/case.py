"""Everything the rules look at, read in a fixed number of queries and laid out by what is looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from accounts.models import Agency, Organisation, Role, RoleGrant, UnitAlias, UnitLink, User
from projects.models import Bid, BidEditor, BidPartner
from projects.rules import CONFLICT_LOOKBACK_YEARS
from review.conflicts import one_of  # noqa: F401  (registers the lookup)
from review.conflicts.units import Units
from review.models import Expert, ExpertTie

STAFF_ROLES = [Role.OFF, Role.LEAD, Role.AGY, Role.SEC, Role.SUP, Role.FIN]


@dataclass(frozen=True)
class Person:
    name: str
    unit: int | None


class Tie(NamedTuple):
    """What is read of an `ExpertTie` that was not withdrawn. `expert`: of this run, whichever pool noted it."""

    expert: int
    kind: str
    organisation_id: int | None
    person_id: int | None
    person_name: str
    unit_name: str
    since: date | None
    until: date | None
    source: str
    state: str
    note: str
    account_name: str | None

    def subject(self, units: Units) -> str:
        """Who it is towards, in words."""
        if self.organisation_id is not None:
            return units.names[self.organisation_id]
        if self.account_name is not None:
            return self.account_name
        return f"{self.person_name}（{self.unit_name}）" if self.person_name else self.unit_name


@dataclass
class Case:
    """The experts and bids of one run, and the facts about them. Ids throughout; units by their legal root."""

    experts: Sequence[Expert]
    bids: Sequence[Bid]
    on: date
    lookback: Mapping[str, int] = field(default_factory=lambda: CONFLICT_LOOKBACK_YEARS)

    def __post_init__(self) -> None:
        self.bid_ids = {bid.pk for bid in self.bids}
        self.units = read_units()
        self.ties = self._read_ties()
        self.editors = self._read_editors()
        self.people = self._read_people()
        self.bearers = self._by_name()
        self.bids_of_unit = self._by_unit()
        self.bids_of_person = self._by_person()
        self.offices = {self.units.legal(unit) for unit in Agency.objects.values_list("organisation_id", flat=True)}

    def units_of(self, expert: Expert) -> dict[int, str]:
        """Legal roots of the unit he is listed with and of the one of his account → their names."""
        own = {expert.organisation_id, self.people[expert.user_id].unit} - {None}
        return {self.units.legal(unit): self.units.names[unit] for unit in own if unit is not None}

    def bids_named(self, person_name: str, unit: int) -> dict[int, str]:
        """Bids of people who bear a name in a unit → in what part."""
        same = (key for key in self.bearers.get(person_name, ()) if self._is_of(self.people[key], unit))
        return {bid: part for key in same for bid, part in self.bids_of_person.get(key, {}).items()}

    def _is_of(self, person: Person, unit: int) -> bool:
        return person.unit is not None and self.units.legal(person.unit) == unit

    def _read_ties(self) -> list[Tie]:
        """What he told any pool holds for him in all; what a pool noted stays there."""
        by_user = {expert.user_id: expert.pk for expert in self.experts}
        own = Q(expert__one_of=[expert.pk for expert in self.experts])
        told = Q(expert__user__one_of=by_user, source=ExpertTie.Source.DECLARED)
        ties = ExpertTie.objects.filter(own | told).exclude(state=ExpertTie.State.WITHDRAWN).order_by("pk")
        rows = ties.values_list("expert__user_id", *Tie._fields[1:-1], "person__name")
        return [Tie(by_user[user], *row) for user, *row in rows]

    def _read_editors(self) -> list[tuple[int, int]]:
        rows = BidEditor.objects.filter(bid__one_of=self.bid_ids).order_by("pk")
        return list(rows.values_list("bid_id", "user_id"))

    def _read_people(self) -> dict[int, Person]:
        wanted = (
            {e.user_id for e in self.experts} | {b.pi_id for b in self.bids} | {user for _bid, user in self.editors}
        )
        rows = User.objects.filter(pk__one_of=wanted).values_list("pk", "name", "organisation_id")
        return {pk: Person(name, unit) for pk, name, unit in rows}

    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for pk, person in self.people.items():
            found[person.name].append(pk)
        return found

    def _by_unit(self) -> dict[int, dict[int, str]]:
        """Legal root → bid → “牵头单位某某”."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        partners = BidPartner.objects.filter(bid__one_of=self.bid_ids).order_by("pk")
        for bid, unit in partners.values_list("bid_id", "organisation_id"):
            found[self.units.legal(unit)][bid] = f"参与单位{self.units.names[unit]}"
        for row in self.bids:
            unit = row.organisation_id
            found[self.units.legal(unit)][row.pk] = f"牵头单位{self.units.names[unit]}"
        return found

    def _by_person(self) -> dict[int, dict[int, str]]:
        """User → bid → “项目负责人某某”."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for bid, user in self.editors:
            found[user][bid] = f"共同填写人{self.people[user].name}"
        for row in self.bids:
            found[row.pi_id][row.pk] = f"项目负责人{self.people[row.pi_id].name}"
        return found


def read_units() -> Units:
    """All units with their aliases and links. Three queries."""
    names, organs = {}, []
    for pk, name, kind in Organisation.objects.order_by("pk").values_list("pk", "name", "kind"):
        names[pk] = name
        if kind == Organisation.Kind.GOVERNMENT:
            organs.append(pk)
    aliases = UnitAlias.objects.order_by("pk").values_list("unit_id", "normalised")
    links = UnitLink.objects.order_by("pk").values_list("unit_id", "parent_id", "kind")
    return Units(names, aliases, links, state=organs)


def staff_among(users: Iterable[int]) -> set[int]:
    """Those who hold an office of an agency."""
    grants = RoleGrant.objects.filter(user__one_of=set(users), role__in=STAFF_ROLES, is_active=True)
    return set(grants.values_list("user_id", flat=True))
