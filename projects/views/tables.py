"""A table that can be narrowed, ordered and taken along as CSV: the same rows for the same address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from config.csv_stream import csv_response
from config.paging import page_of, sorted_by
from config.templatetags.jiebang import instant
from projects.case_filters import CaseFilter


@dataclass(frozen=True)
class Table:
    """`sorts`: name in the address → column. `columns`: heading and field; `a__b` goes on to what is joined."""

    name: str
    filter: type[CaseFilter]
    sorts: Mapping[str, str]
    columns: tuple[tuple[Any, str], ...]
    default: str = "-newest"

    def answer(self, request: HttpRequest, rows: QuerySet[Any], *, as_csv: bool) -> HttpResponseBase:
        """`rows`: what this reader may see, with what `columns` read joined."""
        form = self.filter(request.GET)
        found = sorted_by(form.apply(rows), request, {"newest": "pk", **self.sorts}, self.default)
        if as_csv:
            head = [str(heading) for heading, _field in self.columns]
            return csv_response(f"{self.name}.csv", head, map(self._cells, found.iterator(chunk_size=500)))
        context = {"form": form, "page": page_of(found, request), "csv_url": f"{self.name}_csv", "index_url": self.name}
        return render(request, f"projects/{self.name}.html", context)

    def _cells(self, row: Any) -> Iterable[Any]:
        return [_shown(row, field) for _heading, field in self.columns]


def _shown(row: Any, path: str) -> Any:
    """Choices by their label, instants and days as the page shows them, nothing as an empty cell."""
    *parents, name = path.split("__")
    for parent in parents:
        row = getattr(row, parent)
    if display := getattr(row, f"get_{name}_display", None):
        return display()
    found = getattr(row, name)
    return "" if found is None else instant(found) if isinstance(found, datetime) else found
