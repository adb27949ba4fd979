"""评审分工: who judges which bid and why; for the round's secretary and the supervisor, for reasons tell of persons."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from attachments import store
from review.match_picture import lines_of, reasons_for, seats_of
from review.matrix import judged_bids, sees_names
from review.models import Expert, ReviewRound, RoundMatch
from review.queries import rounds_visible_to


def _matches(request: HttpRequest, pk: int) -> tuple[ReviewRound, list[RoundMatch]]:
    query = rounds_visible_to(request.user).select_related("challenge__challenge_list__rule_set", "secretary")
    row = get_object_or_404(query.distinct(), pk=pk)
    found = list(row.matches.order_by("no"))
    if not found or not sees_names(request.user, row):
        raise Http404
    return row, found


def _chosen(found: list[RoundMatch], no: str) -> RoundMatch:
    """The newest, unless another is asked for."""
    for match in found:
        if str(match.no) == no:
            return match
    if no:
        raise Http404
    return found[-1]


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    row, found = _matches(request, pk)
    match = _chosen(found, request.GET.get("no", ""))
    bids = judged_bids(row)
    titles = {bid.reference: bid.title for bid in bids}
    kinds = dict(Expert.SeatType.choices)
    asked = request.GET.get("bid", "")
    context: dict[str, Any] = {
        "round": row, "challenge": row.challenge, "match": match, "matches": found,
        "seats": seats_of(match, kinds), "lines": list(lines_of(match, titles)),
        "rules": row.challenge.challenge_list.rule_set.rules, "titles": titles, "asked": asked,
        "added": match.added if match.no > 1 else [],
    }  # fmt: skip
    if asked:
        try:
            context["reasons"] = reasons_for(match, bids, asked, kinds)
        except (KeyError, StopIteration) as error:
            raise Http404 from error
    return render(request, "review/match.html", context)


@login_required
@require_safe
def record(request: HttpRequest, pk: int, no: int) -> JsonResponse:
    """Instance and pairs: `manage.py match_reviewers` computes the first match of a round again from it."""
    row, found = _matches(request, pk)
    match = _chosen(found, str(no))
    data = {**match.instance, "pairs": match.pairs, "stats": match.stats, "digest": match.digest}
    name = _("评审分工 %(number)s-%(round)s-%(no)s.json") % {
        "number": row.challenge.number, "round": row.no, "no": match.no,
    }  # fmt: skip
    headers = {"Content-Disposition": store.content_disposition(name)}
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False}, headers=headers)
