"""/api/v1/tranches/<project number>/<no>/ – 经费拨付."""

from __future__ import annotations

from rest_framework import serializers

from projects.api.summaries import number_of_project
from projects.models import Tranche
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.serializers import RECORD_FIELDS
from workflows.tranche import TrancheFlow


class TrancheSerializer(RecordSerializer):
    project = number_of_project()
    milestone = serializers.IntegerField(source="milestone.no", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Tranche
        fields = ["project", "no", "released_by", "milestone", "amount_yuan", "paid_on", *RECORD_FIELDS]
        read_only_fields = fields


class TrancheViewSet(RecordViewSet):
    """Payments of the projects the caller may read."""

    flow = TrancheFlow
    key_pattern = r"(?P<project>[^/]+)/(?P<no>[0-9]{1,3})"
    serializer_class = TrancheSerializer
    related = ("project", "milestone")
    filters = {
        "state": Choice("state", Tranche.State),
        "project": Exact("project__number"),
        "list": Exact("project__bid__challenge__challenge_list__number"),
        "year": Exact("paid_on__year", int),
    }
    orderings = {"project": "project__number", "no": "no", "amount_yuan": "amount_yuan", "paid_on": "paid_on"}
    default_ordering = ("project", "no")

    def key(self) -> dict[str, str]:
        return {"project__number": self.kwargs["project"], "no": self.kwargs["no"]}
