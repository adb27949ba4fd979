"""论证得分表: the officer writes down what each member of the panel gave a demand."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from projects.demand_editing import may_score
from projects.models import Demand
from projects.queries import demands_visible_to
from review.appraisal_forms import demand_score_forms


@login_required
def scores(request: HttpRequest, number: str) -> HttpResponse:
    """Points may be mended until the result is recorded; who judged is told to nobody outside the agency."""
    query = demands_visible_to(request.user).select_related("challenge_list__rule_set", "demander", "recommender")
    row = get_object_or_404(query, number=number)
    if not may_score(request.user, row):
        raise PermissionDenied(_("榜单论证期间、结论录入之前，由本部门经办人填写得分表，请由其办理。"))
    data = request.POST or None
    with transaction.atomic():
        # Locked: the result recorded in the same moment must not meet half a table.
        if data is not None and Demand.objects.select_for_update(no_key=True).get(pk=row.pk).state != row.state:
            messages.error(request, _("论证结论已录入，得分表不可再改。"))
            return redirect(row.get_absolute_url())
        rows = demand_score_forms(data, row)
        if data is not None and rows.is_valid():
            rows.save()
            messages.success(request, _("得分表已保存。核对后请在需求页面录入论证结论。"))
            return redirect(row.get_absolute_url())
    context = {"row": row, "rows": rows, "rules": row.challenge_list.rule_set.rules}
    return render(request, "review/demand_scores.html", context, status=200 if data is None else 422)
