"""The conflict matrix on record: found for every expert and bid before anybody is invited (domain 3.5).

`keep_findings` writes down what the rules find. Whoever is blocked and already sits on a panel stands aside
in the same transaction, for the database refuses a live score sheet of a blocked pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from projects.models import Bid
from review.conflicts import BLOCK, WARN, Finding, find_conflicts, words_for_expert
from review.models import Assignment, ConflictFinding, ConflictRuling, Expert, ReviewRound, ScoreSheet
from workflows.canonical import sha256_of
from workflows.days import day_of
from workflows.engine import perform, start
from workflows.state import SYSTEM
from workflows.wording import listed

#: An avoid list is decided by the officer on the bid itself, never by the secretary here.
NOT_RULED_ON = "C10"
#: Seats on whose scores nothing rests for good yet: after the collation nobody steps in, but they leave all the same.
MAY_STILL_LEAVE = {
    "state__in": ["INVITED", "ACCEPTED", "PLEDGED", "SUBMITTED", "LOCKED"],
    "round__state__in": ["CONFIRMED", "PREVIEW", "SCORING", "COLLATING"],
}


def keep_findings(
    experts: Sequence[Expert], bids: Sequence[Bid], now: datetime, lookback: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Bring the matrix of these experts and bids up to date; return what there is, for an audit entry.

    `bids` with `challenge` joined. Raises `Refused` when somebody who is blocked cannot leave his seat.
    """
    with transaction.atomic():
        found = find_conflicts(experts, bids, day_of(now), lookback)
        _write_down(found, experts, bids, now)
        _ask_about_doubts(experts, bids)
        _stand_aside(found, bids)
    return _told(found)


def running_rounds(**where: Any) -> list[ReviewRound]:
    """Rounds whose matrix still matters: the draw has begun and the round has not closed."""
    states = ["DRAWING", "CONFIRMED", "PREVIEW", "SCORING", "COLLATING"]
    rows = ReviewRound.objects.filter(state__in=states, **where).order_by("pk")
    return list(rows.select_related("challenge__challenge_list__rule_set"))


def recheck_person(user_id: int, now: datetime) -> None:
    """After a fact about one person has changed: his pairs in every round that runs."""
    from workflows.panel_draw import bids_of, rules_of_round

    records = {expert.agency_id: expert for expert in Expert.objects.filter(user=user_id)}
    for row in running_rounds(challenge__challenge_list__agency__in=records):
        expert = records[row.challenge.challenge_list.agency_id]
        keep_findings([expert], bids_of(row), now, rules_of_round(row).conflict_lookback_years)


def _write_down(found: list[Finding], experts: Sequence[Expert], bids: Sequence[Bid], now: datetime) -> None:
    pairs = ConflictFinding.objects.filter(expert__in=[e.pk for e in experts], bid__in=[b.pk for b in bids])
    before = {(row.expert_id, row.bid_id, row.code): row for row in pairs.order_by("pk")}
    news = []
    for one in found:
        old = before.pop((one.expert_id, one.bid_id, one.code), None)
        if old is None or (old.severity, old.evidence, old.gone_at) != (one.severity, one.evidence, None):
            news.append(ConflictFinding(**one._asdict(), found_at=old.found_at if old else now))
    gone = [row.pk for row in before.values() if row.gone_at is None]
    ConflictFinding.objects.filter(pk__in=gone).update(gone_at=now)
    ConflictFinding.objects.bulk_create(
        news, batch_size=2000, update_conflicts=True, unique_fields=["expert", "bid", "code"],
        update_fields=["severity", "evidence", "gone_at"],
    )  # fmt: skip


def _ask_about_doubts(experts: Sequence[Expert], bids: Sequence[Bid]) -> None:
    """Every doubt gets a ruling to be made; one that was dispelled on other grounds is open again."""
    from workflows.conflict_ruling import ConflictRulingFlow

    doubts = ConflictFinding.objects.filter(
        expert__in=[e.pk for e in experts], bid__in=[b.pk for b in bids], severity=WARN, gone_at__isnull=True
    ).exclude(code=NOT_RULED_ON)
    for finding in doubts.select_related("ruling").order_by("pk"):
        ruling = getattr(finding, "ruling", None)
        if ruling is None:
            start(ConflictRulingFlow, ConflictRuling(finding=finding, evidence=finding.evidence), by=SYSTEM)
        elif ruling.state == ConflictRuling.State.CLEARED and ruling.evidence != finding.evidence:
            perform(ConflictRulingFlow, ruling, "reopen", by=SYSTEM)


def _stand_aside(found: Iterable[Finding], bids: Sequence[Bid]) -> None:
    """Who has one conflicted bid leaves the whole panel (domain 3.5)."""
    from workflows.assignment import AssignmentFlow

    challenge_of = {bid.pk: bid.challenge_id for bid in bids}
    codes: dict[tuple[int, int], set[str]] = {}
    for one in found:
        if one.severity == BLOCK:
            codes.setdefault((one.expert_id, challenge_of[one.bid_id]), set()).add(one.code)
    if not codes:
        return
    seats = Assignment.objects.filter(
        expert__in={expert for expert, _challenge in codes}, round__challenge__in=set(challenge_of.values()),
        **MAY_STILL_LEAVE,
    )  # fmt: skip
    for seat in seats.select_related("round__challenge__challenge_list__rule_set").order_by("pk"):
        own = codes.get((seat.expert_id, seat.round.challenge_id))
        if own and not _keeps_the_rest(seat, found):
            perform(AssignmentFlow, seat, "stand_aside", by=SYSTEM, decline_reason=listed(words_for_expert(own)))


def _keeps_the_rest(seat: Assignment, found: Iterable[Finding]) -> bool:
    """Where bids are shared out, only the blocked ones are taken from a seat, as long as another is left."""
    from workflows.panel_draw import bids_of
    from workflows.round_match import ask_again, drop_blocked, is_matched

    if not is_matched(seat.round):
        return False
    blocked = {one.bid_id for one in found if one.severity == BLOCK and one.expert_id == seat.expert_id}
    has_scored = seat.sheets.filter(bid__in=blocked, state__in=ScoreSheet.COUNTED).exists()
    is_too_late = seat.round.state == ReviewRound.State.COLLATING and has_scored
    if is_too_late or blocked >= {bid.pk for bid in bids_of(seat.round)}:
        return False
    if drop_blocked(seat, blocked):
        ask_again(seat.round_id, None)
    return True


def _told(found: list[Finding]) -> dict[str, Any]:
    """Counts by rule and the digest of the whole matrix; no name and no evidence."""
    counts = Counter(f"{one.code} {one.severity}" for one in found)
    return {"counts": dict(sorted(counts.items())), "digest": sha256_of([list(one) for one in found])}
