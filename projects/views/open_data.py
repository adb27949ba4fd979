"""Open data: what rosters there are, and each as CSV, JSON and JSON Schema. The same for every reader."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.csv_stream import csv_response
from projects.models import Challenge
from projects.open_data.documents import json_lines, schema_of
from projects.open_data.roster import Roster
from projects.open_data.rosters import ROSTERS
from projects.queries import lists_visible_to


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "projects/open_data.html", {"rosters": ROSTERS.values(), "areas": Challenge.Field.choices})


@require_safe
def as_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    roster, number = _asked(request, name)
    return _for_everybody(csv_response(_file_name(roster, number, "csv"), roster.head, roster.cells(number)))


@require_safe
def as_json(request: HttpRequest, name: str) -> HttpResponseBase:
    roster, number = _asked(request, name)
    return _for_everybody(StreamingHttpResponse(json_lines(roster, number), content_type="application/json"))


@require_safe
def schema(request: HttpRequest, name: str) -> HttpResponseBase:
    answer = JsonResponse(
        schema_of(_roster(name)), json_dumps_params={"ensure_ascii": False, "indent": 1},
        content_type="application/schema+json",
    )  # fmt: skip
    return _for_everybody(answer)


def _roster(name: str) -> Roster:
    if name not in ROSTERS:
        raise Http404(_("没有这份名录，请从“开放数据”页选择。"))
    return ROSTERS[name]


def _asked(request: HttpRequest, name: str) -> tuple[Roster, str | None]:
    """The roster and the list it is narrowed to. A list that is not public does not exist."""
    roster, number = _roster(name), request.GET.get("list") or None
    if number is not None and ("\x00" in number or not lists_visible_to(None).filter(number=number).exists()):
        raise Http404(_("没有这个编号的公开榜单，请核对编号。"))
    return roster, number


def _file_name(roster: Roster, number: str | None, suffix: str) -> str:
    # A header holds no quotes and no Chinese; list numbers are ours, but not necessarily ASCII.
    of_list = f"-{number}" if number and number.isascii() and '"' not in number else ""
    return f"{roster.name}{of_list}.{suffix}"


def _for_everybody(answer: HttpResponseBase) -> HttpResponseBase:
    """Pages of other sites may read it: there is nothing in it for one reader alone."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
