"""Short forms of records that appear inside others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from projects.models import Bid, Challenge, Indicator, Project
from projects.promises import node_values, target_faults
from workflows.api import RecordSerializer


class ChallengeSummary(RecordSerializer):
    class Meta:
        model = Challenge
        fields = ["number", "title", "field", "months", "cap_yuan", "lanes", "state", "state_label"]
        read_only_fields = fields


class BidSummary(serializers.ModelSerializer[Bid]):
    """Who bids for what; needs `organisation` and `challenge` joined."""

    organisation = serializers.CharField(source="organisation.name", read_only=True)
    challenge = serializers.CharField(source="challenge.number", read_only=True)

    class Meta:
        model = Bid
        fields = ["uuid", "number", "title", "organisation", "challenge"]
        read_only_fields = fields


class IndicatorSerializer(serializers.ModelSerializer[Indicator]):
    class Meta:
        model = Indicator
        fields = [
            "no", "name", "comparator", "target", "target_high", "unit", "is_must", "check_method",
            "evidence", "milestone_values",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        faults = target_faults(attrs["comparator"], attrs["target"], attrs.get("target_high"))
        if faults:
            raise serializers.ValidationError({name: [sentence] for name, sentence in faults.items()})
        values = attrs.get("milestone_values") or {}
        try:
            if not isinstance(values, dict):
                raise ValueError(_('请给出节点序号到数值的对照，例：{"1": "30"}。'))
            attrs["milestone_values"] = node_values(attrs["comparator"], values)
        except ValueError as fault:
            raise serializers.ValidationError({"milestone_values": [str(fault)]}) from fault
        return attrs


class ProjectSummary(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ["number", "title"]
        read_only_fields = fields


def told_score(score: Decimal | None) -> str | None:
    """As digits, like every decimal here: a float would not be the score."""
    return None if score is None else str(score)


def number_of_project() -> Any:
    return serializers.CharField(source="project.number", read_only=True)
