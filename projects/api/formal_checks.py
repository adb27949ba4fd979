"""/api/v1/formal-checks/<bid uuid>/ – 形式审查."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers

from projects.api.summaries import BidSummary
from projects.models import FormalCheck, FormalCheckItem
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.routing import UUID
from workflows.api.serializers import RECORD_FIELDS
from workflows.formal_check import FormalCheckFlow


class CheckItemSerializer(serializers.ModelSerializer[FormalCheckItem]):
    class Meta:
        model = FormalCheckItem
        fields = ["code", "passed", "is_automatic", "note"]
        read_only_fields = fields


class FormalCheckRow(RecordSerializer):
    bid = BidSummary(read_only=True)

    class Meta:
        model = FormalCheck
        fields = ["bid", "result", "reason_codes", "correction_until", *RECORD_FIELDS]
        read_only_fields = fields


class FormalCheckDetail(FormalCheckRow):
    items = CheckItemSerializer(many=True, read_only=True)

    class Meta(FormalCheckRow.Meta):
        fields = [*FormalCheckRow.Meta.fields, "opinion", "items"]
        read_only_fields = fields


class FormalCheckViewSet(RecordViewSet):
    """Formal checks, found by their bid. Who checked and who confirmed is not told."""

    flow = FormalCheckFlow
    key_pattern = f"(?P<bid>{UUID})"
    serializer_class = FormalCheckDetail
    list_serializer_class = FormalCheckRow
    related = ("bid__organisation", "bid__challenge")
    filters = {
        "state": Choice("state", FormalCheck.State),
        "result": Choice("result", FormalCheck.Result),
        "list": Exact("bid__challenge__challenge_list__number"),
        "challenge": Exact("bid__challenge__number"),
        "text": Text(("bid__title", "bid__number")),
    }
    default_ordering = ("-created_at",)
    orderings = {"created_at": "created_at"}

    def key(self) -> dict[str, str]:
        return {"bid__uuid": self.kwargs["bid"]}

    def nested(self) -> list[str | Prefetch]:
        return ["items"]
