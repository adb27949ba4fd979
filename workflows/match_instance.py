"""A round put into the shape in which `review.matching` reads it: aliases for experts, numbers for bids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from projects.models import Bid
from projects.rules import Rules
from review.affinity import BidText, ExpertText, affinities
from review.conflicts import BLOCK
from review.matching import Expert, Instance, Pair, Proposal
from review.models import Assignment, BidFamiliarity, ConflictFinding

#: Affinities are kept and compared in millionths; more digits would only differ from machine to machine.
DIGITS = 6


@dataclass(frozen=True)
class Standing:
    """What is not shared out again. `kept`: pairs that somebody has begun; `gone`: pairs given up for good;
    `full`: aliases that take nothing more."""

    kept: frozenset[Pair] = frozenset()
    gone: frozenset[Pair] = frozenset()
    full: frozenset[str] = frozenset()


def bid_text(bid: Bid) -> BidText:
    return BidText(bid.reference, bid.title, [bid.route_tag] if bid.route_tag else [],
                   text=f"{bid.summary}\n{bid.route}")  # fmt: skip


def expert_text(seat: Assignment, declared: dict[str, int]) -> ExpertText:
    """Joins `expert`."""
    row = seat.expert
    text = "\n".join(filter(None, (row.speciality, row.achievements)))
    return ExpertText(seat.alias, row.keywords, row.discipline_codes, text, declared)


def texts_of(bids: Sequence[Bid], seats: Sequence[Assignment]) -> tuple[list[BidText], list[ExpertText]]:
    """What is compared; `seats` with their experts joined. One query for what the experts declared."""
    numbers = {bid.pk: bid.reference for bid in bids}
    declared: dict[int, dict[str, int]] = {}
    rows = BidFamiliarity.objects.filter(assignment__in=[seat.pk for seat in seats], bid__in=numbers)
    for seat, bid, level in rows.values_list("assignment_id", "bid_id", "level"):
        declared.setdefault(seat, {})[numbers[bid]] = level
    return [bid_text(bid) for bid in bids], [expert_text(seat, declared.get(seat.pk, {})) for seat in seats]


def instance_for(rules: Rules, bids: Sequence[Bid], seats: Sequence[Assignment]) -> Instance:
    """Everything still open: each bid wants its seats, each expert takes what his own cap and the rules allow."""
    texts, people = texts_of(bids, seats)
    mix = {kind: n for kind, n in rules.bid_seats.items() if n}
    most = {seat.alias: min(seat.expert.max_bids_per_round, rules.bids_per_expert[1]) for seat in seats}
    return Instance(
        [Proposal(text.id, rules.reviews_per_bid, "", mix) for text in texts],
        [
            Expert(s.alias, str(s.expert.organisation_id), min(rules.bids_per_expert[0], most[s.alias]), most[s.alias],
                   s.seat_type)
            for s in seats
        ],
        np.round(affinities(texts, people), DIGITS),
        _blocked(bids, seats),
    )  # fmt: skip


def less(instance: Instance, standing: Standing) -> Instance:
    """The same without what stands already: smaller demands and loads, and no pair of it a second time."""
    per_bid, load = Counter(bid for bid, _expert in standing.kept), Counter(expert for _bid, expert in standing.kept)
    kind = {expert.id: expert.expert_class for expert in instance.experts}
    mixed = Counter((bid, kind[expert]) for bid, expert in standing.kept)
    return replace(
        instance,
        proposals=[
            replace(
                p,
                demand=max(0, p.demand - per_bid[p.id]),
                class_mix={k: left for k, n in p.class_mix.items() if (left := n - mixed[p.id, k]) > 0},
            )
            for p in instance.proposals
        ],
        experts=[_less(e, load[e.id], e.id in standing.full) for e in instance.experts],
        conflicts=instance.conflicts | standing.kept | standing.gone,
    )


def _less(expert: Expert, load: int, full: bool) -> Expert:
    most = 0 if full else max(0, expert.max_load - load)
    return replace(expert, min_load=min(max(0, expert.min_load - load), most), max_load=most)


def _blocked(bids: Sequence[Bid], seats: Sequence[Assignment]) -> frozenset[Pair]:
    number = {bid.pk: bid.reference for bid in bids}
    alias = {seat.expert_id: seat.alias for seat in seats}
    rows = ConflictFinding.objects.filter(expert__in=alias, bid__in=number, severity=BLOCK, gone_at__isnull=True)
    return frozenset((number[bid], alias[expert]) for expert, bid in rows.values_list("expert_id", "bid_id"))


def in_order(pairs: Iterable[Pair]) -> list[list[str]]:
    return [list(pair) for pair in sorted(set(pairs))]
