"""An expert writes a question to a team while he reads; the secretary passes it on without his alias."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from review.forms import QuestionForm
from review.models import Assignment, DefenceQuestion, ReviewRound
from review.queries import sheets_visible_to
from workflows.defence_question import QuestionFlow
from workflows.engine import start
from workflows.panel_draw import rules_of_round
from workflows.refused import Refused


def may_ask(seat: Assignment, user: Any) -> bool:
    """Whether the page offers to ask; the flow decides. Joins `round__challenge__challenge_list__rule_set`."""
    in_preview = seat.round.state == ReviewRound.State.PREVIEW and rules_of_round(seat.round).defence
    return in_preview and seat.expert.user_id == user.pk


@login_required
def new(request: HttpRequest, pk: int, uuid: Any) -> HttpResponse:
    query = sheets_visible_to(request.user).filter(assignment__expert__user=request.user)  # type: ignore[misc]
    sheet = get_object_or_404(
        query.select_related("assignment__round__challenge__challenge_list__rule_set", "assignment__expert", "bid"),
        assignment=pk, bid__uuid=uuid,
    )  # fmt: skip
    if not may_ask(sheet.assignment, request.user):
        raise PermissionDenied(_("问题在预览期间书面提出；本轮不在预览期，或者不设答辩；请查看本轮所处阶段。"))
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = DefenceQuestion(assignment=sheet.assignment, bid=sheet.bid, text=form.cleaned_data["text"])
        try:
            start(QuestionFlow, row, by=request.user, text=row.text)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("问题已提交评审秘书，将不带代号转达申报方。"))
            return redirect(sheet.get_absolute_url())
    context = {"form": form, "sheet": sheet, "bid": sheet.bid}
    return render(request, "review/question_form.html", context, status=422 if form.is_bound else 200)
