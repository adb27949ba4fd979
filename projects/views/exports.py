"""Open data: a public list with its challenges and indicators as CSV and JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from config.csv_stream import csv_response
from config.templatetags.jiebang import instant, number, shown_target, wan
from projects.disclosure import may_see_demander
from projects.models import Challenge
from projects.queries import challenges_visible_to, lists_visible_to


def _rows(request: HttpRequest, number_: str) -> tuple[Any, list[Challenge]]:
    row = get_object_or_404(
        lists_visible_to(request.user).select_related("agency__organisation", "rule_set"), number=number_
    )
    challenges = challenges_visible_to(request.user).filter(challenge_list=row)
    return row, list(challenges.select_related("demander", "challenge_list").prefetch_related("indicators"))


def _demander(user: Any, challenge: Challenge) -> str:
    return challenge.demander.name if may_see_demander(user, challenge) else ""


def list_csv(request: HttpRequest, number: str) -> StreamingHttpResponse:
    """One line per challenge; UTF-8 with mark, so that WPS and Excel open it directly."""
    row, challenges = _rows(request, number)
    head = [
        _("榜单编号"), _("榜题编号"), _("榜题名称"), _("技术领域"), _("需求方"), _("榜金（万元）"), _("实施期限（月）"), _("状态"),
        _("揭榜截止"), _("考核指标"),
    ]  # fmt: skip
    lines = [
        [
            row.number, c.number, c.title, c.get_field_display(), _demander(request.user, c), wan(c.cap_yuan), c.months,
            c.get_state_display(), instant(row.bid_close_at),
            "；".join(f"{i.name} {shown_target(i)}" for i in c.indicators.all()),
        ]
        for c in challenges
    ]  # fmt: skip
    # A header holds no quotes and no Chinese; list numbers are ours, but not necessarily ASCII.
    name = row.number if row.number.isascii() and '"' not in row.number else f"list-{row.pk}"
    return csv_response(f"{name}.csv", head, lines)


def list_json(request: HttpRequest, number: str) -> JsonResponse:
    """The same facts with types kept: yuan as integers, instants in ISO 8601, targets as decimal strings."""
    row, challenges = _rows(request, number)
    return JsonResponse(
        {
            "number": row.number,
            "title": row.title,
            "agency": row.agency.organisation.name,
            "mode": row.rule_set.mode,
            "state": row.state,
            "published_at": row.published_at,
            "bid_close_at": row.bid_close_at,
            "challenges": [_challenge(request.user, c) for c in challenges],
        },
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _challenge(user: Any, c: Challenge) -> dict[str, Any]:
    return {
        "number": c.number,
        "title": c.title,
        "field": c.field,
        "demander": _demander(user, c) or None,
        "cap_yuan": c.cap_yuan,
        "months": c.months,
        "lanes": c.lanes,
        "state": c.state,
        "background": c.background,
        "content": c.content,
        "indicators": [
            {
                "no": i.no, "name": i.name, "comparator": i.comparator, "target": number(i.target).replace(",", ""),
                "target_high": None if i.target_high is None else number(i.target_high).replace(",", ""), "unit": i.unit, "is_must": i.is_must,
                "check_method": i.check_method, "evidence": i.evidence, "milestone_values": i.milestone_values,
            }
            for i in c.indicators.all()
        ],
    }  # fmt: skip
