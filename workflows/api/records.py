"""One record type over HTTP: list, read, its open transitions, its timeline, and performing one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import JSONField, Model, Prefetch, QuerySet, TextField
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.models import Record
from projects.disclosure import shown_state
from projects.queries import visible
from workflows.actions import actions_for, open_form_class
from workflows.api.filters import AllowListFilter, Choice, Exact, Text
from workflows.api.inputs import checked, describe
from workflows.api.serializers import ActionSerializer, MovedSerializer, TimelineItemSerializer
from workflows.engine import Flow, perform
from workflows.timeline import timeline


class RecordViewSet(ReadOnlyModelViewSet):
    """Base of every record's routes. What the caller may see is `projects.queries.visible` alone.

    A subclass names its `flow`, the fields by which a record is found, what lists may be filtered
    and ordered by, and what is joined (`related`, for lists too) or fetched beside it (`nested`).
    """

    flow: ClassVar[type[Flow]]
    key_pattern: ClassVar[str | None] = None
    filters: ClassVar[dict[str, Choice | Exact | Text]] = {}
    orderings: ClassVar[dict[str, str]] = {}
    default_ordering: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = ()
    list_serializer_class: ClassVar[type[BaseSerializer] | None] = None
    filter_backends = [AllowListFilter]
    lookup_value_regex = "[^/]+"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "flow" in cls.__dict__:
            slugs = sorted({t.slug for t in _definitions(cls.flow)})
            one_of_them = OpenApiParameter("transition", OpenApiTypes.STR, OpenApiParameter.PATH, enum=slugs)
            extend_schema_view(perform=extend_schema(parameters=[one_of_them]))(cls)

    @property
    def model(self) -> type[Model]:
        return self.flow.model

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # the schema is made without a caller
            return self.model._default_manager.none()
        rows = visible(self.model, self.request.user)
        if self.action == "perform":
            # Only whether it is there: `perform` reads it anew under its lock.
            return rows.defer(*_long_columns_of(self.model))
        rows = rows.select_related(*self.related)
        if self.action == "list":
            return rows.defer(*self._long_columns())
        return rows.prefetch_related(*self.nested())

    def _long_columns(self) -> list[str]:
        """Texts and JSON that a list does not show, of the record and of what is joined: not read at all."""
        shown = set(self.get_serializer_class().Meta.fields)  # type: ignore[attr-defined]
        found = [name for name in _long_columns_of(self.model) if name not in shown]
        for path in self.related:
            model, prefix = self.model, ""
            for step in path.split("__"):
                model, prefix = model._meta.get_field(step).related_model, f"{prefix}{step}__"  # type: ignore[assignment]
                found += [prefix + name for name in _long_columns_of(model)]
        return found

    @property
    def caller(self) -> Any:
        return self.request.user

    def nested(self) -> list[str | Prefetch]:
        """What a single record's answer holds beside its own row."""
        return []

    def get_object(self) -> Any:
        # Filters are for lists; a single record is found by its key alone.
        key = self.key()
        if any("\x00" in str(value) for value in key.values()):
            raise Http404
        found = self.get_queryset().filter(**key).first()
        if found is None:  # whether it does not exist or is not for this caller is not told
            raise Http404
        return found

    def receipt_of(self, record: Any) -> str | None:
        """What the caller holds in hand after a transition, where records get receipts."""
        return None

    def key(self) -> dict[str, Any]:
        """Field look-ups that find the record named in the address."""
        return {self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]}

    def get_serializer_class(self) -> type[BaseSerializer]:
        if self.action == "list" and self.list_serializer_class is not None:
            return self.list_serializer_class
        return super().get_serializer_class()

    @extend_schema(responses=ActionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def transitions(self, request: Request, **key: str) -> Response:
        """Transitions the caller is permitted now, with their inputs and what still stands in their way."""
        found = [
            {
                "slug": a.slug,
                "label": a.label,
                "help": a.help,
                "is_ready": a.is_ready,
                "unmet": a.unmet,
                "inputs": describe(a.form_class),
            }
            for a in actions_for(self.get_object(), self.caller)
        ]
        return Response(ActionSerializer(found, many=True).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=MovedSerializer)
    @action(detail=True, methods=["post"], url_path=r"transitions/(?P<transition>[a-z_]+)", url_name="perform")
    def perform(self, request: Request, transition: str, **key: str) -> Response:
        """Perform a transition. The body holds its inputs, and `seen_version` to refuse if it is stale.

        With the header `Idempotency-Key` the same request may be sent again when its answer was lost.
        """
        record: Record = self.get_object()
        body = dict(_object(request.data))
        seen_version = _version(body.pop("seen_version", None))
        inputs: dict[str, Any] = {}
        # Inputs of a transition that is not open are not looked at: it is refused for that reason.
        if form_class := open_form_class(record, transition, self.caller):
            inputs = checked(form_class, body)
        perform(
            self.flow,
            record,
            transition,
            by=self.caller,
            seen_version=seen_version,
            request_key=request.headers.get("Idempotency-Key") or None,
            **inputs,
        )
        still = visible(self.model, request.user).filter(pk=record.pk).exists()
        # A request sent again returns the record as it stands now, whatever became of it since.
        state = shown_state(request.user, record)
        moved = {
            "state": state,
            "state_label": str(dict(self.model.State.choices)[state]),  # type: ignore[attr-defined]
            "version": record.version,
            "is_visible": still,
            "receipt": self.receipt_of(record),
        }
        return Response(MovedSerializer(moved).data)

    @extend_schema(responses=TimelineItemSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, **key: str) -> Response:
        """Who did what when, as far as the caller may know; experts by their alias, whoever asks."""
        items = timeline(self.get_object(), request.user, by_name=False)
        return Response(TimelineItemSerializer(items, many=True).data)


def _long_columns_of(model: type[Model]) -> list[str]:
    return [f.name for f in model._meta.concrete_fields if isinstance(f, (TextField, JSONField))]


def _definitions(flow: type[Flow]) -> list[Any]:
    return [t for state in flow.state.states for t in flow.transitions_from(state)]


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValidationError(_("请求正文应为 JSON 对象，请对照接口文档改正。"))
    return body


def _version(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValidationError({"seen_version": _("应为整数，请改正。")})
