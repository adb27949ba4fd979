"""/api/v1/challenges/ – 榜题 with 考核指标."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.challenge_inputs import ChallengeOpening, open_challenge
from projects.api.summaries import IndicatorSerializer
from projects.disclosure import may_see_demander
from projects.models import Challenge
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.creating import Creates
from workflows.api.serializers import RECORD_FIELDS, OrganisationSerializer
from workflows.challenge import ChallengeFlow


class ChallengeRow(RecordSerializer):
    challenge_list = serializers.CharField(source="challenge_list.number", read_only=True)
    field_label = serializers.CharField(source="get_field_display", read_only=True)
    demander = serializers.SerializerMethodField(help_text="null: the demander wished to stay hidden")
    bid_close_at = serializers.DateTimeField(source="challenge_list.bid_close_at", read_only=True, allow_null=True)

    class Meta:
        model = Challenge
        fields = [
            "number", "title", "challenge_list", "field", "field_label", "demander", "months", "cap_yuan",
            "lanes", "bid_close_at", *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OrganisationSerializer(allow_null=True))
    def get_demander(self, challenge: Challenge) -> object:
        if not may_see_demander(self.reader, challenge):
            return None
        return OrganisationSerializer(challenge.demander).data


class ChallengeDetail(ChallengeRow):
    indicators = IndicatorSerializer(many=True, read_only=True)

    class Meta(ChallengeRow.Meta):
        fields = [
            *ChallengeRow.Meta.fields, "background", "content", "scenario", "bidder_conditions", "ip_terms",
            "indicators",
        ]  # fmt: skip
        read_only_fields = fields


class ChallengeViewSet(Creates, RecordViewSet):
    """Challenges: published ones for everybody, drafts for their own agency and demander."""

    flow = ChallengeFlow
    lookup_field = "number"
    serializer_class = ChallengeDetail
    list_serializer_class = ChallengeRow
    opening_serializer_class = ChallengeOpening
    related = ("challenge_list", "demander")
    # No filter or text search on the demander: it would find those who wished to stay hidden.
    filters = {
        "state": Choice("state", Challenge.State),
        "field": Choice("field", Challenge.Field),
        "list": Exact("challenge_list__number"),
        "year": Exact("challenge_list__year", int),
        "text": Text(("number", "title", "background", "content")),
    }
    orderings = {"number": "number", "cap_yuan": "cap_yuan", "bid_close_at": "challenge_list__bid_close_at"}
    default_ordering = ("number",)

    def nested(self) -> list[str | Prefetch]:
        return ["indicators"]

    def open_record(self, values: dict[str, Any]) -> Challenge:
        return open_challenge(self.caller, values)
