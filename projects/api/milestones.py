"""/api/v1/milestones/<project number>/<no>/ – 里程碑节点."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers

from projects.api.summaries import number_of_project
from projects.models import Milestone, MilestoneIndicator
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.files import HoldsFiles
from workflows.api.serializers import RECORD_FIELDS
from workflows.milestone import MilestoneFlow


class MeasuredSerializer(serializers.ModelSerializer[MilestoneIndicator]):
    no = serializers.IntegerField(source="indicator.no", read_only=True)
    name = serializers.CharField(source="indicator.name", read_only=True)
    comparator = serializers.CharField(source="indicator.comparator", read_only=True)
    unit = serializers.CharField(source="indicator.unit", read_only=True)
    is_must = serializers.BooleanField(source="indicator.is_must", read_only=True)

    class Meta:
        model = MilestoneIndicator
        fields = ["no", "name", "comparator", "unit", "is_must", "target", "target_high", "actual", "test_body"]
        read_only_fields = fields


class MilestoneRow(RecordSerializer):
    project = number_of_project()

    class Meta:
        model = Milestone
        fields = ["project", "no", "name", "due_on", "reported_at", "rectify_until", *RECORD_FIELDS]
        read_only_fields = fields


class MilestoneDetail(MilestoneRow):
    indicators = MeasuredSerializer(many=True, read_only=True)

    class Meta(MilestoneRow.Meta):
        fields = [
            *MilestoneRow.Meta.fields, "report", "spent_yuan", "user_opinion", "score", "opinion",
            "indicators",
        ]  # fmt: skip
        read_only_fields = fields


class MilestoneViewSet(HoldsFiles, RecordViewSet):
    """Milestones of the projects the caller may read."""

    flow = MilestoneFlow
    key_pattern = r"(?P<project>[^/]+)/(?P<no>[0-9]{1,3})"
    serializer_class = MilestoneDetail
    list_serializer_class = MilestoneRow
    related = ("project",)
    filters = {
        "state": Choice("state", Milestone.State),
        "project": Exact("project__number"),
        "list": Exact("project__bid__challenge__challenge_list__number"),
        "year": Exact("due_on__year", int),
        "text": Text(("name", "project__number", "project__title")),
    }
    orderings = {"due_on": "due_on", "project": "project__number", "no": "no"}
    default_ordering = ("due_on",)

    def key(self) -> dict[str, str]:
        return {"project__number": self.kwargs["project"], "no": self.kwargs["no"]}

    def nested(self) -> list[str | Prefetch]:
        rows = MilestoneIndicator.objects.select_related("indicator").order_by("indicator__no")
        return [Prefetch("indicators", rows)]
