"""/api/v1/decisions/<list number>/ – 立项审定, inside the agency only."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers

from projects.api.summaries import BidSummary
from projects.models import AwardDecision, DecisionRow
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.serializers import RECORD_FIELDS
from workflows.award import AwardDecisionFlow


class DecisionRowSerializer(serializers.ModelSerializer[DecisionRow]):
    bid = BidSummary(read_only=True)

    class Meta:
        model = DecisionRow
        fields = ["bid", "rank", "score", "outcome", "award_yuan", "reason", "decided_by", "is_changed"]
        read_only_fields = fields


class DecisionSummary(RecordSerializer):
    challenge_list = serializers.CharField(source="challenge_list.number", read_only=True)

    class Meta:
        model = AwardDecision
        fields = ["challenge_list", "document_no", "budget_yuan", "release_at", "issued_at", *RECORD_FIELDS]
        read_only_fields = fields


class DecisionDetail(DecisionSummary):
    rows = DecisionRowSerializer(many=True, read_only=True)

    class Meta(DecisionSummary.Meta):
        fields = [*DecisionSummary.Meta.fields, "minutes", "rows"]
        read_only_fields = fields


class DecisionViewSet(RecordViewSet):
    """Award decisions with their ranked rows; the public reads the notice made from them."""

    flow = AwardDecisionFlow
    lookup_field = "challenge_list__number"
    lookup_url_kwarg = "list_number"
    serializer_class = DecisionDetail
    list_serializer_class = DecisionSummary
    related = ("challenge_list",)
    filters = {
        "state": Choice("state", AwardDecision.State),
        "list": Exact("challenge_list__number"),
        "year": Exact("challenge_list__year", int),
    }
    orderings = {"number": "challenge_list__number", "issued_at": "issued_at"}
    default_ordering = ("-number",)

    def nested(self) -> list[str | Prefetch]:
        rows = DecisionRow.objects.select_related("bid__organisation", "bid__challenge")
        return [Prefetch("rows", rows.order_by("bid__challenge__number", "rank"))]
