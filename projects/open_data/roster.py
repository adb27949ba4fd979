"""A roster's columns, told once: the CSV's head and cells, the JSON's keys and the schema come from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from projects.open_data.types import Type
from workflows.official import official

Getter = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """`key` names it in JSON, `head` (Chinese) in CSV; both are promises: never renamed, only added to.

    `may_be_empty`: the value may be unknown or withheld, null in JSON and an empty cell in CSV.
    """

    key: str
    head: Any
    says: Any
    type: Type
    get: Getter
    may_be_empty: bool = False

    def value(self, row: Any) -> Any:
        found = self.get(row)
        return None if found is None or (self.may_be_empty and found == "") else self.type.as_json(found)

    def cell(self, row: Any) -> Any:
        found = self.get(row)
        return "" if found is None else self.type.as_cell(found)

    @property
    def type_name(self) -> str:
        """For people: what they find in the column."""
        return str(self.type.schema.get("format") or self.type.schema["type"])

    @property
    def codes(self) -> list[str]:
        return list(self.type.schema.get("enum", ()))


@dataclass(frozen=True)
class Roster:
    """`rows(number)` yields what the public may read, of one list when `number` is given, in a stable order."""

    name: str
    title: Any
    says: Any
    columns: tuple[Column, ...]
    rows: Callable[[str | None], Iterable[Any]]

    @cached_property
    def head(self) -> list[str]:
        """The CSV's first line: Chinese, whatever language the reader has chosen."""
        return [official(column.head) for column in self.columns]

    def cells(self, number: str | None) -> Iterable[list[Any]]:
        return ([column.cell(row) for column in self.columns] for row in self.rows(number))

    def records(self, number: str | None) -> Iterable[dict[str, Any]]:
        return (record(self.columns, row) for row in self.rows(number))


def record(columns: tuple[Column, ...], row: Any) -> dict[str, Any]:
    return {column.key: column.value(row) for column in columns}


def row_schema(columns: tuple[Column, ...]) -> dict[str, Any]:
    """Every key is always there; none that the table does not name."""
    return {
        "type": "object",
        "properties": {column.key: _column_schema(column) for column in columns},
        "required": [column.key for column in columns],
        "additionalProperties": False,
    }


def _column_schema(column: Column) -> dict[str, Any]:
    about = {"title": official(column.head), "description": official(column.says)}
    if not column.may_be_empty:
        return {**about, **column.type.schema}
    return {**about, "anyOf": [column.type.schema, {"type": "null"}]}


def table_of(columns: tuple[Column, ...], shown: Callable[[Any], str]) -> Type:
    """A column that holds rows of its own; a CSV cell shows them in one line."""
    return Type(
        {"type": "array", "items": row_schema(columns)},
        lambda rows: [record(columns, row) for row in rows],
        lambda rows: "；".join(shown(row) for row in rows),
    )
