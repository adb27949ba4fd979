"""A record's files for programs: promise, PUT to the address given, complete – as the pages do."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from attachments.models import Attachment
from attachments.queries import files_of, may_read, may_write, stored_files
from attachments.store import DOWNLOAD_ADDRESS_LIFE, download_address
from attachments.upload import begin_upload, complete_upload, remove_file, store_must_answer
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


class AddressSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    seconds = serializers.IntegerField(help_text="how long the address is good")


def readable_files(user: Any, holder: Model) -> list[Attachment]:
    """Verified files of a record that the reader may open; not every reader of a record may."""
    return [file for file in stored_files(holder).select_related("holder_type") if may_read(user, file)]


def address_of(user: Any, file: Attachment) -> Response:
    """Where to GET the bytes. Raises 404 when the reader may not."""
    if file.status != Attachment.Status.STORED or not may_read(user, file):
        raise Http404
    url = store_must_answer(download_address)(file.object_key, file.file_name, file.content_type)
    seconds = int(DOWNLOAD_ADDRESS_LIFE.total_seconds())
    return Response({"url": url, "seconds": seconds}, headers={"Cache-Control": "private, no-store"})


class ReadsFiles:
    """Mix into a `RecordViewSet` whose readers may fetch files of another record, `file_holder()`."""

    @extend_schema(responses=AddressSerializer)
    @action(detail=True, url_path=f"files/(?P<file>{UUID})", url_name="file")
    def file(self, request: Request, file: str, **key: str) -> Response:
        """Where to GET the bytes, for a minute."""
        view: Any = self
        found = get_object_or_404(files_of(view.file_holder()), uuid=file)
        return address_of(request.user, found)


class HoldsFiles:
    """Mix into a `RecordViewSet` whose records take files."""

    @extend_schema(responses=FileSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def files(self, request: Request, **key: str) -> Response:
        """Files whose bytes were verified."""
        view: Any = self
        return Response(FileSerializer(readable_files(view.caller, view.get_object()), many=True).data)

    @extend_schema(request=PromiseSerializer, responses={201: TicketSerializer})
    @files.mapping.post
    def begin_file(self, request: Request, **key: str) -> Response:
        """Promise a file; the answer says where to PUT its bytes."""
        view: Any = self
        promise = PromiseSerializer(data=request.data)
        promise.is_valid(raise_exception=True)
        ticket = begin_upload(view.caller, view.get_object(), **promise.validated_data)
        return Response(TicketSerializer(ticket).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=FileSerializer)
    @action(detail=True, methods=["post"], url_path=f"files/(?P<file>{UUID})/complete", url_name="complete-file")
    def complete_file(self, request: Request, file: str, **key: str) -> Response:
        """Have the uploaded bytes verified against the promise; only then the file counts."""
        return Response(FileSerializer(complete_upload(request.user, self._file(file))).data)

    @extend_schema(responses=AddressSerializer)
    @action(detail=True, url_path=f"files/(?P<file>{UUID})", url_name="file")
    def file(self, request: Request, file: str, **key: str) -> Response:
        """Where to GET the bytes, for a minute."""
        return address_of(request.user, self._file(file))

    @extend_schema(responses={204: None})
    @file.mapping.delete
    def take_out_file(self, request: Request, file: str, **key: str) -> Response:
        """Take a file out while the record may be filled in."""
        remove_file(request.user, self._file(file))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _file(self, uuid: str) -> Attachment:
        """As on the pages: a file that the caller may neither read nor change does not exist."""
        view: Any = self
        holder = view.get_object()
        found = get_object_or_404(files_of(holder), uuid=uuid)
        if not (may_read(view.caller, found) or may_write(view.caller, holder)):
            raise Http404
        return found
