"""The conflict matrix of one round as a page reads it: experts in rows, bids in columns, counts by rule.

Names are for the round's secretary and the supervisor; the staff who run the round see counts, nothing else
(domain 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from accounts.models import Role
from accounts.roles import held_role
from projects.models import Bid
from projects.queries import STAFF
from review.conflicts import RULES
from review.models import Assignment, ConflictFinding, Expert, ReviewRound

#: States of a bid that was accepted for the review, whatever became of it.
JUDGED = ["ACCEPTED", "IN_ROUND", "RECOMMENDED", "RESERVE", "NOT_RECOMMENDED", "AWARDED", "NOT_AWARDED"]


@dataclass(frozen=True)
class Row:
    """One expert; `cells` has, for each bid of the round in its order, what speaks against the pair."""

    expert: Expert
    alias: str
    cells: list[tuple[Bid, list[ConflictFinding]]]


def sees_names(user: Any, row: ReviewRound) -> bool:
    """As `name_of_expert`: the round's own secretary and the agency's supervisor."""
    agency = row.challenge.challenge_list.agency_id
    is_secretary = row.secretary_id == getattr(user, "pk", None) and held_role(user, Role.SEC, agency=agency)
    return bool(is_secretary or held_role(user, Role.SUP, agency=agency))


def sees_counts(user: Any, row: ReviewRound) -> bool:
    return sees_names(user, row) or bool(held_role(user, *STAFF, agency=row.challenge.challenge_list.agency_id))


def judged_bids(row: ReviewRound) -> list[Bid]:
    return list(row.challenge.bids.filter(state__in=JUDGED).select_related("organisation").order_by("number", "pk"))


def findings_of(row: ReviewRound) -> QuerySet[ConflictFinding]:
    """What speaks today against pairs of this round."""
    return ConflictFinding.objects.filter(
        bid__challenge=row.challenge_id, bid__state__in=JUDGED, gone_at__isnull=True,
        expert__agency=row.challenge.challenge_list.agency_id,
    )  # fmt: skip


def counts_by_rule(row: ReviewRound) -> list[dict[str, Any]]:
    """Pairs by rule, blocked and doubtful. One query, no name."""
    counted = findings_of(row).order_by().values("code", "severity").annotate(n=Count("pk"))
    pairs = {(line["code"], line["severity"]): line["n"] for line in counted}
    return [
        {"code": code, "rule": rule, "block": pairs.get((code, "BLOCK"), 0), "warn": pairs.get((code, "WARN"), 0)}
        for code, rule in RULES.items()
        if (code, "BLOCK") in pairs or (code, "WARN") in pairs
    ]


def rows_of(row: ReviewRound, found: QuerySet[ConflictFinding]) -> list[Row]:
    """Experts with a finding among `found`, those on the panel first. Three queries."""
    bids = judged_bids(row)
    aliases = dict(row.assignments.filter(state__in=Assignment.SEATED).values_list("expert_id", "alias"))
    by_expert: dict[Expert, dict[int, list[ConflictFinding]]] = {}
    for one in found.select_related("expert__user", "expert__organisation", "bid", "ruling").order_by("code"):
        by_expert.setdefault(one.expert, {}).setdefault(one.bid_id, []).append(one)
    rows = [
        Row(expert, aliases.get(expert.pk, ""), [(bid, own.get(bid.pk, [])) for bid in bids])
        for expert, own in by_expert.items()
    ]
    return sorted(rows, key=lambda line: (not line.alias, line.alias, line.expert.user.name, line.expert.pk))
