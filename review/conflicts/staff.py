"""Staff recusal: who runs or watches a review has nothing to do with its bidders (基金条例 20 条, domain 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accounts.models import RoleGrant, User
from projects.models import Bid, BidEditor, BidPartner
from review.conflicts.case import read_units
from review.models import ExpertTie

Kind = ExpertTie.Kind
#: Relations that an expert's file may hold about somebody who is also staff.
_COUNTS = [Kind.RELATIVE, Kind.EMPLOYED, Kind.DIRECTOR, Kind.SHAREHOLDER, Kind.OTHER, Kind.CONSULTANT]


def related_staff(people: Iterable[User], bids: Sequence[Bid]) -> dict[int, str]:
    """Of `people`, those with a tie to a bidder → what it is: the own unit, an office held in it, an own bid,
    or a relation they have declared. A fixed number of queries."""
    units = read_units()
    ids = [bid.pk for bid in bids]
    bidders = {units.legal(bid.organisation_id) for bid in bids}
    bidders |= {
        units.legal(u) for u in BidPartner.objects.filter(bid__in=ids).values_list("organisation_id", flat=True)
    }
    teams = {bid.pi_id for bid in bids} | set(BidEditor.objects.filter(bid__in=ids).values_list("user_id", flat=True))
    wanted = {person.pk: person for person in people}
    found = {}
    for pk, person in wanted.items():
        if pk in teams:
            found[pk] = "本人参与申报"
        elif person.organisation_id is not None and units.legal(person.organisation_id) in bidders:
            found[pk] = "在申请或参与单位任职"
    grants = RoleGrant.objects.filter(user__in=wanted, is_active=True, organisation__isnull=False)
    for user, unit in grants.values_list("user_id", "organisation_id"):
        if units.legal(unit) in bidders:
            found.setdefault(user, "在申请或参与单位任职")
    ties = ExpertTie.objects.filter(expert__user__in=wanted, kind__in=_COUNTS).exclude(state=ExpertTie.State.WITHDRAWN)
    for user, kind, unit, person_id, text in ties.values_list(
        "expert__user_id", "kind", "organisation_id", "person_id", "unit_name"
    ):
        named = units.named(text) if text else None
        meant = units.legal(unit) if unit is not None else named.unit if named else None
        if person_id in teams or meant in bidders:
            found.setdefault(user, f"与申请方有已申报的关系（{Kind(kind).label}）")
    return found
