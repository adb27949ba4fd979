"""回避核查: the matrix of a round, its export, and the doubts to be ruled on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.csv_stream import csv_response
from config.templatetags.jiebang import instant
from review.conflicts import RULES
from review.matrix import counts_by_rule, findings_of, judged_bids, rows_of, sees_counts, sees_names
from review.models import ConflictFinding, ReviewRound
from review.queries import findings_visible_to, rounds_visible_to
from workflows.actions import Action, actions_for


class MatrixFilter(forms.Form):
    rule = forms.ChoiceField(
        label=gettext_lazy("规则"), required=False,
        choices=[("", gettext_lazy("全部规则")), *((code, f"{code} {words}") for code, words in RULES.items())],
    )  # fmt: skip
    severity = forms.ChoiceField(
        label=gettext_lazy("程度"), required=False,
        choices=[("", gettext_lazy("全部")), *ConflictFinding.Severity.choices, ("OPEN", gettext_lazy("尚未核实"))],
    )  # fmt: skip

    def apply(self, found: QuerySet[ConflictFinding]) -> QuerySet[ConflictFinding]:
        """What does not pass the form's own check filters nothing."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if chosen.get("rule"):
            found = found.filter(code=chosen["rule"])
        if chosen.get("severity") == "OPEN":
            return found.filter(severity="WARN", ruling__state="OPEN")
        return found.filter(severity=chosen["severity"]) if chosen.get("severity") else found


@login_required
def matrix(request: HttpRequest, pk: int) -> HttpResponse:
    """Names and evidence for secretary and supervisor; for the officer, counts."""
    row = _round(request, pk)
    context: dict[str, Any] = {
        "round": row, "challenge": row.challenge, "counts": counts_by_rule(row), "rules": RULES,
    }  # fmt: skip
    if sees_names(request.user, row):
        form = MatrixFilter(request.GET)
        found = form.apply(findings_of(row) & findings_visible_to(request.user))
        rows = rows_of(row, found)
        context |= {"form": form, "rows": rows, "bids": judged_bids(row), "actions": _actions(request.user, rows)}
    return render(request, "review/conflicts.html", context)


@login_required
def export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """For the file: every finding with its evidence and what was ruled."""
    row = _round(request, pk)
    if not sees_names(request.user, row):
        raise PermissionDenied(_("专家姓名保密，只有本轮评审秘书和监督员可以导出，请由其办理。"))
    found = MatrixFilter(request.GET).apply(findings_of(row) & findings_visible_to(request.user))
    head = [
        _("代号"), _("专家"), _("工作单位"), _("申报编号"), _("申请"), _("规则"), _("程度"), _("依据"), _("核实"), _("发现时间"),
    ]  # fmt: skip
    lines = (
        [
            line.alias, line.expert.user.name, line.expert.organisation.name, bid.number or "", bid.title,
            f"{one.code} {RULES[one.code]}", one.get_severity_display(), one.evidence, _ruled(one), instant(one.found_at),
        ]
        for line in rows_of(row, found)
        for bid, findings in line.cells
        for one in findings
    )  # fmt: skip
    return csv_response("conflicts.csv", head, lines)


def _round(request: HttpRequest, pk: int) -> ReviewRound:
    query = rounds_visible_to(request.user).select_related("challenge__challenge_list__rule_set")
    row: ReviewRound = get_object_or_404(query.distinct(), pk=pk)
    if not sees_counts(request.user, row):
        raise Http404
    return row


def _actions(user: Any, rows: list[Any]) -> dict[int, list[Action]]:
    """Finding → what the reader may rule on it."""
    return {
        one.pk: actions_for(one.ruling, user)
        for line in rows
        for _bid, findings in line.cells
        for one in findings
        if hasattr(one, "ruling")
    }


def _ruled(one: ConflictFinding) -> str:
    return str(one.ruling.get_state_display()) if hasattr(one, "ruling") else ""
