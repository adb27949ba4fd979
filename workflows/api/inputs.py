"""A transition's inputs, told to a program; and a program's inputs, checked before the form sees them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from workflows.refused import Refused

#: Field class → what a program is told; the first that fits, so children come before parents.
TYPES: list[tuple[type[forms.Field], str]] = [
    (forms.ModelMultipleChoiceField, "list"),
    (forms.MultipleChoiceField, "list"),
    (forms.ChoiceField, "choice"),
    (forms.ModelChoiceField, "choice"),
    (forms.JSONField, "json"),
    (forms.DateTimeField, "datetime"),
    (forms.DateField, "date"),
    (forms.BooleanField, "boolean"),
    (forms.DecimalField, "decimal"),
    (forms.IntegerField, "integer"),
    (forms.UUIDField, "uuid"),
]
LIMITS = ("min_length", "max_length", "min_value", "max_value", "max_digits", "decimal_places")


def type_of(field: forms.Field) -> str:
    return next((name for kind, name in TYPES if isinstance(field, kind)), "string")


def describe(form_class: type[forms.Form]) -> list[dict[str, Any]]:
    """The inputs of a form in their order, as plain data."""
    fields: dict[str, forms.Field] = form_class.base_fields  # type: ignore[attr-defined]
    return [_describe_one(name, field) for name, field in fields.items()]


def _describe_one(name: str, field: forms.Field) -> dict[str, Any]:
    limits = {limit: value for limit in LIMITS if (value := getattr(field, limit, None)) is not None}
    return {
        "name": name,
        "type": type_of(field),
        "label": str(field.label or name),
        "required": field.required,
        "help": str(field.help_text),
        "choices": _choices(field),
        "limits": {limit: value if isinstance(value, int) else str(value) for limit, value in limits.items()},
    }


def _choices(field: forms.Field) -> list[dict[str, str]]:
    pairs = getattr(field, "choices", None) or []
    return [{"value": str(value), "label": str(label)} for value, label in pairs if str(value) != ""]


def checked(form_class: type[forms.Form], body: dict[str, Any]) -> dict[str, Any]:
    """Return `body` when it names inputs of the form only, with values of a fitting shape.

    Names are checked here and not left to `perform`, whose own keywords (`by`, `cause` …) must
    never be reachable from a request. Raises `Refused`.
    """
    fields: dict[str, forms.Field] = form_class.base_fields  # type: ignore[attr-defined]
    wrong: dict[str, list[str]] = {
        name: [_("没有这个字段，请对照接口文档删去或改正。")] for name in set(body) - {*fields, "reason"}
    }
    for name, field in fields.items():
        if type_of(field) not in ("json", "list") and isinstance(body.get(name), (dict, list)):
            wrong[name] = [_("应为单个值，请改正。")]
    if wrong:
        raise Refused("invalid_input", [f"{name}：{found[0]}" for name, found in sorted(wrong.items())], wrong)
    return body
