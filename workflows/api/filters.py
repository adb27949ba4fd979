"""Filters and ordering by allow-list: a view names what may be asked, everything else is an error.

A typo in a filter must not silently return everything, so an unknown parameter is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from workflows.wording import listed

PAGING = {"page", "page_size"}


@dataclass(frozen=True)
class Choice:
    """One or several values of a choice, separated by commas."""

    lookup: str
    choices: Any

    def condition(self, name: str, value: str, reader: Any) -> Q:
        wanted = value.split(",")
        if unknown := sorted(set(wanted) - set(self.choices.values)):
            raise ValidationError({name: _("没有此选项：%s；请改用接口文档列出的选项。") % listed(unknown)})
        return Q(**{f"{self.lookup}__in": wanted})

    def schema(self) -> dict[str, Any]:
        pattern = "|".join(self.choices.values)
        return {"type": "string", "pattern": f"^({pattern})(,({pattern}))*$"}


@dataclass(frozen=True)
class Exact:
    """One value. `kind` is `str` or `int`."""

    lookup: str
    kind: type = str

    def condition(self, name: str, value: str, reader: Any) -> Q:
        if self.kind is int and not re.fullmatch(r"[0-9]{1,9}", value):
            raise ValidationError({name: _("应为整数，请改正。")})
        return Q(**{self.lookup: self.kind(value)})

    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if self.kind is int else "string"}


@dataclass(frozen=True)
class Text:
    """A word looked for in several columns. Name only columns that every reader of the rows may see."""

    lookups: tuple[str, ...]

    def condition(self, name: str, value: str, reader: Any) -> Q:
        found = Q()
        for lookup in self.lookups:
            found |= Q(**{f"{lookup}__icontains": value})
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 100}


class AllowListFilter(BaseFilterBackend):
    """Reads `filters` (name → Choice, Exact, Text) and `orderings` (name → column) of the view."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        asked = request.query_params
        known = {*view.filters, "ordering", *PAGING}
        if unknown := sorted(set(asked) - known):
            raise ValidationError({name: _("没有这个查询参数；请对照接口文档删去或改正。") for name in unknown})
        for name, wanted in view.filters.items():
            value = asked.get(name, "")
            if "\x00" in value or len(value) > 200:
                raise ValidationError({name: _("查询值无效；请对照接口文档改正。")})
            if value:
                queryset = queryset.filter(wanted.condition(name, value, request.user))
        return self._ordered(queryset, asked.get("ordering", ""), view)

    def _ordered(self, queryset: QuerySet[Any], asked: str, view: Any) -> QuerySet[Any]:
        names = asked.split(",") if asked else list(view.default_ordering)
        columns = []
        for name in names:
            column = view.orderings.get(name.removeprefix("-"))
            if column is None:
                raise ValidationError({"ordering": _("不能按“%s”排序；请改用接口文档列出的排序字段。") % name})
            columns.append(f"-{column}" if name.startswith("-") else column)
        # The key last: pages of rows with equal values must not overlap.
        return queryset.order_by(*columns, "-pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        found = [
            {"name": name, "in": "query", "required": False, "schema": wanted.schema()}
            for name, wanted in view.filters.items()
        ]
        ways = [sign + name for name in view.orderings for sign in ("", "-")]
        if ways:
            found.append(
                {
                    "name": "ordering",
                    "in": "query",
                    "required": False,
                    "schema": {"type": "string", "enum": ways},
                }
            )
        return found
