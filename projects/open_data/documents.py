"""A roster as a JSON document, piece by piece, and the JSON Schema (draft 2020-12) it keeps to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse

from projects.open_data.roster import Roster, row_schema
from projects.open_data.types import INSTANT
from workflows import clock
from workflows.official import official

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_address(roster: Roster) -> str:
    return settings.PUBLIC_URL + reverse("open_schema", args=[roster.name])


def json_lines(roster: Roster, number: str | None) -> Iterator[str]:
    """The head, one line per row, the end: neither side ever holds the whole document."""
    head = {
        "schema": schema_address(roster),
        "roster": roster.name,
        "list": number,
        "generated_at": INSTANT.as_json(clock.now()),
    }
    yield _json(head)[:-1] + ', "rows": ['
    between = "\n"
    for row in roster.records(number):
        yield between + _json(row)
        between = ",\n"
    yield "\n]}\n"


def schema_of(roster: Roster) -> dict[str, Any]:
    properties = {
        "schema": {"const": schema_address(roster)},
        "roster": {"const": roster.name},
        "list": {"type": ["string", "null"], "description": official("按榜单筛选时为榜单编号，否则为空")},
        "generated_at": INSTANT.schema,
        "rows": {"type": "array", "items": row_schema(roster.columns)},
    }
    return {
        "$schema": DIALECT,
        "$id": schema_address(roster),
        "title": official(roster.title),
        "description": official(roster.says),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
