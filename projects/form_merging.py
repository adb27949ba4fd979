"""Forms that several people may have open at once: only what their user changed is written.

Each control carries the text that its page showed (Django's hidden initial). When the form comes back, under
the record's lock, a field its user left alone keeps what is stored now; where both changed the same, nothing
is written and the other's text stands at the field, so that the next save is a decision.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Of the other's text, as much as a sentence can quote.
LONGEST_QUOTE = 200


class MergingForm(forms.ModelForm):
    """To be bound to an instance that was read under its lock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values() if self.instance.pk else ():
            field.show_hidden_initial = True

    def stored(self, name: str) -> Any:
        """What the cleaned value of a field would be, were it typed as it is stored."""
        return getattr(self.instance, name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in list(data):
            bound = self[name]
            if not bound.field.disabled and bound.html_initial_name in self.data:
                self._merge(bound, data)
        return data

    def _merge(self, bound: forms.BoundField, data: dict[str, Any]) -> None:
        now = bound.field.prepare_value(self.get_initial_for_field(bound.field, bound.name))
        seen = bound.field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        if _same(bound.field, now, seen):
            return
        if _same(bound.field, bound.data, seen):
            data[bound.name] = self.stored(bound.name)
            self._show(bound.html_name, now)
        elif not _same(bound.field, bound.data, now):
            self.add_error(bound.name, _changed_to(bound.field, now))
        self._show(bound.html_initial_name, now)

    def _show(self, html_name: str, value: Any) -> None:
        """Should the page come back, it begins from what is stored."""
        shown: Any = self.data.copy()  # type: ignore[attr-defined]
        shown[html_name] = "" if value is None else str(value)
        self.data = shown


def _same(field: forms.Field, one: Any, other: Any) -> bool:
    try:
        return bool(_plain(field.to_python(one)) == _plain(field.to_python(other)))
    except ValidationError:
        return False


def _plain(value: Any) -> Any:
    """Browsers send line ends of their own."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _changed_to(field: forms.Field, now: Any) -> str:
    shown = "" if now is None else str(now)
    if isinstance(field, forms.ChoiceField):
        labels = {str(getattr(value, "value", value)): str(label) for value, label in field.choices}  # type: ignore[attr-defined,union-attr,misc]
        shown = labels.get(shown, shown)
    elif isinstance(now, bool):
        shown = _("是") if now else _("否")
    quote = shown[:LONGEST_QUOTE] + ("…" if len(shown) > LONGEST_QUOTE else "")
    return _("您填写期间，他人已将这一项改为“%s”。请核对：要用您填的，再保存一次；要用对方的，照此改回。") % (
        quote or _("（空）")
    )
