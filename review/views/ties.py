"""利害关系: an expert declares his own, the pool's secretary keeps those of an expert."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import agencies_of
from review.models import Expert
from review.queries import experts_visible_to, ties_visible_to
from review.tie_forms import TieForm
from workflows.actions import actions_for
from workflows.expert_tie import declare
from workflows.refused import Refused


@login_required
def own(request: HttpRequest) -> HttpResponse:
    """One declaration holds in every pool that lists the person."""
    expert = get_object_or_404(_experts(request).filter(user=request.user)[:1])
    return _page(request, expert, is_own=True)


@login_required
def of_expert(request: HttpRequest, pk: int) -> HttpResponse:
    pools = agencies_of(request.user, Role.SEC, Role.SUP)
    expert = get_object_or_404(_experts(request).filter(agency__in=pools), pk=pk)
    return _page(request, expert, is_own=False)


def _experts(request: HttpRequest) -> Any:
    return experts_visible_to(request.user).select_related("user", "organisation", "agency").order_by("pk")


def _page(request: HttpRequest, expert: Expert, *, is_own: bool) -> HttpResponse:
    may_write = is_own or expert.agency_id in agencies_of(request.user, Role.SEC)
    form = TieForm(request.POST or None, expert=expert) if may_write else None
    if form is not None and form.is_bound and form.is_valid():
        try:
            declare(form.tie(), by=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("已登记。抽取专家和分配申请时会自动回避；正在评审的会立即重新核查。"))
            return redirect(request.path)
    subject = {"expert__user": request.user} if is_own else {"expert": expert}
    ties = ties_visible_to(request.user).filter(**subject).select_related("organisation", "person", "expert")
    context = {
        "expert": expert, "is_own": is_own, "form": form,
        "ties": [(tie, actions_for(tie, request.user)) for tie in ties.order_by("state", "-pk")],  # type: ignore[arg-type]
    }  # fmt: skip
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "review/ties.html", context, status=status)
