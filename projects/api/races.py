"""/api/v1/races/<challenge number>/ and /api/v1/lanes/<challenge number>/<no>/ – 赛马."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Prefetch
from rest_framework import serializers

from projects.api.summaries import ProjectSummary
from projects.disclosure import may_see_lane_result
from projects.models import LaneResult, Race, RaceLane, RaceStage
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.serializers import RECORD_FIELDS
from workflows.race import RaceFlow, RaceLaneFlow


class StageSerializer(serializers.ModelSerializer[RaceStage]):
    class Meta:
        model = RaceStage
        fields = ["no", "months", "lane_yuan", "rule", "keep", "pass_score", "starts_on", "ends_on"]
        read_only_fields = fields


class ResultSerializer(RecordSerializer):
    """What the panel found for one lane in one stage; null until the caller may know it."""

    stage = serializers.IntegerField(source="stage.no", read_only=True)
    score = serializers.SerializerMethodField()
    gates_met = serializers.SerializerMethodField()
    rank = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    state_label = None

    class Meta:
        model = LaneResult
        fields = ["stage", "has_report", "score", "gates_met", "rank", "advances", "reason"]
        read_only_fields = fields

    def get_score(self, result: LaneResult) -> Decimal | None:
        return result.score if may_see_lane_result(self.reader, result) else None

    def get_gates_met(self, result: LaneResult) -> bool | None:
        return result.gates_met if may_see_lane_result(self.reader, result) else None

    def get_rank(self, result: LaneResult) -> int | None:
        return result.rank if may_see_lane_result(self.reader, result) else None

    def get_reason(self, result: LaneResult) -> str | None:
        return result.reason if may_see_lane_result(self.reader, result) else None


class LaneRow(RecordSerializer):
    challenge = serializers.CharField(source="race.challenge.number", read_only=True)
    project = ProjectSummary(read_only=True)

    class Meta:
        model = RaceLane
        fields = ["challenge", "no", "route_tag", "project", *RECORD_FIELDS]
        read_only_fields = fields


class LaneDetail(LaneRow):
    results = ResultSerializer(many=True, read_only=True)

    class Meta(LaneRow.Meta):
        fields = [*LaneRow.Meta.fields, "results"]
        read_only_fields = fields


class RaceRow(RecordSerializer):
    challenge = serializers.CharField(source="challenge.number", read_only=True)
    title = serializers.CharField(source="challenge.title", read_only=True)

    class Meta:
        model = Race
        fields = ["challenge", "title", "stage_no", *RECORD_FIELDS]
        read_only_fields = fields


class RaceDetail(RaceRow):
    stages = StageSerializer(many=True, read_only=True)
    lanes = LaneRow(many=True, read_only=True, help_text="a team sees its own lane only")

    class Meta(RaceRow.Meta):
        fields = [*RaceRow.Meta.fields, "stages", "lanes"]
        read_only_fields = fields


class RaceViewSet(RecordViewSet):
    """Races with their stages, and of the lanes those the caller may see."""

    flow = RaceFlow
    lookup_field = "challenge__number"
    lookup_url_kwarg = "challenge_number"
    serializer_class = RaceDetail
    list_serializer_class = RaceRow
    related = ("challenge",)
    filters = {
        "state": Choice("state", Race.State),
        "list": Exact("challenge__challenge_list__number"),
        "year": Exact("challenge__challenge_list__year", int),
    }
    orderings = {"number": "challenge__number"}
    default_ordering = ("number",)

    def nested(self) -> list[str | Prefetch]:
        lanes = visible(RaceLane, self.request.user).select_related("race__challenge", "project")
        return ["stages", Prefetch("lanes", lanes.order_by("no"))]


class LaneViewSet(RecordViewSet):
    """Lanes: a team's own, all of them for the demander and the agency."""

    flow = RaceLaneFlow
    key_pattern = r"(?P<challenge>[^/]+)/(?P<no>[0-9]{1,2})"
    serializer_class = LaneDetail
    list_serializer_class = LaneRow
    related = ("race__challenge", "project")
    filters = {"state": Choice("state", RaceLane.State), "challenge": Exact("race__challenge__number")}
    orderings = {"challenge": "race__challenge__number", "no": "no"}
    default_ordering = ("challenge", "no")

    def key(self) -> dict[str, str]:
        return {"race__challenge__number": self.kwargs["challenge"], "no": self.kwargs["no"]}

    def nested(self) -> list[str | Prefetch]:
        results = LaneResult.objects.select_related("stage", "lane__project").order_by("stage__no")
        return [Prefetch("results", results)]
