"""/api/v1/bids/ – 揭榜申请: read, opened by the unit or its PI, filled in while it is a draft."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects.api.bid_inputs import BidEdit, BidOpening, open_bid
from projects.api.summaries import told_score
from projects.bid_editing import apply_bid_changes, may_edit_bid
from projects.disclosure import may_see_score_of_bid, shown_state, shown_states_are
from projects.models import Bid, BidPartner, Challenge, IndicatorResponse
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.creating import Creates
from workflows.api.files import FileSerializer, HoldsFiles, readable_files
from workflows.api.routing import UUID
from workflows.api.serializers import RECORD_FIELDS, OrganisationSerializer, PersonSerializer
from workflows.bid import BidFlow


class PartnerSerializer(serializers.ModelSerializer[BidPartner]):
    organisation = OrganisationSerializer(read_only=True)

    class Meta:
        model = BidPartner
        fields = ["organisation", "task", "budget_yuan"]
        read_only_fields = fields


class ResponseSerializer(serializers.ModelSerializer[IndicatorResponse]):
    no = serializers.IntegerField(source="indicator.no", read_only=True)
    name = serializers.CharField(source="indicator.name", read_only=True)

    class Meta:
        model = IndicatorResponse
        fields = ["no", "name", "promised", "promised_high", "present_level", "proof"]
        read_only_fields = fields


class BidState(Choice):
    """The state as the caller may know it: what he may not know cannot be asked for either."""

    def condition(self, name: str, value: str, reader: Any) -> Q:
        super().condition(name, value, reader)
        return shown_states_are(reader, value.split(","))


class BidRow(RecordSerializer):
    state = serializers.SerializerMethodField(help_text="as far as the caller may know it")
    state_label = serializers.SerializerMethodField()  # type: ignore[assignment]
    challenge = serializers.CharField(source="challenge.number", read_only=True)
    organisation = OrganisationSerializer(read_only=True)
    pi = PersonSerializer(read_only=True)

    class Meta:
        model = Bid
        fields = [
            "uuid", "number", "title", "challenge", "organisation", "pi", "requested_yuan", "matching_yuan",
            "handed_in_at", "submitted_at", *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(Bid.State.choices))
    def get_state(self, bid: Bid) -> str:
        return shown_state(self.reader, bid)

    def get_state_label(self, bid: Bid) -> str:
        return str(dict(Bid.State.choices)[self.get_state(bid)])


class BidDetail(BidRow):
    recommender = OrganisationSerializer(read_only=True, allow_null=True)
    partners = PartnerSerializer(many=True, read_only=True)
    responses = ResponseSerializer(many=True, read_only=True)
    files = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField(help_text="null until the caller may know it")
    is_editable = serializers.SerializerMethodField(help_text="whether PATCH is open to the caller now")

    class Meta(BidRow.Meta):
        fields = [
            *BidRow.Meta.fields, "summary", "route", "route_tag", "team", "recommender", "pledge_signed_at",
            "snapshot_sha256", "score", "is_editable", "partners", "responses", "files",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, bid: Bid) -> object:
        return FileSerializer(readable_files(self.reader, bid), many=True).data

    def get_score(self, bid: Bid) -> str | None:
        return told_score(bid.score) if may_see_score_of_bid(self.reader, bid) else None

    def get_is_editable(self, bid: Bid) -> bool:
        return may_edit_bid(self.reader, bid)


class BidViewSet(Creates, HoldsFiles, RecordViewSet):
    """Bids: the team's own, the recommender's once passed on, the agency's once handed in for good."""

    flow = BidFlow
    lookup_field = "uuid"
    lookup_value_regex = UUID
    serializer_class = BidDetail
    list_serializer_class = BidRow
    opening_serializer_class = BidOpening
    related = ("challenge__challenge_list", "organisation", "pi", "recommender")
    filters = {
        "state": BidState("state", Bid.State),
        "list": Exact("challenge__challenge_list__number"),
        "challenge": Exact("challenge__number"),
        "field": Choice("challenge__field", Challenge.Field),
        "year": Exact("challenge__challenge_list__year", int),
        "text": Text(("title", "number", "organisation__name")),
    }
    # Not by score: the order would tell what the column withholds.
    orderings = {
        "created_at": "created_at",
        "submitted_at": "submitted_at",
        "requested_yuan": "requested_yuan",
    }
    default_ordering = ("-created_at",)

    def nested(self) -> list[str | Prefetch]:
        return [
            Prefetch("partners", BidPartner.objects.select_related("organisation")),
            Prefetch("responses", IndicatorResponse.objects.select_related("indicator").order_by("indicator__no")),
        ]

    def receipt_of(self, record: Bid) -> str | None:
        return record.receipts.order_by("-pk").values_list("number", flat=True).first()

    def open_record(self, values: dict[str, Any]) -> Bid:
        return open_bid(self.caller, values)

    @extend_schema(request=BidEdit, responses=BidDetail)
    def partial_update(self, request: Request, **key: str) -> Response:
        """Fill in a draft. A list that is given (partners, responses) replaces the stored one."""
        bid = self.get_object()
        edit = BidEdit(data=request.data, context={"bid": bid})
        edit.is_valid(raise_exception=True)
        apply_bid_changes(bid, edit.changes(), by=self.caller)
        return Response(self.get_serializer(self.get_object()).data)
