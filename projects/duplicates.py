"""查重 over the bids of the system: index what was handed in, compare one bid with all others.

The work of a Celery task after the formal check has begun, so that nothing of it stands between a team and
its receipt. Safe to run twice, late, or side by side: what was done is known by the digest of the content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from projects.models import Bid, Challenge, DuplicateCheck, DuplicateMatch, Fingerprint
from projects.similarity import fingerprints, share, shared_passages
from workflows import clock

#: The long texts of a snapshot, in the order in which they are read.
FIELDS = ("summary", "route", "team")
#: Candidates are compared letter by letter when they share this many fingerprints; so many at most.
LEAST_SHARED, MOST_CANDIDATES = 2, 20
#: Kept as a match: this part of the bid's letters (in thousandths), or one passage this long.
LEAST_PERMILLE, LONG_PASSAGE = 100, 60


@dataclass(frozen=True)
class Section:
    """One text of a bid within the whole that is compared: `whole[start:end]`."""

    name: str
    start: int
    end: int


def whole_text(snapshot: dict[str, Any]) -> tuple[str, list[Section]]:
    """What a frozen bid says, as one text, and where each of its parts stands in it."""
    parts, sections, at = [], [], 0
    for name in FIELDS:
        text = snapshot.get(name) or ""
        sections.append(Section(name, at, at + len(text)))
        parts.append(text)
        at += len(text) + 1
    return "\n".join(parts), sections


def quoted_texts(challenge: Challenge) -> list[str]:
    """What everybody who answers the challenge may repeat."""
    return [challenge.title, challenge.background, challenge.content, challenge.scenario]


def compare(bid_id: int) -> int:
    """Look for the words of a handed-in bid in every earlier one and in its own list; return the matches."""
    index_missing()
    with transaction.atomic():
        check, _made = DuplicateCheck.objects.get_or_create(bid_id=bid_id)
        check = DuplicateCheck.objects.select_for_update(no_key=True).get(pk=check.pk)
        bid = Bid.objects.select_related("challenge").get(pk=bid_id)
        if bid.snapshot is None:
            return 0
        others = _others(bid)
        matches = [match for other in _candidates(bid, others) if (match := _match(check, bid, other)) is not None]
        check.matches.all().delete()
        DuplicateMatch.objects.bulk_create(matches)
        check.compared_sha256, check.compared_at, check.compared_with = bid.snapshot_sha256, clock.now(), others.count()
        check.save()
    return len(matches)


def index_missing() -> int:
    """Take the fingerprints of every handed-in bid whose content has none yet; return how many."""
    missing = Bid.objects.filter(state__in=Bid.HANDED_IN, snapshot__isnull=False).filter(
        Q(duplicate_check=None) | ~Q(duplicate_check__indexed_sha256=F("snapshot_sha256"))
    )
    return sum(_index(pk) for pk in list(missing.order_by("pk").values_list("pk", flat=True)))


def _index(bid_id: int) -> int:
    with transaction.atomic():
        bid = Bid.objects.select_for_update(no_key=True).only("snapshot", "snapshot_sha256").get(pk=bid_id)
        check, _made = DuplicateCheck.objects.get_or_create(bid=bid)
        if bid.snapshot is None or check.indexed_sha256 == bid.snapshot_sha256:
            return 0
        Fingerprint.objects.filter(bid=bid).delete()
        found = fingerprints(whole_text(bid.snapshot)[0])
        Fingerprint.objects.bulk_create(Fingerprint(value=value, bid=bid) for value in sorted(found))
        check.indexed_sha256 = bid.snapshot_sha256
        check.save(update_fields=["indexed_sha256"])
    return 1


def _others(bid: Bid) -> QuerySet[Bid]:
    """Handed in before it, wherever; or in the same list, whenever."""
    in_list = Q(challenge__challenge_list=bid.challenge.challenge_list_id)
    earlier = Q(submitted_at__lt=bid.submitted_at) if bid.submitted_at else Q(pk__in=[])
    return Bid.objects.filter(in_list | earlier, state__in=Bid.HANDED_IN, snapshot__isnull=False).exclude(pk=bid.pk)


def _candidates(bid: Bid, others: QuerySet[Bid]) -> Iterator[Bid]:
    text, _sections = whole_text(bid.snapshot or {})
    own = fingerprints(text) - {value for quoted in quoted_texts(bid.challenge) for value in fingerprints(quoted)}
    shared = Fingerprint.objects.filter(value__in=own).exclude(bid=bid.pk).values("bid").annotate(n=Count("value"))
    ranked = shared.filter(n__gte=LEAST_SHARED).order_by("-n", "bid")[: MOST_CANDIDATES * 3]
    found = others.in_bulk([row["bid"] for row in ranked])
    return iter([found[row["bid"]] for row in ranked if row["bid"] in found][:MOST_CANDIDATES])


def _match(check: DuplicateCheck, bid: Bid, other: Bid) -> DuplicateMatch | None:
    mine, _own = whole_text(bid.snapshot or {})
    theirs, _their = whole_text(other.snapshot or {})
    passages = shared_passages(mine, theirs, quoted_texts(bid.challenge))
    permille = round(share(mine, passages) * 1000)
    longest = max((passage.size for passage in passages), default=0)
    if permille < LEAST_PERMILLE and longest < LONG_PASSAGE:
        return None
    return DuplicateMatch(check_of=check, other=other, permille=permille, longest=longest)
