"""/api/v1/score-sheets/ – 评分表, with the proposal an expert is to judge."""

from __future__ import annotations

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.models import Bid, BidPartner, IndicatorResponse
from review.models import ScoreItem, ScoreSheet
from review.queries import may_read_bid_as_expert
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.files import FileSerializer, ReadsFiles, readable_files
from workflows.api.routing import PK
from workflows.api.serializers import RECORD_FIELDS
from workflows.score_sheet import ScoreSheetFlow


class ScoreItemSerializer(serializers.ModelSerializer[ScoreItem]):
    class Meta:
        model = ScoreItem
        fields = ["criterion", "value", "band"]
        read_only_fields = fields


class BidOfSheet(serializers.ModelSerializer[Bid]):
    organisation = serializers.CharField(source="organisation.name", read_only=True)

    class Meta:
        model = Bid
        fields = ["uuid", "number", "title", "organisation"]
        read_only_fields = fields


class PartnerOfBid(serializers.ModelSerializer[BidPartner]):
    organisation = serializers.CharField(source="organisation.name", read_only=True)

    class Meta:
        model = BidPartner
        fields = ["organisation", "task", "budget_yuan"]
        read_only_fields = fields


class PromiseOfBid(serializers.ModelSerializer[IndicatorResponse]):
    no = serializers.IntegerField(source="indicator.no", read_only=True)
    name = serializers.CharField(source="indicator.name", read_only=True)

    class Meta:
        model = IndicatorResponse
        fields = ["no", "name", "promised", "promised_high", "present_level", "proof"]
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Bid]):
    """What an expert reads; the files' bytes are at `files/<uuid>/` below the sheet."""

    partners = PartnerOfBid(many=True, read_only=True)
    responses = PromiseOfBid(many=True, read_only=True)
    files = serializers.SerializerMethodField()

    class Meta:
        model = Bid
        fields = [
            "summary", "route", "route_tag", "team", "requested_yuan", "matching_yuan", "partners",
            "responses", "files",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, bid: Bid) -> object:
        return FileSerializer(readable_files(self.context["request"].user, bid), many=True).data


class SheetRow(RecordSerializer):
    alias = serializers.CharField(source="assignment.alias", read_only=True)
    round = serializers.IntegerField(source="assignment.round_id", read_only=True)
    bid = BidOfSheet(read_only=True)

    class Meta:
        model = ScoreSheet
        fields = [
            "id",
            "round",
            "alias",
            "bid",
            "recommendation",
            "is_vetoed",
            "total",
            "submitted_at",
            *RECORD_FIELDS,
        ]
        read_only_fields = fields


class SheetDetail(SheetRow):
    items = ScoreItemSerializer(many=True, read_only=True)
    proposal = serializers.SerializerMethodField(help_text="for the sheet's expert, while the round lets him read")

    class Meta(SheetRow.Meta):
        fields = [
            *SheetRow.Meta.fields, "comment", "items", "veto_grounds", "veto_reason", "query_flags", "query_reason",
            "query_until", "answer", "answer_reason", "proposal",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ProposalSerializer(allow_null=True))
    def get_proposal(self, sheet: ScoreSheet) -> object:
        if not may_read_bid_as_expert(self.reader, sheet.bid):
            return None
        return ProposalSerializer(sheet.bid, context=self.context).data


class ScoreSheetViewSet(ReadsFiles, RecordViewSet):
    """Score sheets: an expert's own; others' when the rules of review open them."""

    flow = ScoreSheetFlow
    lookup_field = "pk"
    lookup_value_regex = PK
    serializer_class = SheetDetail
    list_serializer_class = SheetRow
    related = ("assignment__round", "bid__organisation")
    # Neither filter nor order by points: the sheets shown are the only ones told about.
    filters = {
        "state": Choice("state", ScoreSheet.State),
        "round": Exact("assignment__round__pk", int),
        "assignment": Exact("assignment__pk", int),
        "challenge": Exact("bid__challenge__number"),
    }
    orderings = {"round": "assignment__round__pk", "submitted_at": "submitted_at"}
    default_ordering = ("-round",)

    def file_holder(self) -> Bid:
        sheet: ScoreSheet = self.get_object()
        return sheet.bid

    def nested(self) -> list[str | Prefetch]:
        responses = IndicatorResponse.objects.select_related("indicator").order_by("indicator__no")
        return [
            "items",
            Prefetch("bid__partners", BidPartner.objects.select_related("organisation")),
            Prefetch("bid__responses", responses),
        ]
