"""/api/v1/acceptances/<project number>/ – 验收."""

from __future__ import annotations

from rest_framework import serializers

from projects.api.summaries import ProjectSummary, told_score
from projects.disclosure import may_see_acceptance_result
from projects.models import Acceptance
from workflows.acceptance import AcceptanceFlow
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.files import HoldsFiles
from workflows.api.serializers import RECORD_FIELDS


class AcceptanceRow(RecordSerializer):
    project = ProjectSummary(read_only=True)
    result = serializers.SerializerMethodField(help_text="null until the result is published")

    class Meta:
        model = Acceptance
        fields = ["project", "due_on", "meeting_on", "result", *RECORD_FIELDS]
        read_only_fields = fields

    def get_result(self, acceptance: Acceptance) -> str | None:
        return acceptance.result if may_see_acceptance_result(self.reader, acceptance) else None


class AcceptanceDetail(AcceptanceRow):
    score = serializers.SerializerMethodField(help_text="null until the result is published")
    opinion = serializers.SerializerMethodField(help_text="null until the result is published")
    measured = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta(AcceptanceRow.Meta):
        fields = [*AcceptanceRow.Meta.fields, "report", "spent_yuan", "measured", "score", "opinion"]
        read_only_fields = fields

    def get_score(self, acceptance: Acceptance) -> str | None:
        return told_score(acceptance.score) if may_see_acceptance_result(self.reader, acceptance) else None

    def get_opinion(self, acceptance: Acceptance) -> str | None:
        return acceptance.opinion if may_see_acceptance_result(self.reader, acceptance) else None


class AcceptanceViewSet(HoldsFiles, RecordViewSet):
    """Acceptances, found by their project. The panel's names are not told."""

    flow = AcceptanceFlow
    lookup_field = "project__number"
    lookup_url_kwarg = "project_number"
    serializer_class = AcceptanceDetail
    list_serializer_class = AcceptanceRow
    related = ("project",)
    filters = {
        "state": Choice("state", Acceptance.State),
        "list": Exact("project__bid__challenge__challenge_list__number"),
        "year": Exact("due_on__year", int),
        "text": Text(("project__number", "project__title")),
    }
    orderings = {"due_on": "due_on", "project": "project__number"}
    default_ordering = ("due_on",)
