"""C03 and C09: bids in which the expert himself takes part, now or lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q

from projects.models import Bid, BidEditor
from review.conflicts.case import Case
from review.conflicts.finding import BLOCK, WARN, Finding
from review.conflicts.lookback import first_day
from workflows.days import day_of

GONE = ["WITHDRAWN", "VOID"]


def c03_own_bid(case: Case) -> Iterator[Finding]:
    """Who bids in a list, or fills in a bid of it, judges none of it; a draft competes, too (基金条例 20 条)."""
    bids_of_list: dict[int, list[int]] = defaultdict(list)
    for bid in case.bids:
        bids_of_list[bid.challenge.challenge_list_id].append(bid.pk)
    takes_part = _own_bids(case, Q(challenge__challenge_list__in=bids_of_list))
    for expert in case.experts:
        for own, title, list_id, _at in takes_part.get(expert.user_id, ()):
            for pk in bids_of_list[list_id]:
                what = "该申请" if pk == own else f"同一榜单的申请《{title}》"
                yield Finding(expert.pk, pk, "C03", BLOCK, f"专家本人参与{what}，来源：申报系统")


def c09_bid_together(case: Case) -> Iterator[Finding]:
    """Expert and applicant in one earlier bid on this platform. The relation is certain, its weight is not."""
    since = first_day(case.on, case.lookback["C09"])
    earlier = _own_bids(case, Q(state__in=Bid.HANDED_IN) & ~Q(pk__one_of=case.bid_ids))
    lately = {bid for rows in earlier.values() for bid, _title, _list, at in rows if at and day_of(at) >= since}
    teams = _teams(lately)
    for expert in case.experts:
        for own, title, _list, at in earlier.get(expert.user_id, ()):
            if at is None or own not in lately:
                continue
            for person in sorted(teams[own] - {expert.user_id}):
                for bid, part in case.bids_of_person.get(person, {}).items():
                    evidence = f"专家与{part}共同申报《{title}》（{day_of(at)}），来源：申报系统"
                    yield Finding(expert.pk, bid, "C09", WARN, evidence)


def _own_bids(case: Case, where: Q) -> dict[int, list[tuple]]:  # type: ignore[type-arg]
    """Expert's account → (bid, title, list, handed in at) of the bids he leads or fills in. Two queries."""
    users = {expert.user_id for expert in case.experts}
    columns = ("pk", "title", "challenge__challenge_list_id", "handed_in_at")
    rows = Bid.objects.filter(where, pi__one_of=users).exclude(state__in=GONE)
    found: dict[int, list[tuple]] = defaultdict(list)  # type: ignore[type-arg]
    for user, *row in rows.order_by("pk").values_list("pi_id", *columns):
        found[user].append(tuple(row))
    rows = Bid.objects.filter(where, editors__user__one_of=users).exclude(state__in=GONE)
    for user, *row in rows.order_by("pk").values_list("editors__user_id", *columns):
        if user in users:
            found[user].append(tuple(row))
    return found


def _teams(bids: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for bid, user in Bid.objects.filter(pk__one_of=bids).values_list("pk", "pi_id"):
        found[bid].add(user)
    for bid, user in BidEditor.objects.filter(bid__one_of=bids).values_list("bid_id", "user_id"):
        found[bid].add(user)
    return found
