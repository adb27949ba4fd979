"""What a column may hold: how its values look in JSON, in a CSV cell, and in the JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workflows.clock import SHANGHAI


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Type:
    """`schema` is a JSON Schema fragment that every value of `as_json` satisfies; None never gets here."""

    schema: dict[str, Any]
    as_json: Callable[[Any], Any] = _as_it_is
    as_cell: Callable[[Any], Any] = _as_it_is


def _iso_instant(value: datetime) -> str:
    """Shanghai's time with its offset, to the second."""
    return value.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _shown_instant(value: datetime) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def plain_decimal(value: Decimal) -> str:
    """Without trailing zeros, exponent or thousands marks: 95.5000 → 95.5"""
    return f"{value.normalize():f}"


TEXT = Type({"type": "string"})
COUNT = Type({"type": "integer", "minimum": 0})
DAY = Type({"type": "string", "format": "date"}, date.isoformat, date.isoformat)
INSTANT = Type({"type": "string", "format": "date-time"}, _iso_instant, _shown_instant)
DECIMAL = Type({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, plain_decimal, plain_decimal)
FLAG = Type({"type": "boolean"}, bool, lambda value: "是" if value else "否")
ADDRESS = Type({"type": "string", "format": "uri"})
DIGEST = Type({"type": "string", "pattern": "^[0-9a-f]{64}$"})
TARGETS_BY_STAGE = Type({"type": "object", "additionalProperties": {"type": "string"}})


def code_of(choices: Any) -> Type:
    """One of a `TextChoices`' values."""
    return Type({"type": "string", "enum": list(choices.values)}, str, str)
