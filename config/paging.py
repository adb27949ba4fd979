"""Pages of a list without counting: one row more than asked tells whether there is a next page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

RowT = TypeVar("RowT", bound=Model)
SIZE = 50
#: Beyond this nobody leafs; they filter. Keeps the offset, and so the query, bounded.
LAST_PAGE = 400


@dataclass(frozen=True)
class Page(Generic[RowT]):
    rows: list[RowT]
    number: int
    size: int
    has_next: bool

    def __iter__(self) -> Iterator[RowT]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def page_of(query: QuerySet[Any], request: HttpRequest, size: int = SIZE) -> Page[Any]:
    """The page named by `?page=`; one SQL query."""
    given = request.GET.get("page", "1")
    number = min(max(int(given), 1), LAST_PAGE) if given.isdecimal() else 1
    start = (number - 1) * size
    rows = list(query[start : start + size + 1])
    return Page(rows[:size], number, size, len(rows) > size)


def sorted_by(query: QuerySet[Any], request: HttpRequest, columns: dict[str, str], default: str) -> QuerySet[Any]:
    """Order by `?sort=`: a name of `columns`, with `-` in front for descending; ties by newest."""
    given = request.GET.get("sort", default)
    name = given.removeprefix("-")
    if name not in columns:
        given, name = default, default.removeprefix("-")
    descending = given.startswith("-")
    return query.order_by(("-" if descending else "") + columns[name], "-pk")
