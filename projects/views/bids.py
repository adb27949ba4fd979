"""Bids: the table of everybody who may see some, one bid's page, and the export."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.roles import agencies_of, held_role
from config.csv_stream import csv_response
from config.paging import page_of, sorted_by
from config.stations import stations
from config.templatetags.jiebang import instant, wan
from projects.bid_editing import SECTIONS, editable_sections, may_edit_bid
from projects.closing import ON_THE_WAY, last_close_of
from projects.disclosure import may_see_score_of_bid, shown_state
from projects.filters import BidFilter
from projects.models import Bid, BidExtension
from projects.queries import (
    STAFF,
    avoidances_visible_to,
    bids_visible_to,
    extensions_visible_to,
    formal_checks_visible_to,
    letters_visible_to,
    projects_visible_to,
    reconsiderations_visible_to,
)
from projects.receipts import receipts_of
from projects.views.bid_overview import hand_in_overview
from projects.views.reconsiderations import step_of_open
from review.defence_queries import slots_visible_to
from review.queries import opinions_for_team
from workflows import clock
from workflows.extension import may_ask_to_extend
from workflows.formal_check_items import LABELS
from workflows.refusals import last_day_to_file, may_ask_again, refused_at
from workflows.views import record_context

SORTS = {
    "newest": "pk",
    "number": "number",
    "challenge": "challenge__number",
    "unit": "organisation__name",
    "money": "requested_yuan",
    "time": "submitted_at",
}
#: For those who decide. To a team the order would tell what the column withholds.
STAFF_SORTS = {**SORTS, "score": "score"}
#: The story's stations, drawn above a bid.
STATIONS = (
    (gettext_lazy("填写"), ["DRAFT"]),
    (gettext_lazy("单位审核"), ["UNIT_REVIEW"]),
    (gettext_lazy("推荐"), ["REC_REVIEW"]),
    (gettext_lazy("已申报"), ["SUBMITTED"]),
    (gettext_lazy("形式审查"), ["FORMAL_CHECK", "CORRECTION", "NOT_ACCEPTED"]),
    (gettext_lazy("评审"), ["ACCEPTED", "IN_ROUND"]),
    (gettext_lazy("审定公示"), ["RECOMMENDED", "RESERVE", "NOT_RECOMMENDED"]),
    (gettext_lazy("立项"), ["AWARDED", "NOT_AWARDED"]),
)


def _rows(request: HttpRequest, form: BidFilter) -> QuerySet[Bid]:
    rows = form.apply(bids_visible_to(request.user)).select_related(
        "challenge__challenge_list", "organisation", "pi", "recommender"
    )
    sorts = STAFF_SORTS if agencies_of(request.user, *STAFF, Role.SEC) else SORTS
    return sorted_by(rows.defer("snapshot", "summary", "route", "team"), request, sorts, "-newest")


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Two queries for the rows and the filter's lists, whatever their number."""
    form = BidFilter(request.GET, user=request.user)
    is_staff = bool(agencies_of(request.user, *STAFF, Role.SEC))
    roles = {Role(grant.role) for grant in request.user.grants}  # type: ignore[union-attr]
    # A recommender reads what others bid, and finds no challenge for himself.
    context = {
        "form": form, "page": page_of(_rows(request, form), request), "is_staff": is_staff,
        "recommends": Role.REC in roles and not roles & {Role.PI, Role.ORG}, "is_unit": Role.ORG in roles,
    }  # fmt: skip
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "projects/_bid_rows.html" if partial else "projects/bids.html", context)


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The table as CSV (UTF-8 with mark, so that WPS and Excel read it), same filter, same rows."""
    rows = _rows(request, BidFilter(request.GET, user=request.user))
    head = [
        _("申报编号"), _("项目名称"), _("榜题编号"), _("榜题"), _("牵头单位"), _("负责人"), _("推荐单位"),
        _("申请经费（万元）"), _("自筹经费（万元）"), _("状态"), _("申报时间"), _("综合得分"),
    ]  # fmt: skip
    names = dict(Bid.State.choices)
    lines = (
        [
            row.number or "", row.title, row.challenge.number, row.challenge.title, row.organisation.name,
            row.pi.name, row.recommender.name if row.recommender else "", wan(row.requested_yuan),
            wan(row.matching_yuan), names[shown_state(request.user, row)], instant(row.submitted_at),
            row.score if row.score is not None and may_see_score_of_bid(request.user, row) else "",
        ]
        for row in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return csv_response("bids.csv", head, lines)


def bid_of(request: HttpRequest, uuid: Any) -> Bid:
    """The bid with what its pages read, or 404."""
    query = bids_visible_to(request.user).select_related(
        "challenge__challenge_list__rule_set", "challenge__demander", "organisation", "pi", "recommender"
    )
    found: Bid = get_object_or_404(query, uuid=uuid)
    return found


@login_required
def detail(request: HttpRequest, uuid: Any) -> HttpResponse:
    bid = bid_of(request, uuid)
    check = formal_checks_visible_to(request.user).filter(bid=bid).prefetch_related("items").first()
    answers = {r.indicator_id: r for r in bid.responses.all()}
    context = {
        "correction_pages": _correction_pages(request.user, bid),
        **record_context(bid, request.user),
        "challenge": bid.challenge,
        "answers": [(i, answers.get(i.pk)) for i in bid.challenge.indicators.all()],
        "editors": [row.user for row in bid.editors.select_related("user")] if _is_team(request.user, bid) else [],
        "partners": bid.partners.select_related("organisation"),
        "avoidances": avoidances_visible_to(request.user).filter(bid=bid),
        "receipts": receipts_of(bid),
        "may_edit": may_edit_bid(request.user, bid),
        "overview": hand_in_overview(bid, request.user) if bid.state == Bid.State.DRAFT else [],
        "is_team": _is_team(request.user, bid),
        "stations": stations(STATIONS, shown_state(request.user, bid), ended=["AWARDED", "NOT_AWARDED"]),
        "check": check,
        "grounds": LABELS,
        "score": bid.score if may_see_score_of_bid(request.user, bid) else None,
        "defence": slots_visible_to(request.user).filter(bid=bid, session__state__in=["ANNOUNCED", "HELD"]).first(),
        "opinions": opinions_for_team(bid, request.user),
        "letters": list(letters_visible_to(request.user).filter(bid=bid)),
        "project": projects_visible_to(request.user).filter(bid=bid).first(),
        **_extensions(request.user, bid),
        **_reconsideration(request.user, bid),
    }
    context["next_step"] = context["next_step"] or step_of_open(request.user, bid)
    return render(request, "projects/bid_detail.html", context)


def _extensions(user: Any, bid: Bid) -> dict[str, Any]:
    """Until when this bid may come in, and whether its team may ask for longer now."""
    now = clock.now()
    asked = list(extensions_visible_to(user).filter(bid=bid).order_by("pk"))
    may_ask = bid.state in ON_THE_WAY and _is_team(user, bid) and may_ask_to_extend(bid, now)
    is_open = any(row.state in BidExtension.OPEN_STATES for row in asked)
    return {"extensions": asked, "may_extend": may_ask and not is_open, "closes_at": last_close_of(bid)}


def _reconsideration(user: Any, bid: Bid) -> dict[str, Any]:
    """What was asked about a refusal, and until when the PI may still ask."""
    asked = reconsiderations_visible_to(user).filter(bid=bid).order_by("pk")
    refused = refused_at(bid) if bid.pi_id == user.pk else None
    open_until = last_day_to_file(refused) if refused and may_ask_again(bid, clock.now()) else None
    return {"reconsiderations": asked, "reconsider_until": open_until}


def _is_team(user: Any, bid: Bid) -> bool:
    is_unit = isinstance(user, User) and held_role(user, Role.ORG, organisation=bid.organisation_id)
    return bid.pi_id == user.pk or bool(is_unit)


def _correction_pages(user: Any, bid: Bid) -> list[tuple[Any, str]]:
    """What a correction is limited to, with the page where the reader may change it."""
    if bid.state != Bid.State.CORRECTION:
        return []
    mine = editable_sections(user, bid)
    urls = {
        name: f"{bid.get_absolute_url()}#files" if name == "files" else reverse("bid_edit", args=[bid.uuid, name])
        for name in mine
    }
    return [
        (label, urls.get(name, "")) for name, label in SECTIONS.items() if name in bid.formal_check.correction_sections
    ]
