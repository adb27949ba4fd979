"""Which seat judges which bid of a round, where the rules share the bids out (decision 0025).

The first match is the fair optimum over all seats. Afterwards only what has become open is filled: sheets that
somebody has begun stay where they are, and of the others as few as possible move. Every match is kept whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from projects.models import Bid
from review.matching import Infeasible, Instance, Pair, fill, repair, solve
from review.matching.json_files import data_of
from review.models import Assignment, ReviewRound, RoundMatch, ScoreSheet
from workflows.engine import Flow, perform
from workflows.match_instance import Standing, in_order, instance_for, less
from workflows.panel_draw import bids_of, rules_of_round
from workflows.state import SYSTEM
from workflows.wording import listed


def is_matched(row: ReviewRound) -> bool:
    return rules_of_round(row).is_matched


def match_round(flow: Flow) -> None:
    """The first match, and a sheet for every pair. Refuses with what would have to give way."""
    row: ReviewRound = flow.object
    bids, seats = bids_of(row), _seats(row, Assignment.State.PLEDGED)
    instance = instance_for(rules_of_round(row), bids, seats)
    try:
        match = solve(instance)
    except Infeasible as lacking:
        cures = [relaxation.sentence for relaxation in lacking.relaxations]
        flow.refuse_input("__all__", _("申请分不下去；请作以下调整：%s") % "".join(cures))
    stats = {name: value for name, value in match.stats.items() if name != "seconds"}
    _keep(flow, instance, set(match.pairs), added=match.pairs, stats=stats)
    _open(flow, match.pairs, bids, seats)


def match_again(flow: Flow) -> None:
    """Fill what has become open since: a seat was left or taken, or a pair must not meet.

    Seats that have not pledged yet hold their share without a sheet: it is computed anew when they pledge.
    """
    row: ReviewRound = flow.object
    bids, seats = bids_of(row), _seats(row, *Assignment.SEATED)
    sheets = _sheets(bids, seats)
    live = {pair for pair, sheet in sheets.items() if sheet.state != ScoreSheet.State.VOID}
    kept = {pair for pair in live if sheets[pair].state != ScoreSheet.State.EMPTY}
    full = {seat.alias for seat in seats if seat.state == Assignment.State.SUBMITTED}
    kept |= {pair for pair in live if pair[1] in full}
    standing = Standing(frozenset(kept), frozenset(set(sheets) - live), frozenset(full))
    instance = less(instance_for(rules_of_round(row), bids, seats), standing)
    movable, lacking = live - kept, []
    try:
        found = set(repair(instance, movable).pairs)
    except Infeasible as error:
        lacking = [relaxation.sentence for relaxation in error.relaxations]
        found = set(fill(instance, movable))
    able = {seat.alias for seat in seats if seat.state == Assignment.State.PLEDGED}
    added, moved = {pair for pair in found - movable if pair[1] in able}, movable - found
    _keep(flow, instance, kept | found, added=added, moved=moved, lacking=lacking)
    for pair in sorted(moved):
        _void(flow, sheets[pair])
    _open(flow, added, bids, seats)
    _tell_experts(flow, seats, added, moved)
    if lacking:
        told = _("%s：有申请缺评审专家") % row
        flow.notify("N06", [row.secretary], told, _("请更换专家或调整：%s") % "".join(lacking))


def ask_again(round_id: int, cause: Flow | None) -> None:
    """The round matches anew, on record under its own name: what caused it may name an expert and stays inside."""
    from workflows.review_round import ReviewRoundFlow

    perform(ReviewRoundFlow, round_id, "rematch", by=SYSTEM, cause=cause)


def drop_blocked(seat: Assignment, bids: set[int]) -> bool:
    """Take live sheets of blocked bids from a seat; whether there were any."""
    sheets = list(seat.sheets.filter(bid__in=bids, state__in=ScoreSheet.LIVE).order_by("pk"))
    for sheet in sheets:
        _void(None, sheet)
    return bool(sheets)


def short_of_reviews(row: ReviewRound) -> list[str]:
    """Numbers of the bids that have fewer counted sheets than the rules ask for. Two queries."""
    wanted = rules_of_round(row).reviews_per_bid
    counted = ScoreSheet.objects.filter(assignment__round=row, state__in=ScoreSheet.COUNTED)
    have = Counter(counted.values_list("bid_id", flat=True))
    return [bid.reference for bid in bids_of(row) if have[bid.pk] < wanted]


def _seats(row: ReviewRound, *states: Any) -> list[Assignment]:
    return list(row.assignments.filter(state__in=states).select_related("expert__user").order_by("alias"))


def _sheets(bids: Sequence[Bid], seats: Sequence[Assignment]) -> dict[Pair, ScoreSheet]:
    rows = ScoreSheet.objects.filter(assignment__in=[seat.pk for seat in seats], bid__in=[bid.pk for bid in bids])
    rows = rows.select_related("assignment", "bid")
    return {(row.bid.reference, row.assignment.alias): row for row in rows.order_by("pk")}


def _open(flow: Flow, pairs: Iterable[Pair], bids: Sequence[Bid], seats: Sequence[Assignment]) -> None:
    from workflows.score_sheet import ScoreSheetFlow

    number = {bid.reference: bid for bid in bids}
    alias = {seat.alias: seat for seat in seats}
    for bid, seat in sorted(pairs):
        flow.start(ScoreSheetFlow, ScoreSheet(assignment=alias[seat], bid=number[bid]))


def _tell_experts(flow: Flow, seats: Sequence[Assignment], added: set[Pair], moved: set[Pair]) -> None:
    """Whose list has changed learns how, not why: the reason may be another expert's."""
    more, fewer = Counter(alias for _bid, alias in added), Counter(alias for _bid, alias in moved)
    for seat in seats:
        if more[seat.alias] or fewer[seat.alias]:
            numbers = {"more": more[seat.alias], "fewer": fewer[seat.alias]}
            body = _("新增 %(more)s 份，减少 %(fewer)s 份；请在评分截止前完成。") % numbers
            flow.notify("N05", [seat.expert.user], _("您的评审任务有调整"), body, about=seat)


def _void(flow: Flow | None, sheet: ScoreSheet) -> None:
    from workflows.score_sheet import ScoreSheetFlow

    perform(ScoreSheetFlow, sheet, "void", by=SYSTEM, cause=flow)


def _keep(
    flow: Flow, instance: Instance, pairs: set[Pair], *, added: Iterable[Pair], moved: Iterable[Pair] = (),
    lacking: Sequence[str] = (), stats: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """On record, and its digest in the round's own audit entry."""
    data, whole = data_of(instance), in_order(pairs)
    row = RoundMatch.objects.create(
        round=flow.object, no=flow.object.matches.count() + 1, at=flow.now, instance=data, pairs=whole,
        added=in_order(added), moved=in_order(moved), lacking=list(lacking), stats=stats or {},
        digest=RoundMatch.digest_of(data, whole),
    )  # fmt: skip
    flow.evidence |= {"match_digest": row.digest, "match_no": row.no, "pairs": len(whole), "moved": len(row.moved)}
    if row.lacking:
        flow.evidence["lacking"] = listed(row.lacking)
