"""The story over HTTP for programs: how any record is listed, read, and moved through `perform`."""

from workflows.api.filters import AllowListFilter, Choice, Exact, Text
from workflows.api.records import RecordViewSet
from workflows.api.routing import RecordRouter
from workflows.api.serializers import RecordSerializer

__all__ = ["AllowListFilter", "Choice", "Exact", "RecordRouter", "RecordSerializer", "RecordViewSet", "Text"]
