"""评审总览: every bid under review with its progress, mean and spread, in a table that sorts by an index."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import agencies_of
from config.csv_stream import csv_response
from config.paging import page_of
from projects.queries import STAFF
from review.filters import TallyFilter
from review.models import ReviewTally, ScoreSheet
from review.queries import sheets_visible_to, tallies_visible_to, tallies_with_points

#: Sort → column. All but the first tell points.
SORTS = {"newest": "pk", "mean": "mean", "spread": "spread", "sd": "sd"}
#: What the page may cost, whatever the number of bids: session, person, grants, lists to choose from, unread
#: notices, rows, their sheets (`tests/review/test_overview.py`).
QUERIES = 7


@dataclass(frozen=True)
class Line:
    """One bid. `points` and the tally's mean and spread are shown where `shows_points`."""

    tally: ReviewTally
    shows_points: bool
    points: list[float]


def _sort(request: HttpRequest) -> tuple[str, bool]:
    given = request.GET.get("sort", "")
    name = given.removeprefix("-")
    return (name, given.startswith("-")) if name in SORTS else ("newest", True)


def _rows(request: HttpRequest, form: TallyFilter) -> QuerySet[ReviewTally]:
    name, descending = _sort(request)
    tells_points = name != "newest" or form.asks_for_points
    rows = tallies_with_points(request.user) if tells_points else tallies_visible_to(request.user)
    column = F(SORTS[name])
    order = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    rows = rows.select_related("bid__challenge", "bid__organisation", "round")
    ordered = form.apply(rows).order_by(order, "-pk") if name != "newest" else form.apply(rows).order_by("-pk")
    return ordered.defer("bid__snapshot", "bid__summary", "bid__route", "bid__team", "round__criteria")


def _lines(request: HttpRequest, tallies: list[ReviewTally]) -> list[Line]:
    """The rows with their points: one query for the sheets of the page."""
    at_once = agencies_of(request.user, Role.SEC, Role.SUP)
    points: dict[tuple[int, int], list[float]] = defaultdict(list)
    sheets = sheets_visible_to(request.user).filter(
        bid__in=[t.bid_id for t in tallies], state__in=ScoreSheet.COUNTED, total__isnull=False
    )
    for _pk, round_id, bid_id, total in sheets.values_list("pk", "assignment__round", "bid", "total").distinct():
        points[round_id, bid_id].append(float(total or 0))
    lines = []
    for tally in tallies:
        shows = tally.is_closed or tally.agency_id in at_once
        lines.append(Line(tally, shows, sorted(points[tally.round_id, tally.bid_id]) if shows else []))
    return lines


@login_required
def index(request: HttpRequest) -> HttpResponse:
    if not agencies_of(request.user, *STAFF, Role.SEC, Role.SUP):
        raise PermissionDenied(_("评审总览只对本部门经办人、评审秘书和监督员开放，请向其了解。"))
    form = TallyFilter(request.GET, user=request.user)
    page = page_of(_rows(request, form), request)
    waits = not agencies_of(request.user, *STAFF) <= agencies_of(request.user, Role.SEC, Role.SUP)
    context = {"form": form, "page": page, "lines": _lines(request, page.rows), "waits_for_close": waits}
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "review/_overview_rows.html" if partial else "review/overview.html", context)


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The same rows as CSV, with the same points left out."""
    at_once = agencies_of(request.user, Role.SEC, Role.SUP)
    rows = _rows(request, TallyFilter(request.GET, user=request.user))
    head = [
        _("申报编号"), _("项目名称"), _("榜题编号"), _("牵头单位"), _("轮次"), _("应评"), _("已评"), _("均分"), _("极差"),
        _("标准差"), _("重点推荐"), _("落选"), _("一票否决"), _("综合得分"),
    ]  # fmt: skip
    lines = (
        [*_facts(t), *(_points(t) if t.is_closed or t.agency_id in at_once else [""] * 7)] for t in rows.iterator(500)
    )
    return csv_response("reviews.csv", head, lines)


def _facts(t: ReviewTally) -> list[Any]:
    bid = t.bid
    return [
        bid.number or "",
        bid.title,
        bid.challenge.number,
        bid.organisation.name,
        t.round.no,
        t.assigned,
        t.submitted,
    ]


def _points(t: ReviewTally) -> list[Any]:
    values = (t.mean, t.spread, t.sd, t.strong, t.reject, t.vetoes, t.bid.score if t.is_closed else None)
    return ["" if value is None else value for value in values]
