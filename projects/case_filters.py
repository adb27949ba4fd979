"""Filters of the queues: notices, objections, extensions, reconsiderations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from projects.filters import Filter
from projects.models import BidExtension, Objection, PublicNotice, Reconsideration


def _states(states: Iterable[Any]) -> forms.ChoiceField:
    choices = [("", _("全部状态")), *((state.value, state.label) for state in states)]
    return forms.ChoiceField(label=_("状态"), required=False, choices=choices)


class CaseFilter(Filter):
    """A word in one of `searched`, and a state."""

    searched: ClassVar[tuple[str, ...]] = ()
    exact: ClassVar[tuple[str, ...]] = ("state",)

    q = forms.CharField(label=_("关键词"), required=False, max_length=60)

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if text := self.value("q"):
            word = Q()
            for name in self.searched:
                word |= Q(**{f"{name}__icontains": text})
            rows = rows.filter(word)
        return rows.filter(**{name: value for name in self.exact if (value := self.value(name))})


class NoticeFilter(CaseFilter):
    searched = ("number", "title")
    exact = ("state", "kind")

    kind = forms.ChoiceField(label=_("类别"), required=False, choices=[("", _("全部类别")), *PublicNotice.Kind.choices])
    # Before it is published it has no reader outside.
    state = _states(PublicNotice.PUBLIC_STATES)


class ObjectionFilter(CaseFilter):
    #: Never by its author, whom hardly anybody may know.
    searched = ("number", "notice__title", "notice__number")

    state = _states(Objection.State)


class ExtensionFilter(CaseFilter):
    searched = ("number", "bid__title", "bid__organisation__name")

    state = _states(BidExtension.State)


class ReconsiderationFilter(CaseFilter):
    searched = ("number", "bid__title", "bid__organisation__name")

    state = _states(Reconsideration.State)
