"""评分分析: flags, agreement, how sure each rank is, and what-if. Reads only: nothing on these pages changes a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import Role
from review.calibration.intervals import RankInterval, rank_intervals
from review.calibration.trials import Firmness, stability, what_if
from review.disclosure import may_know_experts
from review.models import ReviewRound, ReviewTally
from review.models.review_tally import SPLIT, WIDE
from review.scenario_forms import KeepForm
from review.views.analysis_matter import Matter, list_matter, round_matter
from review.views.analysis_picture import picture_of
from review.views.analysis_trial import FATES, trial_of
from workflows.score_books import Judged, NothingToTry, Records

#: Draws and weightings: of one round, and of a list, where each of them places thousands of bids.
DRAWS, DRAWS_OF_A_LIST = 1000, 200
#: A list has pages of bids; those are shown whose place is least sure.
MOST_LINES = 100
#: What the page of a round may cost, whatever the number of bids: session, person, grants, round, whether it may be
#: seen, sheets, bids, ballot, sheets once more, those of the flags, what was kept, unread notices.
QUERIES = 13


@login_required
@require_safe
def of_round(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, round_matter(request.user, pk))


@login_required
@require_safe
def of_list(request: HttpRequest, number: str) -> HttpResponse:
    return page(request, list_matter(request.user, number))


def page(request: HttpRequest, matter: Matter, keep: KeepForm | None = None, status: int = 200) -> HttpResponse:
    """`keep`: the form by which somebody failed to keep a scenario; its fields are those of the what-if as well."""
    context: dict[str, Any] = {"matter": matter, "object": matter.row, "is_round": matter.is_round}
    try:
        records = matter.records()
    except NothingToTry as nothing:
        return render(request, "review/analysis.html", {**context, "nothing": str(nothing)})
    asked = request.GET if keep is None else keep.data
    trial = trial_of(matter, records, asked)
    # What was tried holds the published side as well.
    published = trial.found or what_if(records.book, records.published, records.published)
    if trial.form.errors:
        status = 422
    context |= {
        "trial": trial,
        "keep": keep or KeepForm(),
        "differs": [m for m in published.moves if records.bids[m.bid].score not in (None, m.score_before)],
        "bid_count": len(records.bids),
        "kept": _kept(request.user, matter),
        "seed": seed_of(request, records),
    }
    if isinstance(matter.row, ReviewRound):
        context |= {"picture": picture_of(matter.row, records, published), "challenge": matter.row.challenge}
    else:
        context["rounds"] = _rounds(matter)
    return render(request, "review/analysis.html", context, status=status)


def _rounds(matter: Matter) -> list[tuple[ReviewRound, Any]]:
    """Each round of a list with its number of bids and of those that stand out, counted by the database."""
    rows = ReviewTally.objects.filter(round__in=matter.rounds).order_by().values("round").annotate(
        bids=Count("pk"), wide=Count("pk", filter=Q(spread__gte=WIDE)),
        split=Count("pk", filter=Q(strong__gte=SPLIT, reject__gte=SPLIT)), vetoed=Count("pk", filter=Q(vetoes__gt=0)),
    )  # fmt: skip
    counts = {row["round"]: row for row in rows}
    return [(row, counts[row.pk]) for row in matter.rounds if row.pk in counts][:MOST_LINES]


def _kept(user: Any, matter: Matter) -> list[tuple[Any, str]]:
    """Kept scenarios with who kept them: a chair by his name only where experts' names may be known."""
    found = []
    for one in matter.row.scenarios.select_related("by")[:MOST_LINES]:
        known = one.role != Role.CHR or one.by_id == user.pk or may_know_experts(user, matter.rounds[0])
        found.append((one, one.by.name if known else str(Role.CHR.label)))
    return found


# --- how sure the ranks are ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class SureLine:
    """One bid's rank with its interval, and how its fate stands under weights near the published ones."""

    bid: Judged
    interval: RankInterval
    firmness: Firmness
    bids: int
    quota: int

    @property
    def fate(self) -> tuple[Any, str]:
        return FATES[self.firmness.fate]

    @property
    def at(self) -> dict[str, str]:
        """Where the marks stand, in per cent of the picture's width: a rank is the middle of its stretch."""
        places = {"rank": self.interval.rank - 0.5, "cut": min(self.quota, self.bids)}
        if self.interval.low is not None and self.interval.high is not None:
            places |= {"low": self.interval.low - 1.0, "high": float(self.interval.high)}
        found = {name: f"{place / self.bids * 100:.2f}" for name, place in places.items()}
        if "low" in places:
            found["width"] = f"{(places['high'] - places['low']) / self.bids * 100:.2f}"
        return found

    @property
    def doubt(self) -> float:
        """1: as good as the toss of a coin. 0: it was above or below the line in every draw."""
        above = self.interval.above
        return 0.0 if above is None else 1 - abs(2 * above - 1)


def seed_of(request: HttpRequest, records: Records) -> int:
    """From the sheets themselves, so that nobody chooses it; another one may be asked for to see what changes."""
    given = request.GET.get("seed", "")
    return int(given) if given.isdecimal() and len(given) <= 9 else int(records.book.digest[:8], 16) % 1_000_000


@login_required
@require_safe
def confidence_of_round(request: HttpRequest, pk: int) -> HttpResponse:
    return _confidence(request, round_matter(request.user, pk))


@login_required
@require_safe
def confidence_of_list(request: HttpRequest, number: str) -> HttpResponse:
    return _confidence(request, list_matter(request.user, number))


def _confidence(request: HttpRequest, matter: Matter) -> HttpResponse:
    """Asked for apart, because a thousand draws take their time; a page of its own for whom no script fetches it."""
    context: dict[str, Any] = {"matter": matter, "object": matter.row, "is_round": matter.is_round}
    try:
        records = matter.records()
    except NothingToTry as nothing:
        context["nothing"] = str(nothing)
    else:
        seed, draws = seed_of(request, records), DRAWS if matter.is_round else DRAWS_OF_A_LIST
        lines, list_holds = _sure_lines(records, seed, draws)
        context |= {
            "lines": lines[:MOST_LINES], "hidden": max(0, len(lines) - MOST_LINES), "list_holds": list_holds,
            "seed": seed, "draws": draws, "quota": records.published.quota,
        }  # fmt: skip
    fragment = request.headers.get("HX-Request") == "true"
    answer = render(
        request, "review/_analysis_confidence.html" if fragment else "review/analysis_confidence.html", context
    )
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _sure_lines(records: Records, seed: int, draws: int) -> tuple[list[SureLine], float]:
    """By rank; of many bids those whose place is least sure first. The same for everybody, so kept a while."""
    key = f"sure:{records.book.digest}:{records.published.digest}:{seed}:{draws}"
    known: tuple[list[SureLine], float] | None = cache.get(key)
    if known is not None:
        return known
    intervals = rank_intervals(records.book, records.published, seed=seed, draws=draws)
    firm = stability(records.book, records.published, seed=seed, weightings=draws)
    sizes = dict.fromkeys(records.book.contests, 0)
    for one in intervals.bids:
        sizes[one.contest] += 1
    lines = [
        SureLine(records.bids[i.bid], i, f, sizes[i.contest], records.published.quota)
        for i, f in zip(intervals.bids, firm.bids, strict=True)
    ]
    if len(lines) > MOST_LINES:
        lines.sort(key=lambda line: (-line.doubt, line.firmness.holds, line.bid.key))
    else:
        lines.sort(key=lambda line: (line.bid.contest, line.interval.rank, line.bid.key))
    cache.set(key, (lines, firm.list_holds), 600)
    return lines, firm.list_holds
