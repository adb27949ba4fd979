"""A column that holds nothing readable."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from accounts.sealing import Sealed, seal


class SealedField(models.TextField):
    """Text sealed on its way to the database; read back as `Sealed`, opened by `reveal()` only.

    Cannot be searched: the same text is sealed differently each time.
    """

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.token
        return seal(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: Any) -> str:
        """Fixtures and dumps carry the seal, not the text."""
        value: Any = self.value_from_object(obj)
        return value.token if isinstance(value, Sealed) else seal(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed and cannot be searched")
        return super().get_lookup(lookup_name)
