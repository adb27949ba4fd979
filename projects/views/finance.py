"""Money and certificates: the queue of tranches, and the register of certificates."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.paging import page_of
from projects.models import Certificate, Tranche
from projects.queries import certificates_visible_to, tranches_visible_to
from workflows.actions import actions_for

OPEN = ["CONDITION_MET", "REQUESTED", "APPROVED", "HELD"]


@login_required
def tranches(request: HttpRequest) -> HttpResponse:
    """The finance queue: what can move now comes first; buttons stand in the row."""
    rows = tranches_visible_to(request.user).select_related("project__organisation", "project__pi", "milestone")
    state = request.GET.get("state", "")
    shown = rows.filter(state=state) if state in Tranche.State.values else rows.filter(state__in=OPEN)
    if state == "ALL":
        shown = rows
    page = page_of(shown.order_by("state", "project__number", "no"), request)
    context = {
        "page": page,
        "rows": [(row, actions_for(row, request.user)) for row in page],  # type: ignore[arg-type]
        "states": Tranche.State.choices,
        "state": state,
        "totals": dict(rows.order_by().values_list("state").annotate(total=Sum("amount_yuan"))),
    }
    return render(request, "projects/tranches.html", context)


@login_required
def certificates(request: HttpRequest) -> HttpResponse:
    rows = certificates_visible_to(request.user).select_related("project__organisation").distinct().order_by("-pk")
    kind = request.GET.get("kind", "")
    if kind in Certificate.Kind.values:
        rows = rows.filter(kind=kind)
    page = page_of(rows, request)
    context = {
        "page": page,
        "rows": [(row, actions_for(row, request.user)) for row in page],  # type: ignore[arg-type]
        "kinds": Certificate.Kind.choices,
        "kind": kind,
    }
    return render(request, "projects/certificates.html", context)
