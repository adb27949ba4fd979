"""/api/v1/races/<challenge number>/ and /api/v1/lanes/<challenge number>/<no>/ – 赛马."""

from __future__ import annotations

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.summaries import ProjectSummary
from projects.disclosure import may_see_lane_result
from projects.models import LaneResult, Race, RaceLane, RaceStage
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.serializers import RECORD_FIELDS
from workflows.lane import RaceLaneFlow
from workflows.race import RaceFlow


class StageSerializer(serializers.ModelSerializer[RaceStage]):
    class Meta:
        model = RaceStage
        fields = ["no", "months", "lane_yuan", "rule", "keep", "pass_score", "starts_on", "ends_on"]
        read_only_fields = fields


class ResultSerializer(serializers.ModelSerializer[LaneResult]):
    stage = serializers.IntegerField(source="stage.no", read_only=True)

    class Meta:
        model = LaneResult
        fields = ["stage", "has_report", "score", "gates_met", "rank", "advances", "reason"]
        read_only_fields = fields


class LaneRow(RecordSerializer):
    challenge = serializers.CharField(source="race.challenge.number", read_only=True)
    project = ProjectSummary(read_only=True)

    class Meta:
        model = RaceLane
        fields = ["challenge", "no", "route_tag", "project", *RECORD_FIELDS]
        read_only_fields = fields


class LaneDetail(LaneRow):
    results = serializers.SerializerMethodField(help_text="by stage; a team reads those that are decided")

    class Meta(LaneRow.Meta):
        fields = [*LaneRow.Meta.fields, "results"]
        read_only_fields = fields

    @extend_schema_field(ResultSerializer(many=True))
    def get_results(self, lane: RaceLane) -> object:
        told = [result for result in lane.results.all() if may_see_lane_result(self.reader, result)]
        return ResultSerializer(told, many=True).data


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
