"""/api/v1/assignments/ – 评审任务: an expert's own seats; all seats, by alias, for those who run a round."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers

from projects.models import Challenge
from projects.queries import visible
from review.models import Assignment, ReviewRound, ScoreSheet
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.routing import PK
from workflows.api.serializers import RECORD_FIELDS
from workflows.assignment import AssignmentFlow


class RoundOfSeat(RecordSerializer):
    """What an invitation tells: the topic and the days, no bidder (domain 2.18 N05)."""

    challenge = serializers.CharField(source="challenge.number", read_only=True)
    title = serializers.CharField(source="challenge.title", read_only=True)

    class Meta:
        model = ReviewRound
        fields = ["id", "challenge", "title", "no", "preview_until", "scoring_until", "state", "state_label"]
        read_only_fields = fields


class AssignmentRow(RecordSerializer):
    round = RoundOfSeat(read_only=True)
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = Assignment
        fields = ["id", "round", "alias", "seat_type", "is_mine", "respond_by", "pledged_at", *RECORD_FIELDS]
        read_only_fields = fields

    def get_is_mine(self, assignment: Assignment) -> bool:
        return bool(assignment.expert.user_id == self.reader.pk)


class SheetOfSeat(RecordSerializer):
    class Meta:
        model = ScoreSheet
        fields = ["id", "state", "state_label"]
        read_only_fields = fields


class AssignmentDetail(AssignmentRow):
    sheets = SheetOfSeat(many=True, read_only=True, help_text="those the caller may read")

    class Meta(AssignmentRow.Meta):
        fields = [*AssignmentRow.Meta.fields, "sheets"]
        read_only_fields = fields


class AssignmentViewSet(RecordViewSet):
    """Seats in review panels."""

    flow = AssignmentFlow
    lookup_field = "pk"
    lookup_value_regex = PK
    serializer_class = AssignmentDetail
    list_serializer_class = AssignmentRow
    related = ("round__challenge", "expert")
    filters = {
        "state": Choice("state", Assignment.State),
        "round": Exact("round__pk", int),
        "list": Exact("round__challenge__challenge_list__number"),
        "challenge": Exact("round__challenge__number"),
        "field": Choice("round__challenge__field", Challenge.Field),
        "year": Exact("round__challenge__challenge_list__year", int),
    }
    orderings = {"round": "round__pk", "alias": "alias"}
    default_ordering = ("-round", "alias")

    def nested(self) -> list[str | Prefetch]:
        return [Prefetch("sheets", visible(ScoreSheet, self.caller).order_by("pk"))]
