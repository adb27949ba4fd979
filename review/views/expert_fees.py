"""What the finance office needs to pay experts: who has done his work, and his numbers for a stated reason."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import agencies_of
from config.paging import page_of
from review.models import ExpertIdentity
from review.pool.forms import ReasonForm
from review.queries import identities_to_be_paid_by
from workflows.pool import reveal_identity
from workflows.refused import Refused


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Masked numbers of experts whose reviews are over and told. No round is named here."""
    if not agencies_of(request.user, Role.FIN):
        raise PermissionDenied(_("评审费名单只对财务处开放，请由其办理。"))
    done = Count("expert__assignments", filter=Q(expert__assignments__state="LOCKED"))
    rows = identities_to_be_paid_by(request.user).select_related("expert__user", "expert__organisation")
    page = page_of(rows.annotate(panels=done).order_by("expert__user__name", "pk"), request)
    return render(request, "review/expert_fees.html", {"page": page})


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole numbers, once: each look has its reason and its entry in the chain."""
    query = identities_to_be_paid_by(request.user).select_related("expert__user", "expert__organisation")
    row = get_object_or_404(query, pk=pk)
    form = ReasonForm(request.POST or None)
    shown: ExpertIdentity | None = None
    if form.is_bound and form.is_valid():
        user: Any = request.user
        try:
            shown = reveal_identity(row.expert, by=user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
    context = {"row": row, "form": form, "shown": shown}
    response = render(request, "review/expert_fee.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response
