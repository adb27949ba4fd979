"""/api/v1/extensions/ – 个别延期: a later close for one bid."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from projects.api.summaries import BidSummary
from projects.models import Bid, BidExtension
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.creating import Creates
from workflows.api.files import HoldsFiles
from workflows.api.serializers import RECORD_FIELDS
from workflows.extension import BidExtensionFlow, ask_extension


class ExtensionRow(RecordSerializer):
    bid = BidSummary(read_only=True)

    class Meta:
        model = BidExtension
        fields = ["number", "bid", "bid_until", "rec_until", *RECORD_FIELDS]
        read_only_fields = fields


class ExtensionDetail(ExtensionRow):
    class Meta(ExtensionRow.Meta):
        fields = [*ExtensionRow.Meta.fields, "grounds", "opinion"]
        read_only_fields = fields


class ExtensionOpening(serializers.ModelSerializer[BidExtension]):
    """The bid and why it needs longer."""

    bid = serializers.UUIDField(help_text="uuid of a bid that is not handed in for good")

    class Meta:
        model = BidExtension
        fields = ["bid", "grounds"]


class ExtensionViewSet(Creates, HoldsFiles, RecordViewSet):
    """Extensions of the close for one bid (domain 2.0, 2.1)."""

    flow = BidExtensionFlow
    lookup_field = "number"
    serializer_class = ExtensionDetail
    list_serializer_class = ExtensionRow
    opening_serializer_class = ExtensionOpening
    related = ("bid__organisation", "bid__challenge")
    filters = {"state": Choice("state", BidExtension.State), "challenge": Exact("bid__challenge__number")}
    orderings = {"number": "number", "bid_until": "bid_until", "created_at": "created_at"}
    default_ordering = ("-created_at",)

    def open_record(self, values: dict[str, Any]) -> BidExtension:
        bid = visible(Bid, self.caller).filter(uuid=values["bid"]).first()
        if bid is None:
            raise serializers.ValidationError({"bid": [_("没有这份申请；请核对申请的编号。")]})
        return ask_extension(bid, by=self.caller, grounds=values["grounds"])
