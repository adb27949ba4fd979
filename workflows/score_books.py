"""Sheets of rounds as a `ScoreBook`, and the rules they were decided by as a `Scenario`, for everything that is tried out.

Computing the published scenario on this book gives the decided scores and outcomes to the cent, ballots included;
a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, SmallIntegerField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from projects.models import Bid
from review.calibration.scenario import Scenario
from review.calibration.score_book import Contender, ScoreBook, Sheet
from review.models import ReviewRound, ScoreSheet
from review.scoring import Criterion
from workflows.models import AuditEntry
from workflows.panel_draw import rules_of_round

#: Half points as decimals, made once: fifty thousand sheets have three hundred thousand of them.
_POINTS = [Decimal(n) / 2 for n in range(201)]


@dataclass(frozen=True)
class Judged:
    """A bid as it is shown beside its figures. `score` is the decided one, None until the round is closed."""

    pk: int
    key: str
    title: str
    unit: str
    yuan: int
    score: Decimal | None
    round_no: int
    contest: str


@dataclass(frozen=True)
class Records:
    """What can be tried out: the book, its bids by key in its order, and the rules as published."""

    book: ScoreBook
    bids: dict[str, Judged]
    published: Scenario


class NothingToTry(ValueError):
    """No book can be made; the sentence says why."""


def records_of(rounds: Sequence[ReviewRound]) -> Records:
    """Everything handed in in `rounds` (of one list, oldest first, `challenge__challenge_list__rule_set` joined).

    A bid that was judged again counts with its latest round. Three queries. Raises NothingToTry.
    """
    rows = _sheets(rounds)
    if not rows:
        raise NothingToTry(_("还没有专家提交评分，没有可分析的内容；请待评分提交后查看。"))
    criteria = _criteria(rounds)
    of = {row.pk: row for row in rounds}
    latest: dict[int, int] = {}
    for bid, round_id, *_rest in rows:
        latest[bid] = max(latest.get(bid, 0), round_id)
    bids = _bids(latest, of)
    key = {one.pk: one.key for one in bids}
    contest = {one.pk: one.contest for one in bids}
    sheets = [
        Sheet(
            f"{contest[bid]} {alias}",
            key[bid],
            {code: _POINTS[half] for code, half in zip(codes, halves, strict=True) if code is not None},
            kind,
            vetoed,
        )
        for bid, round_id, alias, kind, vetoed, codes, halves in rows
        if latest[bid] == round_id
    ]
    ballot = _ballots(rounds)
    contenders = [Contender(one.key, one.contest, one.yuan, ballot.get(one.key)) for one in bids]
    try:
        book = ScoreBook.of(contenders, sheets, criteria)
    except ValueError as fault:
        raise NothingToTry(_("评分表缺少分项，无法推演。请核对：%s") % fault) from fault
    return Records(book, {one.key: one for one in bids}, _published(rounds[0], criteria))


def _sheets(rounds: Sequence[ReviewRound]) -> list[tuple[int, int, str, str, bool, list[str | None], list[int]]]:
    """Bid, round, alias, seat type, veto, codes and half points of every sheet that counts (`sheets_of`)."""
    rows = ScoreSheet.objects.filter(assignment__round__in=rounds, state__in=ScoreSheet.COUNTED)
    halves = Cast(F("items__value") * 2, SmallIntegerField())
    found: list[tuple[int, int, str, str, bool, list[str | None], list[int]]] = list(
        rows.order_by("pk")
        .values_list("bid", "assignment__round", "assignment__alias", "assignment__seat_type", "is_vetoed")
        .annotate(
            codes=ArrayAgg("items__criterion", order_by="items__pk"), halves=ArrayAgg(halves, order_by="items__pk")
        )
    )
    return found


def _criteria(rounds: Sequence[ReviewRound]) -> list[Criterion]:
    """Frozen with the list, so every round has the same."""
    first = rounds[0].criteria
    if any(row.criteria != first for row in rounds):
        raise NothingToTry(_("各轮次的评审指标不同，不能合在一起推演。请逐轮查看。"))
    return [Criterion(c["code"], c["name"], c["max_score"], c["veto"]) for c in first]


def _bids(latest: dict[int, int], of: dict[int, ReviewRound]) -> list[Judged]:
    columns = ("pk", "number", "title", "organisation__name", "requested_yuan", "score", "challenge__number")
    rows = Bid.objects.filter(pk__in=list(latest)).order_by("challenge__number", "pk").values_list(*columns)
    found = []
    for pk, number, title, unit, yuan, score, challenge in rows:
        row = of[latest[pk]]
        decided = score if row.state == ReviewRound.State.CLOSED else None
        found.append(Judged(pk, number or str(pk), title, unit, yuan, decided, row.no, f"{challenge}/{row.no}"))
    return found


def _ballots(rounds: Iterable[ReviewRound]) -> dict[str, int]:
    """Bid number → its place in the chair's ballot, from the entries that closed the rounds."""
    keys = [str(row.pk) for row in rounds if row.state == ReviewRound.State.CLOSED]
    entries = AuditEntry.objects.filter(object_type="review.reviewround", object_id__in=keys, transition="close")
    found = {}
    for given in entries.values_list("payload__ballot", flat=True):
        for place, number in enumerate((given or "").replace("，", ",").split(","), start=1):
            found[number.strip()] = place
    return found


def _published(row: ReviewRound, criteria: Sequence[Criterion]) -> Scenario:
    rules = rules_of_round(row)
    return Scenario.published(
        criteria, rules.aggregation, rules.quota_per_challenge, rules.pass_score, rules.reserve_count,
        rules.class_weights,
    )  # fmt: skip
