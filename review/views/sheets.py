"""One bid beside its score sheet: read, score, save drafts on the way, hand in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from review.defence_queries import questions_visible_to
from review.models import ScoreSheet
from review.queries import bids_for_review, sheets_visible_to
from review.sheet_openings import note_opening
from review.views.questions import may_ask
from workflows import clock
from workflows.actions import Action, actions_for
from workflows.engine import perform
from workflows.refused import Refused
from workflows.score_sheet import PREFIX, ScoreSheetFlow, criteria_of, scores_so_far
from workflows.timeline import timeline
from workflows.views import posted_inputs

UNPROCESSABLE = 422
UNFINISHED = ["EMPTY", "DRAFT", "RETURNED"]


def _sheet(request: HttpRequest, pk: int, uuid: Any) -> ScoreSheet:
    """The person's own sheet, or 404."""
    query = sheets_visible_to(request.user).select_related(
        "assignment__round__challenge__challenge_list__agency", "assignment__expert__user",
        "bid__organisation", "bid__pi", "bid__challenge",
    )  # fmt: skip
    own = query.filter(assignment__expert__user=request.user).distinct()  # type: ignore[misc]
    found: ScoreSheet = get_object_or_404(own, assignment=pk, bid__uuid=uuid)
    return found


def _action(sheet: ScoreSheet, user: Any, slug: str) -> Action | None:
    return next((action for action in actions_for(sheet, user) if action.slug == slug), None)


@login_required
def sheet(request: HttpRequest, pk: int, uuid: Any) -> HttpResponse:
    found = _sheet(request, pk, uuid)
    note_opening(found)
    submit = _action(found, request.user, "submit") or _action(found, request.user, "amend")
    form = submit.form_class() if submit else None
    sentences: list[str] = []
    if request.method == "POST" and submit is not None:
        try:
            perform(
                ScoreSheetFlow, found, submit.slug, by=request.user,  # type: ignore[arg-type]
                **posted_inputs(request, submit.form_class),
            )  # fmt: skip
        except Refused as refusal:
            form = submit.form_class(request.POST)
            sentences = _explain(form, refusal)
        else:
            messages.success(request, _("已提交对“%s”的评分。") % found.bid.title)
            return redirect(_onward(found))
    context = {**_page(request, found), "form": form, "submit": submit, "sentences": sentences}
    return render(
        request, "review/sheet.html", context, status=UNPROCESSABLE if sentences or _has_errors(form) else 200
    )


def _has_errors(form: Any) -> bool:
    return form is not None and form.is_bound and bool(form.errors)


def _explain(form: Any, refusal: Refused) -> list[str]:
    """Errors at their fields; sentences above only for what belongs to no field."""
    form.is_valid()
    for name, errors in refusal.fields.items():
        if name in form.fields and not form.errors.get(name):
            form.add_error(name, errors)
    return [] if refusal.fields and set(refusal.fields) <= set(form.fields) else refusal.sentences


def _onward(found: ScoreSheet) -> str:
    """To the next bid that waits, else back to the task."""
    following = found.assignment.sheets.filter(state__in=UNFINISHED).exclude(pk=found.pk).select_related("bid").first()
    return str(following.get_absolute_url() if following else found.assignment.get_absolute_url())


def _page(request: HttpRequest, found: ScoreSheet) -> dict[str, Any]:
    bid = found.bid
    points = scores_so_far(found)
    answers = {r.indicator_id: r for r in bid.responses.all()}
    siblings = list(found.assignment.sheets.select_related("bid").order_by("bid"))
    at = next(n for n, row in enumerate(siblings) if row.pk == found.pk)
    return {
        "object": found,
        "bid": bid,
        "round": found.assignment.round,
        "criteria": [(c, PREFIX + c.code.lower(), points.get(c.code)) for c in criteria_of(found) if not c.veto],
        "answers": [(i, answers.get(i.pk)) for i in bid.challenge.indicators.all()],
        "partners": bid.partners.select_related("organisation"),
        "may_read": bids_for_review(request.user).filter(pk=bid.pk).exists(),
        "siblings": siblings,
        "previous": siblings[at - 1] if at else None,
        "following": siblings[at + 1] if at + 1 < len(siblings) else None,
        "timeline": timeline(found, request.user),
        "confirm": _action(found, request.user, "confirm"),
        "takes_questions": may_ask(found.assignment, request.user),
        "questions": questions_visible_to(request.user)
        .filter(bid=bid, assignment__round=found.assignment.round_id)
        .select_related("assignment__expert"),
    }


@login_required
@require_POST
def save_draft(request: HttpRequest, pk: int, uuid: Any) -> HttpResponse:
    """What the page sends by itself after every pause in typing; answers with one line for the status bar."""
    found = _sheet(request, pk, uuid)
    save = _action(found, request.user, "save_draft")
    if save is None:
        raise PermissionDenied
    try:
        perform(
            ScoreSheetFlow, found, "save_draft", by=request.user,  # type: ignore[arg-type]
            **posted_inputs(request, save.form_class),
        )  # fmt: skip
    except Refused as refusal:
        return render(request, "review/_draft_state.html", {"sentences": refusal.sentences}, status=UNPROCESSABLE)
    return render(request, "review/_draft_state.html", {"saved_at": clock.now()})
