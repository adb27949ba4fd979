"""/api/v1/demands/ – 技术需求 with 考核指标: the demander's own, its recommender's, the agency's."""

from __future__ import annotations

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.models import Challenge, Demand, DemandIndicator
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.serializers import RECORD_FIELDS, OrganisationSerializer
from workflows.demand import DemandFlow


class DemandIndicatorSerializer(serializers.ModelSerializer[DemandIndicator]):
    class Meta:
        model = DemandIndicator
        fields = ["no", "name", "comparator", "target", "target_high", "unit", "is_must", "check_method", "evidence"]
        read_only_fields = fields


class DemandRow(RecordSerializer):
    challenge_list = serializers.CharField(source="challenge_list.number", read_only=True)
    field_label = serializers.CharField(source="get_field_display", read_only=True)
    demander = OrganisationSerializer(read_only=True)
    demand_close_at = serializers.DateTimeField(source="challenge_list.demand_close_at", read_only=True)

    class Meta:
        model = Demand
        fields = [
            "number", "title", "challenge_list", "field", "field_label", "demander", "expected_yuan", "own_yuan",
            "months", "demand_close_at", "submitted_at", "result", "mean_score", *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields


class DemandDetail(DemandRow):
    recommender = OrganisationSerializer(read_only=True, allow_null=True)
    indicators = DemandIndicatorSerializer(many=True, read_only=True)
    merged_into = serializers.SerializerMethodField(help_text="number of the challenge")

    class Meta(DemandRow.Meta):
        fields = [
            *DemandRow.Meta.fields, "recommender", "demander_is_hidden", "problem", "goal", "scenario",
            "solver_cash_yuan", "bidder_conditions", "ip_terms", "contact_name", "contact_phone", "endorsement",
            "opinion", "appraised_at", "merged_into", "indicators",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_merged_into(self, demand: Demand) -> str | None:
        if demand.merged_into_id is None:
            return None
        # The recommender reads of the challenge once it is public.
        seen = visible(Challenge, self.reader).filter(pk=demand.merged_into_id)
        return seen.values_list("number", flat=True).first()


class DemandViewSet(RecordViewSet):
    """Technical demands. Drafts are the demander's alone; who sat on the panel is told to nobody here."""

    flow = DemandFlow
    lookup_field = "number"
    serializer_class = DemandDetail
    list_serializer_class = DemandRow
    related = ("challenge_list", "demander")
    filters = {
        "state": Choice("state", Demand.State),
        "field": Choice("field", Challenge.Field),
        "list": Exact("challenge_list__number"),
        "text": Text(("number", "title", "problem", "goal")),
    }
    orderings = {"number": "number", "expected_yuan": "expected_yuan", "submitted_at": "submitted_at"}
    default_ordering = ("number",)

    def nested(self) -> list[str | Prefetch]:
        return ["indicators", "recommender"]
