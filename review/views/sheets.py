"""One bid beside its score sheet: read, score, hand in. What is typed on the way is saved by `sheet_cells`."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from attachments.models import Attachment
from attachments.queries import stored_files
from review.defence_queries import questions_visible_to
from review.models import ScoreItem, ScoreSheet
from review.queries import bids_for_review
from review.reading_order import in_reading_order
from review.scoring.own_scores import totals
from review.sheet_openings import note_opening
from review.views.documents import SHOWN_TYPES, shown_files
from review.views.questions import may_ask
from review.views.sheet_cells import own_sheet
from review.views.sheet_words import words
from workflows import clock
from workflows.actions import Action, actions_for
from workflows.engine import perform
from workflows.refused import Refused
from workflows.score_sheet import ScoreSheetFlow, criteria_of
from workflows.sheet_checks import BAND, PREFIX, VETO
from workflows.sheet_drafts import as_text, next_seq, note_document_opened
from workflows.sheet_writing import texts_of
from workflows.timeline import timeline
from workflows.views import posted_inputs

UNPROCESSABLE = 422
UNFINISHED = ("EMPTY", "DRAFT", "RETURNED")


def _actions(sheet: ScoreSheet, user: Any) -> dict[str, Action]:
    """By slug; each asks the database whether its conditions hold, so a page asks once."""
    return {action.slug: action for action in actions_for(sheet, user)}


@login_required
@never_cache  # going back shows what is stored, not what a cache still has
def sheet(request: HttpRequest, pk: int, uuid: Any) -> HttpResponse:
    found = own_sheet(request, pk, uuid)
    note_opening(found)
    actions = _actions(found, request.user)
    submit = actions.get("submit") or actions.get("amend")
    form = _as_typed(found, submit.form_class) if submit else None
    sentences: list[str] = []
    if request.method == "POST" and submit is not None:
        try:
            _refuse_what_was_not_seen(request, found)
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
    context = {**_page(request, found, form, actions), "form": form, "submit": submit, "sentences": sentences}
    failed = form is not None and form.is_bound and bool(form.errors)
    return render(request, "review/sheet.html", context, status=UNPROCESSABLE if sentences or failed else 200)


def _as_typed(found: ScoreSheet, form_class: type[forms.Form]) -> forms.Form:
    """The form as it was left, what could not be taken over with its fault."""
    form = form_class(initial=texts_of(found, form_class))
    for cell in found.cells.exclude(fault=""):
        if cell.path in form.fields:
            form.errors[cell.path] = form.error_class([cell.fault])
    return form


def _refuse_what_was_not_seen(request: HttpRequest, found: ScoreSheet) -> None:
    """A window hands in what it shows; what another one has written since must not be lost by it."""
    seen = request.POST.get("seen_seq", "")
    if not seen.isdecimal() or len(seen) > 17:
        return
    newer = [cell for cell in found.cells.filter(seq__gt=int(seen)) if request.POST.get(cell.path, "") != cell.text]
    if newer:
        sentence = _("另一个窗口刚刚改动了这一项，改为“%s”。请核对后再提交。")
        faults = {cell.path: [sentence % cell.text] for cell in newer}
        raise Refused("stale", [_("另一个窗口刚刚改动了这份评分表，请核对后再提交。")], faults)


def _explain(form: Any, refusal: Refused) -> list[str]:
    """Errors at their fields; sentences above only for what belongs to no field."""
    form.is_valid()
    for name, errors in refusal.fields.items():
        if name in form.fields and not form.errors.get(name):
            form.add_error(name, errors)
    return [] if refusal.fields and set(refusal.fields) <= set(form.fields) else refusal.sentences


def siblings_of(found: ScoreSheet) -> list[ScoreSheet]:
    """This sheet and all others of the seat that stand, in this expert's own order."""
    rows = found.assignment.sheets.filter(~Q(state=ScoreSheet.State.VOID) | Q(pk=found.pk)).select_related("bid")
    return in_reading_order(rows, found.assignment_id, lambda row: row.bid.uuid)


def _onward(found: ScoreSheet) -> str:
    """To the next bid that waits, from here to the end and then from the beginning; else back to the task."""
    rows = siblings_of(found)
    at = next(n for n, row in enumerate(rows) if row.pk == found.pk)
    waiting = [row for row in rows[at + 1 :] + rows[:at] if row.state in UNFINISHED]
    return str(waiting[0].get_absolute_url() if waiting else found.assignment.get_absolute_url())


def _page(
    request: HttpRequest, found: ScoreSheet, form: forms.Form | None, actions: dict[str, Action]
) -> dict[str, Any]:
    bid = found.bid
    items = {item.criterion: item for item in found.items.all()}
    answers = {r.indicator_id: r for r in bid.responses.all()}
    siblings = siblings_of(found)
    at = next(n for n, row in enumerate(siblings) if row.pk == found.pk)
    may_read = bids_for_review(request.user).filter(pk=bid.pk).exists()
    documents = shown_files(found) if may_read else []
    if may_read and not any(file.slot == Attachment.Slot.PROPOSAL for file in documents):
        note_document_opened(found, clock.now())  # the text on the page is all there is
    return {
        "object": found,
        "bid": bid,
        "step_back": actions.get("step_back"),
        "round": found.assignment.round,
        "criteria": [(c, items.get(c.code)) for c in criteria_of(found) if not c.veto],
        "grounds": [dict(ScoreSheet.VetoGround.choices).get(ground, _("未分项")) for ground in found.veto_grounds],
        "rows": _rows(found, form) if form else [],
        "vetoes": [bound for bound in form if bound.name.startswith(VETO) and bound.name != "veto_reason"] if form else [],
        "befores": texts_of(found, type(form)).items() if form else [],
        "seq": next_seq(found) - 1,
        "words": words(),
        "answers": [(i, answers.get(i.pk)) for i in bid.challenge.indicators.all()],
        "partners": bid.partners.select_related("organisation"),
        "may_read": may_read,
        "documents": documents,
        "other_files": stored_files(bid).exclude(content_type__in=SHOWN_TYPES) if may_read else [],
        "siblings": siblings,
        "previous": siblings[at - 1] if at else None,
        "following": siblings[at + 1] if at + 1 < len(siblings) else None,
        "timeline": timeline(found, request.user),
        "confirm": actions.get("confirm"),
        "takes_questions": may_ask(found.assignment, request.user),
        "questions": questions_visible_to(request.user)
        .filter(bid=bid, assignment__round=found.assignment.round_id)
        .select_related("assignment__expert"),
    }  # fmt: skip


def _rows(found: ScoreSheet, form: forms.Form) -> list[dict[str, Any]]:
    """One criterion each, with the points that this expert has given to other bids; last the totals."""
    others: dict[int, dict[str, Decimal]] = defaultdict(dict)
    own = ScoreItem.objects.filter(sheet__assignment=found.assignment_id).exclude(sheet=found.pk)
    for sheet_pk, code, value in own.values_list("sheet", "criterion", "value"):
        others[sheet_pk][code] = value
    criteria = [c for c in criteria_of(found) if not c.veto]
    rows: list[dict[str, Any]] = [
        {
            "criterion": criterion,
            "score": form[PREFIX + criterion.code.lower()],
            "band": form[BAND + criterion.code.lower()] if criterion.bands else None,
            "others": _listed(row[criterion.code] for row in others.values() if criterion.code in row),
        }
        for criterion in criteria
    ]
    return [*rows, {"others": _listed(totals(others, [c.code for c in criteria]).values())}]


def _listed(values: Any) -> str:
    return " ".join(as_text(value) for value in sorted(values))
