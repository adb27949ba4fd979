"""What people type into a transition's form: plausible values, and garbage of every kind a request can carry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from hypothesis import find
from hypothesis import strategies as st

from workflows.acceptance_conditions import PanelField
from workflows.clock import SHANGHAI

TEXT = (
    "经集体研究并核对原始材料，情况属实，程序合规，意见一致，同意按本结论办理，有关依据和记录已经归档备查，请各方知悉。"
)
PANEL = "\n".join(f"专家{name} 第{name}大学" for name in "甲乙丙丁戊")
#: As JSON or a posted form can hold it. Lone surrogates and NaN are stopped by the parser of bodies.
JUNK: tuple[Any, ...] = (
    None, "", " ", "无", "\x00", "a\x00b", "长" * 6000, "-1", -1, 0, 3.5, 10**30, "1e400", "-1e-400", "NaN",
    "Infinity", "9" * 400, "2026-13-45", "2026-06-15 25:61", "0001-01-01", "9999-12-31 23:59", "10000-01-01", True,
    False, "on", "RECOMMENDED", "'; DROP TABLE x; --", "%s", "{}", "<b>", 20260615, "1,2", "ACTIVE",
)  # fmt: skip
#: What texts, choices and ticks are most likely to stumble over.
WORST: tuple[Any, ...] = (None, "", "a\x00b", "长" * 6000, 10**30, -1, True, "NaN", "RECOMMENDED")
#: Only fields that take several values are given these: the doors turn them away from all others.
JUNK_ROWS: tuple[Any, ...] = (
    [], {}, [None], [1, 2], ["\x00"], [[]], [{}], {"a": {"b": "\x00"}}, [{"name": None, "unit": 3}] * 5, ["F01", "X99"],
)  # fmt: skip
NUMBERS = (0, 1, 8, 20, 40, 85, 92, 120, 300_000, 1_500_000)
DAYS = (-400, -1, 0, 1, 7, 30, 80, 200)
NAMES = ("nothing", "deadline", "object", "__init__", "")


def fitting(field: forms.Field, now: datetime) -> st.SearchStrategy[Any]:
    """Values that a careful person might give."""
    match field:
        case PanelField():
            return st.just(PANEL)
        case forms.ModelChoiceField():
            keys = list(field.queryset.values_list("pk", flat=True)[:20])
            return st.sampled_from(sorted(keys)) if keys else st.just(0)
        case forms.MultipleChoiceField():
            values = [value for value, _ in field.choices]  # type: ignore[misc,union-attr,str-unpack]
            return st.lists(st.sampled_from(values), max_size=2, unique=True)
        case forms.ChoiceField():
            return st.sampled_from([value for value, _ in field.choices])  # type: ignore[misc,union-attr,str-unpack]
        case forms.BooleanField():
            return st.just(True) if field.required else st.booleans()
        case forms.DateTimeField():
            return st.sampled_from(DAYS).map(lambda days: (now + timedelta(days=days)).isoformat())
        case forms.DateField():
            today = now.astimezone(SHANGHAI).date()
            return st.sampled_from(DAYS).map(lambda days: (today + timedelta(days=days)).isoformat())
        case forms.IntegerField() | forms.DecimalField():  # DecimalField is an IntegerField to Django
            high = field.max_value if isinstance(field.max_value, int) else 10**7
            return st.sampled_from([number for number in NUMBERS if number <= high] or [1])
        case forms.JSONField():
            return st.just("{}")
    return st.just(TEXT[: getattr(field, "max_length", None) or len(TEXT)])


def example(field: forms.Field, now: datetime) -> Any:
    """One fitting value, chosen without chance."""
    return find(fitting(field, now), lambda _: True)


def telling(field: forms.Field) -> tuple[Any, ...]:
    """The garbage worth trying one by one: all of it where numbers and days are read."""
    if isinstance(field, forms.IntegerField | forms.DateField | forms.DateTimeField):
        return JUNK
    return (*WORST, *JUNK_ROWS) if _takes_several(field) else WORST


def junk(field: forms.Field) -> st.SearchStrategy[Any]:
    return st.sampled_from((*JUNK, *JUNK_ROWS) if _takes_several(field) else JUNK)


def _takes_several(field: forms.Field) -> bool:
    return isinstance(field, forms.JSONField | forms.MultipleChoiceField | PanelField)
