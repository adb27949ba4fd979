"""/api/v1/certificates/ – 证书, for the project's readers; anyone verifies at /api/v1/verify/."""

from __future__ import annotations

from rest_framework import serializers

from projects.api.summaries import ProjectSummary
from projects.models import Certificate
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet, Text
from workflows.api.routing import PK
from workflows.api.serializers import RECORD_FIELDS
from workflows.certificate import CertificateFlow


class CertificateSerializer(RecordSerializer):
    """Never the token: whoever reads it could pass for the holder of the paper."""

    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    project = ProjectSummary(read_only=True)

    class Meta:
        model = Certificate
        fields = [
            "id", "number", "kind", "kind_label", "project", "issued_on", "pdf_sha256", "revoke_reason",
            *RECORD_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields


class CertificateViewSet(RecordViewSet):
    """Certificates of the projects the caller may read."""

    flow = CertificateFlow
    # A certificate has no number before it is issued.
    lookup_field = "pk"
    lookup_value_regex = PK
    serializer_class = CertificateSerializer
    related = ("project",)
    filters = {
        "state": Choice("state", Certificate.State),
        "kind": Choice("kind", Certificate.Kind),
        "project": Exact("project__number"),
        "year": Exact("issued_on__year", int),
        "text": Text(("number", "project__number", "project__title")),
    }
    orderings = {"number": "number", "issued_on": "issued_on"}
    default_ordering = ("-issued_on",)
