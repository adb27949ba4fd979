"""/api/v1/notices/ – 公示."""

from __future__ import annotations

from rest_framework import serializers

from projects.api.lists import AgencySerializer
from projects.models import PublicNotice
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.serializers import RECORD_FIELDS
from workflows.notice import NoticeFlow


class NoticeRow(RecordSerializer):
    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    agency = AgencySerializer(read_only=True)

    class Meta:
        model = PublicNotice
        fields = ["number", "kind", "kind_label", "agency", "title", "starts_on", "ends_on", *RECORD_FIELDS]
        read_only_fields = fields


class NoticeDetail(NoticeRow):
    rows = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta(NoticeRow.Meta):
        fields = [*NoticeRow.Meta.fields, "body", "rows", "content_sha256"]
        read_only_fields = fields


class NoticeViewSet(RecordViewSet):
    """Publicity notices, as the public reads them."""

    flow = NoticeFlow
    lookup_field = "number"
    serializer_class = NoticeDetail
    list_serializer_class = NoticeRow
    related = ("agency__organisation",)
    filters = {
        "state": Choice("state", PublicNotice.State),
        "kind": Choice("kind", PublicNotice.Kind),
        "agency": Exact("agency__code"),
        "year": Exact("starts_on__year", int),
        "text": Text(("number", "title")),
    }
    orderings = {"number": "number", "starts_on": "starts_on", "ends_on": "ends_on"}
    default_ordering = ("-starts_on",)
