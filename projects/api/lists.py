"""/api/v1/lists/ – 榜单批次."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers

from accounts.models import Agency
from projects.api.list_inputs import ListOpening, open_list
from projects.api.summaries import ChallengeSummary
from projects.models import Challenge, ChallengeList, RuleSet
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.creating import Creates
from workflows.api.serializers import RECORD_FIELDS
from workflows.challenge_list import ChallengeListFlow

#: Rules that the call itself announces (criteria not published may not be used, domain 2.5).
ANNOUNCED = (
    "programme", "mode", "min_open_days", "recommender_endorses", "max_partners", "matching_ratio_percent",
    "required_slots", "criteria", "pass_score", "publicity_wd", "contract_days", "payment_plan",
    "race_stages",
)  # fmt: skip


class AgencySerializer(serializers.ModelSerializer[Agency]):
    name = serializers.CharField(source="organisation.name", read_only=True)

    class Meta:
        model = Agency
        fields = ["code", "name"]
        read_only_fields = fields


class RuleSetSerializer(serializers.ModelSerializer[RuleSet]):
    rules = serializers.SerializerMethodField()

    class Meta:
        model = RuleSet
        fields = ["code", "edition", "name", "mode", "rules"]
        read_only_fields = fields

    def get_rules(self, rule_set: RuleSet) -> dict[str, Any]:
        data = rule_set.rules.to_data()
        return {name: data[name] for name in ANNOUNCED}


class ListRow(RecordSerializer):
    agency = AgencySerializer(read_only=True)
    mode = serializers.CharField(source="rule_set.mode", read_only=True)

    class Meta:
        model = ChallengeList
        fields = [
            "number", "title", "year", "agency", "mode", *RECORD_FIELDS, "quota_target",
            "demand_close_at", "published_at", "bid_close_at", "rec_close_at",
        ]  # fmt: skip
        read_only_fields = fields


class ListDetail(ListRow):
    division = serializers.CharField(source="division.name", read_only=True)
    rule_set = RuleSetSerializer(read_only=True)
    challenges = ChallengeSummary(many=True, read_only=True)

    class Meta(ListRow.Meta):
        fields = [*ListRow.Meta.fields, "introduction", "contact", "division", "rule_set", "challenges"]
        read_only_fields = fields


class ListViewSet(Creates, RecordViewSet):
    """Challenge lists: published ones for everybody, drafts for their own agency."""

    flow = ChallengeListFlow
    lookup_field = "number"
    serializer_class = ListDetail
    list_serializer_class = ListRow
    opening_serializer_class = ListOpening
    related = ("agency__organisation", "division", "rule_set")
    filters = {
        "state": Choice("state", ChallengeList.State),
        "mode": Choice("rule_set__mode", RuleSet.Mode),
        "agency": Exact("agency__code"),
        "year": Exact("year", int),
        "text": Text(("number", "title", "introduction")),
    }
    orderings = {
        "number": "number",
        "year": "year",
        "published_at": "published_at",
        "bid_close_at": "bid_close_at",
    }
    default_ordering = ("-year", "-number")

    def nested(self) -> list[str | Prefetch]:
        return [Prefetch("challenges", visible(Challenge, self.request.user).select_related("challenge_list"))]

    def open_record(self, values: dict[str, Any]) -> ChallengeList:
        return open_list(self.caller, values)
