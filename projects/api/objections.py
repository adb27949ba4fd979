"""/api/v1/objections/ – 异议: the author's own cases, and those of the agency that must answer them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from projects.disclosure import (
    may_see_author_of_objection,
    may_see_defence,
    may_see_finding,
    may_see_grounds,
    may_see_verdict,
)
from projects.models import Objection, PublicNotice
from projects.queries import visible
from workflows.api import Choice, Exact, RecordSerializer, RecordViewSet
from workflows.api.creating import Creates
from workflows.api.files import HoldsFiles
from workflows.api.serializers import RECORD_FIELDS
from workflows.objection import ObjectionFlow, bids_in, file_objection


class ObjectionRow(RecordSerializer):
    notice = serializers.CharField(source="notice.number", read_only=True)
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = Objection
        fields = ["number", "notice", "is_mine", "reply_due_on", *RECORD_FIELDS]
        read_only_fields = fields

    def get_is_mine(self, objection: Objection) -> bool:
        return objection.author_user_id is not None and objection.author_user_id == self.reader.pk


class ObjectionDetail(ObjectionRow):
    bid = serializers.CharField(source="bid.number", read_only=True, allow_null=True, default=None)
    author_name = serializers.SerializerMethodField(help_text="null: identity protected")
    author_contact = serializers.SerializerMethodField(help_text="null: identity protected")
    grounds = serializers.SerializerMethodField(help_text="null for the party objected to: see shown_grounds")
    other_party_reply = serializers.SerializerMethodField(help_text="null unless yours, or until the reply")
    finding = serializers.SerializerMethodField(help_text="null until the reply")
    verdict = serializers.SerializerMethodField(help_text="null until the reply")
    reply = serializers.SerializerMethodField(help_text="null for the party objected to")

    class Meta(ObjectionRow.Meta):
        fields = [
            *ObjectionRow.Meta.fields, "bid", "grounds", "shown_grounds", "author_name", "author_contact",
            "other_party_reply", "finding", "verdict", "reply", "reply_is_extended",
        ]  # fmt: skip
        read_only_fields = fields

    def get_author_name(self, objection: Objection) -> str | None:
        return objection.author_name if may_see_author_of_objection(self.reader, objection) else None

    def get_author_contact(self, objection: Objection) -> str | None:
        return objection.author_contact if may_see_author_of_objection(self.reader, objection) else None

    def get_grounds(self, objection: Objection) -> str | None:
        return objection.grounds if may_see_grounds(self.reader, objection) else None

    def get_other_party_reply(self, objection: Objection) -> str | None:
        return objection.other_party_reply if may_see_defence(self.reader, objection) else None

    def get_reply(self, objection: Objection) -> str | None:
        return objection.reply if may_see_grounds(self.reader, objection) else None

    def get_finding(self, objection: Objection) -> str | None:
        return objection.finding if may_see_finding(self.reader, objection) else None

    def get_verdict(self, objection: Objection) -> str | None:
        return objection.verdict if may_see_verdict(self.reader, objection) else None


class ObjectionOpening(serializers.ModelSerializer[Objection]):
    """Real name, contact and grounds; `bid` is the number of the published row objected to."""

    notice = serializers.CharField(max_length=40, help_text="number of an ongoing notice")
    bid = serializers.CharField(max_length=40, required=False)

    class Meta:
        model = Objection
        fields = ["notice", "bid", "author_name", "author_contact", "grounds"]


def open_objection(user: User, values: dict[str, Any]) -> Objection:
    notice = visible(PublicNotice, user).filter(number=values["notice"]).first()
    if notice is None:
        raise serializers.ValidationError({"notice": [_("没有这份公示；请核对公示编号。")]})
    bid = None
    if "bid" in values:
        bid = bids_in(notice).filter(number=values["bid"]).first()
        if bid is None:
            raise serializers.ValidationError({"bid": [_("所涉申报不在这份公示之内，请从公示表中选择。")]})
    said = {name: values[name] for name in ("author_name", "author_contact", "grounds")}
    return file_objection(notice, by=user, bid=bid, **said)


class ObjectionViewSet(Creates, HoldsFiles, RecordViewSet):
    """Objections. Their authors are told to few (domain 2.10)."""

    flow = ObjectionFlow
    lookup_field = "number"
    serializer_class = ObjectionDetail
    list_serializer_class = ObjectionRow
    opening_serializer_class = ObjectionOpening
    related = ("notice", "bid")
    filters = {"state": Choice("state", Objection.State), "notice": Exact("notice__number")}
    orderings = {"number": "number", "reply_due_on": "reply_due_on", "created_at": "created_at"}
    default_ordering = ("-created_at",)

    def open_record(self, values: dict[str, Any]) -> Objection:
        return open_objection(self.caller, values)
