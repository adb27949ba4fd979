"""预览: the pages of an unpublished list as each audience will see them."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import held_role
from projects.models import ChallengeList
from projects.queries import lists_visible_to
from projects.views import challenges, lists
from workflows.simulation.preview import Audience, as_published
from workflows.simulation.simulate import BEFORE


@login_required
def preview(request: HttpRequest, number: str, audience: str, challenge: str = "") -> HttpResponse:
    """The list's page, or that of one of its challenges, rendered for a reader of `audience`."""
    row = get_object_or_404(lists_visible_to(request.user).select_related("agency", "rule_set"), number=number)
    if held_role(request.user, *lists.EDITORS, agency=row.agency_id) is None:
        raise PermissionDenied(_("只有本部门经办人和厅局领导可以预览榜单，请由其办理。"))
    if audience not in Audience.values:
        raise Http404
    if row.state not in BEFORE:
        return redirect(row.get_absolute_url())
    as_reader = copy(request)
    as_reader.preview = _bar(row, Audience(audience), challenge)  # type: ignore[attr-defined]
    with as_published(row, Audience(audience)) as reader:
        as_reader.user = reader
        if challenge:
            get_object_or_404(row.challenges, number=challenge)
            answer = challenges.detail(as_reader, challenge)
        else:
            answer = lists.detail(as_reader, number)
        answer.content = _kept_inside(answer.content.decode(), row, audience).encode()
    return answer


def _bar(row: ChallengeList, audience: Audience, challenge: str) -> dict[str, Any]:
    """What the strip above the page offers: other audiences of the same page, and the way back."""
    more = [challenge] if challenge else []
    name = "challenge_preview" if challenge else "list_preview"
    tabs = [(one.label, reverse(name, args=[row.number, one.value, *more]), one == audience) for one in Audience]
    return {"label": audience.label, "tabs": tabs, "back": row.get_absolute_url(), "has_close": row.bid_close_at}


def _kept_inside(html: str, row: ChallengeList, audience: str) -> str:
    """Links to the list and its challenges lead to their previews."""
    html = html.replace(
        f'href="{row.get_absolute_url()}"', f'href="{reverse("list_preview", args=[row.number, audience])}"'
    )
    for challenge in row.challenges.all():
        inside = reverse("challenge_preview", args=[row.number, audience, challenge.number])
        for address in (challenge.get_absolute_url(), reverse("bid_new", args=[challenge.number])):
            html = html.replace(f'href="{address}"', f'href="{inside}"')
    # The one link that leads back.
    return html.replace('href="#back-to-list"', f'href="{row.get_absolute_url()}"')
