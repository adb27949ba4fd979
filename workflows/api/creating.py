"""Opening a new record over HTTP: the body is checked, then `engine.start` decides."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import Record


class Creates:
    """Mix into a `RecordViewSet` beside `opening_serializer_class` and `open_record`."""

    opening_serializer_class: ClassVar[type[BaseSerializer]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "opening_serializer_class" in cls.__dict__:
            shapes = extend_schema(
                request=cls.opening_serializer_class,
                responses={201: cls.serializer_class},  # type: ignore[attr-defined]
            )
            extend_schema_view(create=shapes)(cls)

    def open_record(self, values: dict[str, Any]) -> Record:
        """Start the record through its flow. Raises `Refused` or a validation error."""
        raise NotImplementedError

    def create(self, request: Request, **key: str) -> Response:
        """Open a new record in its first state."""
        view: Any = self
        given = self.opening_serializer_class(data=request.data, context=view.get_serializer_context())
        given.is_valid(raise_exception=True)
        record = self.open_record(given.validated_data)
        shown = view.get_queryset().get(pk=record.pk)
        return Response(view.get_serializer(shown).data, status=status.HTTP_201_CREATED)
