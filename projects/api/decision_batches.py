"""/api/v1/decision-batches/ – 批量办理: proposed by one person, carried out by a second one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.models import AwardDecision, DecisionBatch
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.creating import Creates
from workflows.api.serializers import RECORD_FIELDS, PersonSerializer
from workflows.decision_batch import DecisionBatchFlow, preview, propose_batch, words_of


class BatchRow(RecordSerializer):
    challenge_list = serializers.CharField(source="decision.challenge_list.number", read_only=True)
    proposed_by = PersonSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = DecisionBatch
        fields = [
            "id", "challenge_list", "kind", "document_no", "is_held", "release_at", "digest", "proposed_by",
            "decided_by", *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields


class PreviewSerializer(serializers.Serializer[Any]):
    """What it would do now. With another digest than the batch's it is void."""

    digest = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    money_yuan = serializers.IntegerField(source="money")
    letters = serializers.SerializerMethodField()
    blockers = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())

    def get_letters(self, plan: Any) -> int:
        return len(plan.letters)


class BatchDetail(BatchRow):
    preview = serializers.SerializerMethodField(help_text="null once it is decided")

    class Meta(BatchRow.Meta):
        fields = [*BatchRow.Meta.fields, "minutes", "preview"]
        read_only_fields = fields

    @extend_schema_field(PreviewSerializer(allow_null=True))
    def get_preview(self, batch: DecisionBatch) -> Any:
        if batch.state != DecisionBatch.State.PROPOSED:
            return None
        return PreviewSerializer(preview(batch.decision, batch.kind, self.reader, words_of(batch))).data


class BatchOpening(serializers.ModelSerializer[DecisionBatch]):
    """Which step, on which list's decision, in which words."""

    challenge_list = serializers.CharField(max_length=40)
    digest = serializers.CharField(
        required=False, max_length=64, help_text="of the preview that was read; another one is refused as stale"
    )

    class Meta:
        model = DecisionBatch
        fields = ["challenge_list", "kind", "minutes", "document_no", "is_held", "release_at", "digest"]


class DecisionBatchViewSet(Creates, RecordViewSet):
    """Steps that concern every bid of a decision; inside the agency only."""

    flow = DecisionBatchFlow
    lookup_field = "id"
    lookup_value_regex = "[0-9]+"
    serializer_class = BatchDetail
    list_serializer_class = BatchRow
    opening_serializer_class = BatchOpening
    related = ("decision__challenge_list__rule_set", "decision__challenge_list__agency__organisation", "proposed_by",
               "decided_by")  # fmt: skip
    filters = {
        "state": Choice("state", DecisionBatch.State),
        "kind": Choice("kind", DecisionBatch.Kind),
        "list": Exact("decision__challenge_list__number"),
    }
    orderings = {"created_at": "created_at"}
    default_ordering = ("-created_at",)

    def open_record(self, values: dict[str, Any]) -> DecisionBatch:
        number = values.pop("challenge_list")
        decision = visible(AwardDecision, self.caller).filter(challenge_list__number=number).first()
        if decision is None:
            raise serializers.ValidationError(
                {"challenge_list": [_("没有这批榜单的立项审定；请核对榜单编号，并先将榜单转入会议审定。")]}
            )
        if values.get("release_at") and not values.get("is_held"):
            raise serializers.ValidationError({"release_at": [_("定时发布只用于“审定后暂不发布”，请一并勾选。")]})
        return propose_batch(decision, by=self.caller, **values)
