"""What the pool's table can be narrowed by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.fields import TextField
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, Organisation, User
from projects.filters import Filter
from projects.models import Challenge
from review.affinity.disciplines import normalise_discipline
from review.credit import GRADES
from review.models import Expert
from review.pool.standing import STANDINGS


def _choices(choices: Any, empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *choices]


def _line(name: str) -> Func:
    """A list as one line, to look for a part of a word in."""
    return Func(F(name), Value("、"), function="array_to_string", output_field=TextField())


class ExpertFilter(Filter):
    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    seat_type = forms.ChoiceField(
        label=_("专家类型"), required=False, choices=_choices(Expert.SeatType.choices, _("全部类型"))
    )
    field = forms.ChoiceField(
        label=_("技术领域"), required=False, choices=_choices(Challenge.Field.choices, _("全部领域"))
    )
    discipline = forms.CharField(label=_("学科代码"), required=False, max_length=10)
    unit_kind = forms.ChoiceField(
        label=_("单位性质"), required=False, choices=_choices(Organisation.Kind.choices, _("全部单位"))
    )
    standing = forms.ChoiceField(
        label=_("状态"), required=False,
        choices=_choices([(value.value, label) for value, (label, _tone) in STANDINGS.items()], _("全部状态")),
    )  # fmt: skip
    grade = forms.ChoiceField(
        label=_("信誉等级"), required=False, choices=_choices([(g, g) for g in GRADES], _("全部等级"))
    )
    agency = forms.ModelChoiceField(
        label=_("专家库"), required=False, queryset=Agency.objects.none(), to_field_name="code", empty_label=_("全部")
    )

    def __init__(self, *args: Any, agencies: QuerySet[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Expert]) -> QuerySet[Expert]:
        """`rows` come from `with_standing`."""
        if text := self.value("q"):
            units = Organisation.objects.filter(name__icontains=text).order_by().values("pk")
            people = User.objects.filter(name__icontains=text).order_by().values("pk")
            rows = rows.alias(words=_line("keywords")).filter(
                Q(user__in=people) | Q(organisation__in=units) | Q(words__icontains=text)
            )
        for name, column in (("seat_type", "seat_type"), ("unit_kind", "organisation__kind"), ("agency", "agency"),
                             ("standing", "standing"), ("grade", "grade")):  # fmt: skip
            if value := self.value(name):
                rows = rows.filter(**{column: value})
        if field := self.value("field"):
            rows = rows.filter(fields__contains=[field])
        if (code := self._code()) is not None:
            # A discipline holds those below it.
            rows = rows.alias(codes=_line("discipline_codes")).filter(codes__regex=rf"(^|、){code}")
        return rows

    def _code(self) -> str | None:
        """Digits of a discipline, or None: what is no code does not narrow."""
        try:
            return normalise_discipline(self.value("discipline") or "")
        except ValueError:
            return None
