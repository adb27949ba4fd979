"""/api/v1/rounds/ – 评审轮次."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Max, Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Role, User
from projects.models import Challenge
from projects.queries import visible
from review.models import Assignment, ReviewRound
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.creating import Creates
from workflows.api.routing import PK
from workflows.api.serializers import RECORD_FIELDS
from workflows.engine import start
from workflows.permissions import people_with
from workflows.pinned_rules import rules_of
from workflows.review_round import ReviewRoundFlow
from workflows.unit_of_work import unit_of_work


class SeatSerializer(RecordSerializer):
    class Meta:
        model = Assignment
        fields = ["id", "alias", "seat_type", "state", "state_label"]
        read_only_fields = fields


class RoundRow(RecordSerializer):
    challenge = serializers.CharField(source="challenge.number", read_only=True)
    title = serializers.CharField(source="challenge.title", read_only=True)

    class Meta:
        model = ReviewRound
        fields = ["id", "challenge", "title", "no", "preview_until", "scoring_until", *RECORD_FIELDS]
        read_only_fields = fields


class RoundDetail(RoundRow):
    criteria = serializers.ListField(child=serializers.DictField(), read_only=True)
    chair = serializers.SerializerMethodField(help_text="alias of the chair's seat, if it is shown below")
    seats = SeatSerializer(source="assignments", many=True, read_only=True)

    class Meta(RoundRow.Meta):
        fields = [*RoundRow.Meta.fields, "criteria", "panel_opinion", "sign_until", "chair", "seats"]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_chair(self, row: ReviewRound) -> str | None:
        return next((seat.alias for seat in row.assignments.all() if seat.pk == row.chair_id), None)


class RoundOpening(serializers.Serializer[Any]):
    """A new round over a challenge under review. Its criteria are those of the pinned rule set."""

    challenge = serializers.CharField(max_length=40)
    secretary = serializers.CharField(max_length=150, help_text="account of a secretary of the agency")


def open_round(user: User, values: dict[str, Any]) -> ReviewRound:
    """Plan the next round. The secretary is looked up in the challenge's own agency only."""
    query = visible(Challenge, user).select_related("challenge_list__rule_set")
    challenge = query.filter(number=values["challenge"]).first()
    if challenge is None:
        raise serializers.ValidationError({"challenge": [_("没有这个榜题；请核对榜题编号。")]})
    flow = ReviewRoundFlow(ReviewRound(challenge=challenge), by=user)
    secretaries = []
    if ReviewRoundFlow.start_permission(flow, user):
        secretaries = people_with(Role.SEC, agency=challenge.challenge_list.agency_id)
    secretary = next((person for person in secretaries if person.username == values["secretary"]), None)
    if secretary is None:
        raise serializers.ValidationError(
            {"secretary": [_("本部门没有这位评审秘书；请核对账号，或先授予评审秘书角色。")]}
        )
    with unit_of_work():
        Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)  # two at once queue here
        last = challenge.rounds.aggregate(last=Max("no"))["last"] or 0
        criteria = [asdict(criterion) for criterion in rules_of(challenge).criteria]
        row = ReviewRound(challenge=challenge, no=last + 1, secretary=secretary, criteria=criteria)
        return start(ReviewRoundFlow, row, by=user)


class RoundViewSet(Creates, RecordViewSet):
    """Review rounds, for those who run or chair them."""

    flow = ReviewRoundFlow
    lookup_field = "pk"
    lookup_value_regex = PK
    serializer_class = RoundDetail
    list_serializer_class = RoundRow
    opening_serializer_class = RoundOpening
    related = ("challenge",)
    filters = {
        "state": Choice("state", ReviewRound.State),
        "list": Exact("challenge__challenge_list__number"),
        "challenge": Exact("challenge__number"),
        "field": Choice("challenge__field", Challenge.Field),
        "year": Exact("challenge__challenge_list__year", int),
        "text": Text(("challenge__number", "challenge__title")),
    }
    orderings = {"challenge": "challenge__number", "scoring_until": "scoring_until"}
    default_ordering = ("challenge",)

    def nested(self) -> list[str | Prefetch]:
        return [Prefetch("assignments", visible(Assignment, self.caller).order_by("alias"))]

    def open_record(self, values: dict[str, Any]) -> ReviewRound:
        return open_round(self.caller, values)
