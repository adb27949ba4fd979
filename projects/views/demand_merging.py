"""On a list's page: passed demands become a challenge, several at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.roles import held_role
from projects.models import Challenge, ChallengeList, Demand
from projects.queries import demands_visible_to, lists_visible_to
from workflows.demand_merge import merge_demands
from workflows.refused import Refused


def merging_context(user: Any, row: ChallengeList) -> dict[str, Any]:
    """What the list's page shows of its demands: how many stand where, and what may be merged now."""
    demands = demands_visible_to(user).filter(challenge_list=row)
    rows = list(demands.select_related("demander").order_by("-mean_score", "number"))
    counts = [(s, sum(d.state == s for d in rows)) for s in Demand.State]
    is_open = row.state == ChallengeList.State.APPRAISING
    is_officer = held_role(user, Role.OFF, Role.AGY, agency=row.agency_id) is not None
    return {
        "demand_states": [{"state": s.value, "label": s.label, "count": n} for s, n in counts if n],
        "mergeable": [d for d in rows if d.state == Demand.State.APPRAISED_PASS] if is_open and is_officer else [],
        "draft_challenges": row.challenges.filter(state=Challenge.State.DRAFT).order_by("number"),
    }


@login_required
@require_POST
def merge(request: HttpRequest, number: str) -> HttpResponse:
    row = get_object_or_404(lists_visible_to(request.user).select_related("rule_set"), number=number)
    user: Any = request.user
    if held_role(user, Role.OFF, Role.AGY, agency=row.agency_id) is None:
        raise PermissionDenied(_("只有本部门经办人可以合并需求，请由其办理。"))
    chosen = [pk for pk in request.POST.getlist("demands") if pk.isdecimal() and len(pk) < 19]
    demands = demands_visible_to(user).filter(challenge_list=row, pk__in=chosen)
    given = request.POST.get("into", "")
    try:
        into = _into(row, given)
        found = list(demands.select_related("challenge_list__rule_set", "demander"))
        title = request.POST.get("title", "").strip()[:80]
        challenge = merge_demands(found, by=user, into=into, title=title)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
        return redirect(f"{row.get_absolute_url()}#demands")
    messages.success(request, _("已合并 %(count)s 项需求，请核对榜题和指标。") % {"count": len(found)})
    return redirect(challenge.get_absolute_url() if into else reverse("challenge_edit", args=[challenge.number]))


def _into(row: ChallengeList, given: str) -> Challenge | None:
    """The draft that was chosen, or None for a new one."""
    if not given:
        return None
    found = row.challenges.filter(number=given, state=Challenge.State.DRAFT).first()
    if found is None:
        raise Refused("invalid_input", [_("这道榜题不在起草中，请另选或新建。")])
    return found
