"""推演 of a list before it is published: what would go wrong, and every step that was played."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.roles import held_role
from projects.queries import lists_visible_to
from workflows.clock import SHANGHAI
from workflows.simulation.findings import Report, Step
from workflows.simulation.simulate import BEFORE, simulate

#: Who prepares and who decides on a list (domain 2.1).
READERS = (Role.OFF, Role.AGY, Role.LEAD)


@login_required
def simulation(request: HttpRequest, number: str) -> HttpResponse:
    """GET explains; POST plays the call, which takes some seconds, and shows what came of it."""
    query = lists_visible_to(request.user).select_related("agency", "rule_set")
    row = get_object_or_404(query, number=number)
    if held_role(request.user, *READERS, agency=row.agency_id) is None:
        raise PermissionDenied(_("只有本部门经办人和厅局领导可以推演榜单，请由其办理。"))
    may_run = row.state in BEFORE
    report = simulate(row) if request.method == "POST" and may_run else None
    context = {"row": row, "report": report, "may_run": may_run, "days": _days(report)}
    return render(request, "projects/list_simulation.html", context)


def _days(report: Report | None) -> list[tuple[date, list[Step]]]:
    """Steps grouped by day, so that hundreds of them can be read."""
    found: dict[date, list[Step]] = {}
    for step in report.steps if report else ():
        found.setdefault(step.at.astimezone(SHANGHAI).date(), []).append(step)
    return list(found.items())
