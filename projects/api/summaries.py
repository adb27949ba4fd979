"""Short forms of records that appear inside others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from projects.models import Bid, Challenge, Indicator, Project
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
        fields = ["no", "name", "comparator", "target", "unit", "is_must", "check_method", "milestone_values"]


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
