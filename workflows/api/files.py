"""A record's files for programs: promise, PUT to the address given, complete – as the pages do."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from attachments.models import Attachment
from attachments.queries import files_of, stored_files
from attachments.upload import begin_upload, complete_upload, remove_file
from workflows.api.routing import UUID


class FileSerializer(serializers.ModelSerializer[Attachment]):
    class Meta:
        model = Attachment
        fields = ["uuid", "slot", "file_name", "size", "sha256", "status"]
        read_only_fields = fields


class PromiseSerializer(serializers.Serializer[Any]):
    slot = serializers.ChoiceField(choices=Attachment.Slot.choices)
    file_name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1, help_text="bytes")
    sha256 = serializers.RegexField("^[0-9a-f]{64}$")


class TicketSerializer(serializers.Serializer[Any]):
    file = FileSerializer(source="attachment")
    upload_url = serializers.CharField(help_text="PUT the bytes here, without the token")
    seconds = serializers.IntegerField(help_text="how long the address is good")


class HoldsFiles:
    """Mix into a `RecordViewSet` whose records take files."""

    @extend_schema(responses=FileSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def files(self, request: Request, **key: str) -> Response:
        """Files whose bytes were verified."""
        return Response(FileSerializer(stored_files(self._holder()), many=True).data)

    @extend_schema(request=PromiseSerializer, responses={201: TicketSerializer})
    @files.mapping.post
    def begin_file(self, request: Request, **key: str) -> Response:
        """Promise a file; the answer says where to PUT its bytes."""
        promise = PromiseSerializer(data=request.data)
        promise.is_valid(raise_exception=True)
        ticket = begin_upload(request.user, self._holder(), **promise.validated_data)
        return Response(TicketSerializer(ticket).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=FileSerializer)
    @action(
        detail=True, methods=["post"], url_path=f"files/(?P<file>{UUID})/complete", url_name="complete-file"
    )
    def complete_file(self, request: Request, file: str, **key: str) -> Response:
        """Have the uploaded bytes verified against the promise; only then the file counts."""
        return Response(FileSerializer(complete_upload(request.user, self._file(file))).data)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path=f"files/(?P<file>{UUID})", url_name="file")
    def take_out_file(self, request: Request, file: str, **key: str) -> Response:
        """Take a file out while the record may be filled in."""
        remove_file(request.user, self._file(file))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _holder(self) -> Any:
        view: Any = self
        return view.get_object()

    def _file(self, uuid: str) -> Attachment:
        return get_object_or_404(files_of(self._holder()), uuid=uuid)
