"""/api/v1/reconsiderations/ – 复审: a team asks that the refusal of its bid be looked at again."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from projects.api.summaries import BidSummary
from projects.models import Bid, Reconsideration
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.creating import Creates
from workflows.api.files import HoldsFiles
from workflows.api.serializers import RECORD_FIELDS
from workflows.reconsideration import ReconsiderationFlow, ask_again


class ReconsiderationRow(RecordSerializer):
    bid = BidSummary(read_only=True)

    class Meta:
        model = Reconsideration
        fields = ["number", "bid", "refused_at", "sealed_at", "decide_by", *RECORD_FIELDS]
        read_only_fields = fields


class ReconsiderationDetail(ReconsiderationRow):
    class Meta(ReconsiderationRow.Meta):
        fields = [*ReconsiderationRow.Meta.fields, "grounds", "conclusion"]
        read_only_fields = fields


class ReconsiderationOpening(serializers.ModelSerializer[Reconsideration]):
    """The refused bid and why the refusal is wrong."""

    bid = serializers.UUIDField(help_text="uuid of a bid that was not accepted")

    class Meta:
        model = Reconsideration
        fields = ["bid", "grounds"]


class ReconsiderationViewSet(Creates, HoldsFiles, RecordViewSet):
    """Reconsiderations of refused bids (domain 2.10)."""

    flow = ReconsiderationFlow
    lookup_field = "number"
    serializer_class = ReconsiderationDetail
    list_serializer_class = ReconsiderationRow
    opening_serializer_class = ReconsiderationOpening
    related = ("bid__organisation", "bid__challenge")
    filters = {"state": Choice("state", Reconsideration.State), "bid": Exact("bid__number")}
    orderings = {"number": "number", "decide_by": "decide_by", "created_at": "created_at"}
    default_ordering = ("-created_at",)

    def open_record(self, values: dict[str, Any]) -> Reconsideration:
        bid = visible(Bid, self.caller).filter(uuid=values["bid"]).first()
        if bid is None:
            raise serializers.ValidationError({"bid": [_("没有这份申请；请核对申请的编号。")]})
        return ask_again(bid, by=self.caller, grounds=values["grounds"])
