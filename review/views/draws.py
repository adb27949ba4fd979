"""抽取记录: the index, one draw as a story, and the record that a stranger replays."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from attachments import store
from config.paging import page_of
from review.disclosure import may_know_experts
from review.models import DrawRecord
from review.queries import draws_visible_to
from review.views.draw_story import story_of
from workflows.draw_document import as_json, end_of


def _draw(request: HttpRequest, pk: int) -> DrawRecord:
    query = draws_visible_to(request.user).select_related("round__challenge__challenge_list", "witness")
    found: DrawRecord = get_object_or_404(query.distinct(), pk=pk)
    return found


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """For the supervisor who witnessed them."""
    rows = draws_visible_to(request.user).select_related("round__challenge", "witness").order_by("-pk")
    return render(request, "review/draws.html", {"page": page_of(rows.distinct(), request)})


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The commitment at once; the seed once the round is over, so that anyone can repeat the draw."""
    draw = _draw(request, pk)
    context = {
        "draw": draw,
        "round": draw.round,
        "over": end_of(draw.round),
        "story": story_of(draw, knows_experts=may_know_experts(request.user, draw.round)),
        "newest": draw.round.draws.order_by("-pk").first(),
    }
    return render(request, "review/draw_detail.html", context)


@login_required
@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """`record.json`: what the page tells, for a program. It names no expert, whoever asks."""
    draw = _draw(request, pk)
    if not draw.names_nobody():
        raise Http404(_("这次抽取早于匿名编号启用，没有可对外提供的记录；需要核对的，请联系监督员。"))
    name = f"抽取记录 {draw.round.challenge.number}-{draw.round.no}-{len(draw.record['redraws'])}.json"
    headers = {"Content-Disposition": store.content_disposition(name)}
    return HttpResponse(as_json(draw), content_type="application/json", headers=headers)
