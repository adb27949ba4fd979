"""Shapes that every record's routes share. Fields are listed one by one: what is not named is not told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Organisation, User


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields = ["uscc", "name"]
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer[User]):
    """A person is told by name alone: no account, telephone or address."""

    class Meta:
        model = User
        fields = ["name"]
        read_only_fields = fields


class RecordSerializer(serializers.ModelSerializer[Any]):
    """A record, with its state in code and words, and the version its reader sees."""

    state_label = serializers.CharField(source="get_state_display", read_only=True)

    @property
    def reader(self) -> Any:
        """Who asks. Needed where a field is told to some readers of the record only."""
        return self.context["request"].user


RECORD_FIELDS = ["state", "state_label", "version"]


class InputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(
        help_text="string, boolean, integer, decimal, date, datetime, choice, list, json, uuid"
    )
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    help = serializers.CharField()
    choices = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    limits = serializers.DictField()


class ActionSerializer(serializers.Serializer[Any]):
    """A transition that is open to the caller; with unmet sentences it would be refused now."""

    transition = serializers.CharField(source="slug")
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    is_ready = serializers.BooleanField()
    unmet = serializers.ListField(child=serializers.CharField())
    inputs = InputSerializer(many=True)


class TimelineItemSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    role = serializers.CharField()
    what = serializers.CharField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    reason = serializers.CharField()


class MovedSerializer(serializers.Serializer[Any]):
    """What a transition led to. `is_visible`: whether the caller may still read the record."""

    state = serializers.CharField()
    state_label = serializers.CharField()
    version = serializers.IntegerField()
    is_visible = serializers.BooleanField()
    receipt = serializers.CharField(
        allow_null=True, help_text="number of the record's latest receipt, where it has any"
    )
