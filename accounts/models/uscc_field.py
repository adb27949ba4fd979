"""The column of a 统一社会信用代码: typed as licences print it, judged and stored as 18 characters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from accounts.uscc import normalise_uscc


class UsccFormField(forms.CharField):
    """Normalises before anything is judged, so that a code in groups is not too long."""

    def to_python(self, value: Any) -> str:
        return normalise_uscc(value)


class UsccField(models.CharField):
    """A CharField that normalises when it is cleaned. Look-ups take the stored form only."""

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(normalise_uscc(value), model_instance)

    def formfield(self, **kwargs: Any) -> Any:  # type: ignore[override]
        found = super().formfield(**{"form_class": UsccFormField, **kwargs})
        # The browser must not cut off what is typed with spaces.
        if found is not None:
            found.widget.attrs.pop("maxlength", None)
        return found

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """To the database it is an ordinary column: no migration for how it is typed."""
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.CharField", arguments, options
