"""答辩: planned for a round, its time table as page and paper, a team's own slot with the questions to it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from attachments import store
from review.defence_queries import questions_visible_to, sessions_visible_to, slots_visible_to
from review.documents import render_slot, render_timetable
from review.forms import DefenceForm
from review.models import DefenceSession, DefenceSlot, ReviewRound
from review.queries import rounds_visible_to
from workflows.actions import actions_for
from workflows.defence import DefenceSessionFlow
from workflows.engine import start
from workflows.panel_draw import rules_of_round
from workflows.refused import Refused
from workflows.views import record_context

RELATED = ("round__challenge__challenge_list__agency__organisation", "round__challenge__challenge_list__rule_set",
           "round__secretary")  # fmt: skip


def may_plan_defence(user: Any, row: ReviewRound) -> bool:
    """Whether the round's page offers it. Joins `challenge__challenge_list__rule_set`."""
    if not rules_of_round(row).defence or row.state not in (ReviewRound.State.CONFIRMED, ReviewRound.State.PREVIEW):
        return False
    if row.defences.exclude(state=DefenceSession.State.CANCELLED).exists():
        return False
    return bool(DefenceSessionFlow.start_permission(DefenceSessionFlow(DefenceSession(round=row), by=user), user))


@login_required
def new(request: HttpRequest, pk: int) -> HttpResponse:
    query = rounds_visible_to(request.user).select_related("challenge__challenge_list__rule_set")
    row = get_object_or_404(query.distinct(), pk=pk)
    if not may_plan_defence(request.user, row):
        raise PermissionDenied(_("答辩由评审秘书或经办人在名单确认之后、评分开始之前安排，每轮一场，请由其办理。"))
    rules = rules_of_round(row)
    talk, questions = rules.defence_minutes
    form = DefenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        session = DefenceSession(
            round=row, talk_minutes=talk, question_minutes=questions, buffer_minutes=rules.defence_buffer,
            persons=rules.defence_persons, **form.cleaned_data,
        )  # fmt: skip
        try:
            start(DefenceSessionFlow, session, by=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            return redirect(session.get_absolute_url())
    context = {"form": form, "round": row, "rules": rules, "talk": talk, "questions": questions}
    return render(request, "review/defence_form.html", context, status=422 if form.is_bound else 200)


def _session(request: HttpRequest, pk: int) -> DefenceSession:
    found: DefenceSession = get_object_or_404(
        sessions_visible_to(request.user).select_related(*RELATED).distinct(), pk=pk
    )
    return found


def _slots(session: DefenceSession) -> list[DefenceSlot]:
    return list(session.slots.select_related("bid__organisation", "bid__pi").order_by("position"))


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    session = _session(request, pk)
    questions = questions_visible_to(request.user).filter(assignment__round=session.round)
    asked: dict[int, list[Any]] = {}
    for question in questions.select_related("assignment__round", "bid__challenge__challenge_list").order_by(
        "no", "pk"
    ):
        asked.setdefault(question.bid_id, []).append((question, actions_for(question, request.user)))  # type: ignore[arg-type]
    context = {
        **record_context(session, request.user),
        "round": session.round,
        "slots": [
            (slot, actions_for(_with(slot, session), request.user), asked.get(slot.bid_id, []))  # type: ignore[arg-type]
            for slot in _slots(session)
        ],
        "shows_seed": session.state in (DefenceSession.State.HELD, DefenceSession.State.CANCELLED),
    }
    return render(request, "review/defence_detail.html", context)


def _with(slot: DefenceSlot, session: DefenceSession) -> DefenceSlot:
    """The session as it was read, so that asking for each slot's actions costs no query."""
    slot.session = session
    return slot


@login_required
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole time table, for the door of the room and for the panel."""
    session = _session(request, pk)
    headers = {"Content-Disposition": store.content_disposition(f"答辩日程 {session.round}.pdf")}
    return HttpResponse(render_timetable(session, _slots(session)), content_type="application/pdf", headers=headers)


def _slot(request: HttpRequest, pk: int) -> DefenceSlot:
    related = [f"session__{path}" for path in RELATED]
    query = slots_visible_to(request.user).select_related(*related, "bid__pi", "bid__organisation", "bid__challenge")
    found: DefenceSlot = get_object_or_404(query.distinct(), pk=pk)
    return found


@login_required
@require_safe
def slot(request: HttpRequest, pk: int) -> HttpResponse:
    """A team's own time: when, where, who comes, what it was asked."""
    found = _slot(request, pk)
    questions = questions_visible_to(request.user).filter(bid=found.bid_id, assignment__round=found.session.round_id)
    asked = questions.filter(no__isnull=False).select_related("assignment__round", "bid").order_by("no")
    context = {
        **record_context(found, request.user),
        "session": found.session,
        "bid": found.bid,
        "questions": [(question, actions_for(question, request.user)) for question in asked],  # type: ignore[arg-type]
    }
    return render(request, "review/defence_slot.html", context)


@login_required
@require_safe
def slot_paper(request: HttpRequest, pk: int) -> HttpResponse:
    found = _slot(request, pk)
    headers = {"Content-Disposition": store.content_disposition(f"答辩通知 {found.bid.number}.pdf")}
    return HttpResponse(render_slot(found), content_type="application/pdf", headers=headers)
