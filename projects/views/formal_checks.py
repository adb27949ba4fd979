"""The formal check of one bid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from projects.models import FormalCheck
from projects.queries import bids_checked_by, duplicate_checks_visible_to, formal_checks_visible_to
from projects.views.duplicates import matches_shown_to
from projects.views.reconsiderations import step_of_open
from workflows.formal_check_items import LABELS
from workflows.formal_check_notes import shown_note
from workflows.timeline import knows_officers
from workflows.views import record_context


def _duplicates(user: Any, check: FormalCheck) -> dict[str, Any]:
    """What the comparison with other bids has found, for those who check."""
    found = duplicate_checks_visible_to(user).filter(bid=check.bid_id).select_related("bid").first()
    matches = matches_shown_to(user, found)[:3] if found is not None and found.compared_at else []
    return {"comparison": found, "matches": matches, "compares": bids_checked_by(user).filter(pk=check.bid_id).exists()}


@dataclass(frozen=True)
class Line:
    """One ground of refusal: found or not (None: nobody has judged it yet), and whether a person says so."""

    code: str
    name: str
    note: str
    found: bool | None
    by_person: bool


def _lines(check: FormalCheck) -> list[Line]:
    """Every ground F01–F12, those that only a person can judge and those that the officer alone has found included."""
    items = {item.code: item for item in check.items.all()}
    lines = []
    for code, name in LABELS.items() if items else ():
        item, cited = items.get(code), code in check.reason_codes
        if item is None:
            found = cited if check.result else None
            lines.append(Line(code, str(name), "", found, by_person=True))
        else:
            lines.append(
                Line(code, str(name), shown_note(item.note), cited or not item.passed, by_person=cited and item.passed)
            )
    return lines


@login_required
def detail(request: HttpRequest, uuid: Any) -> HttpResponse:
    query = formal_checks_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__rule_set", "bid__organisation", "bid__pi", "checked_by", "confirmed_by"
    )
    check = get_object_or_404(query, bid__uuid=uuid)
    context = {
        **record_context(check, request.user),
        "bid": check.bid,
        "lines": _lines(check),
        "names": LABELS,
        "knows_officers": knows_officers(check, request.user),
        **_duplicates(request.user, check),
    }
    context["next_step"] = context["next_step"] or step_of_open(request.user, check.bid)
    return render(request, "projects/formal_check.html", context)
