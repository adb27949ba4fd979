"""/api/v1/projects/ – 立项项目 with 任务书, milestones and tranches."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers

from projects.api.lists import AgencySerializer
from projects.api.milestones import MilestoneRow
from projects.api.tranches import TrancheSerializer
from projects.models import Milestone, Project, TaskBook, Tranche
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.serializers import RECORD_FIELDS, OrganisationSerializer, PersonSerializer
from workflows.project import ProjectFlow


class TaskBookSerializer(serializers.ModelSerializer[TaskBook]):
    indicators = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = TaskBook
        fields = [
            "edition", "indicators", "budget_yuan", "commitment", "signed_by_pi_at", "signed_by_unit_at",
            "signed_by_recommender_at", "signed_by_agency_at",
        ]  # fmt: skip
        read_only_fields = fields


class ProjectRow(RecordSerializer):
    agency = AgencySerializer(read_only=True)
    organisation = OrganisationSerializer(read_only=True)
    pi = PersonSerializer(read_only=True)
    challenge = serializers.CharField(source="bid.challenge.number", read_only=True)

    class Meta:
        model = Project
        fields = [
            "number", "title", "challenge", "agency", "organisation", "pi", "award_yuan", "contract_due_on",
            "starts_on", "ends_on", *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields


class ProjectDetail(ProjectRow):
    task_books = TaskBookSerializer(many=True, read_only=True, help_text="newest edition first")
    milestones = MilestoneRow(many=True, read_only=True)
    tranches = TrancheSerializer(many=True, read_only=True)

    class Meta(ProjectRow.Meta):
        fields = [*ProjectRow.Meta.fields, "task_books", "milestones", "tranches"]
        read_only_fields = fields


class ProjectViewSet(RecordViewSet):
    """Awarded projects of the caller's team, demand, recommendation or agency."""

    flow = ProjectFlow
    lookup_field = "number"
    serializer_class = ProjectDetail
    list_serializer_class = ProjectRow
    related = ("agency__organisation", "organisation", "pi", "bid__challenge")
    filters = {
        "state": Choice("state", Project.State),
        "list": Exact("bid__challenge__challenge_list__number"),
        "challenge": Exact("bid__challenge__number"),
        "field": Exact("bid__challenge__field"),
        "year": Exact("bid__challenge__challenge_list__year", int),
        "text": Text(("number", "title", "organisation__name")),
    }
    orderings = {"number": "number", "award_yuan": "award_yuan", "ends_on": "ends_on"}
    default_ordering = ("-number",)

    def nested(self) -> list[str | Prefetch]:
        user = self.request.user
        return [
            "task_books",
            Prefetch("milestones", visible(Milestone, user).select_related("project").order_by("no")),
            Prefetch("tranches", visible(Tranche, user).select_related("project", "milestone").order_by("no")),
        ]
