"""What a program sends to open a bid and to fill it in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import Organisation, Role, User
from accounts.roles import organisations_of
from projects.bid_editing import CONTENT, BidChanges, PartnerLine, ResponseLine
from projects.models import Bid, BidPartner, Challenge, IndicatorResponse
from projects.profiles import team_words
from projects.queries import visible
from workflows.bid import BidFlow
from workflows.engine import start
from workflows.wording import listed

MOST_PARTNERS = 20  # far above any rule set's limit, which is judged when the bid is handed in
MOST_RESPONSES = 100


def organisation_by_uscc(**options: Any) -> serializers.SlugRelatedField[Organisation]:
    return serializers.SlugRelatedField("uscc", queryset=Organisation.objects.all(), **options)


class PartnerInput(serializers.ModelSerializer[BidPartner]):
    organisation = organisation_by_uscc()

    class Meta:
        model = BidPartner
        fields = ["organisation", "task", "budget_yuan"]


class ResponseInput(serializers.ModelSerializer[IndicatorResponse]):
    no = serializers.IntegerField(min_value=1, help_text="the indicator's number in its challenge")

    class Meta:
        model = IndicatorResponse
        fields = ["no", "promised", "promised_high", "present_level", "proof"]


class BidEdit(serializers.ModelSerializer[Bid]):
    """Fields of a draft; all optional. Needs the bid in the context."""

    recommender = organisation_by_uscc(required=False, allow_null=True)
    partners = PartnerInput(many=True, required=False, max_length=MOST_PARTNERS)  # type: ignore[call-arg]
    responses = ResponseInput(many=True, required=False, max_length=MOST_RESPONSES)  # type: ignore[call-arg]

    class Meta:
        model = Bid
        fields = [*CONTENT, "partners", "responses"]
        extra_kwargs = {"title": {"required": False}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(
                {name: _("没有这个字段，或不能在此修改；请对照接口文档删去或改正。") for name in unknown}
            )
        return attrs

    def changes(self) -> BidChanges:
        """The validated data with indicators looked up in the bid's own challenge."""
        return changes_to(self.context["bid"], self.validated_data)


def changes_to(bid: Bid, values: dict[str, Any]) -> BidChanges:
    partners, responses = values.get("partners"), values.get("responses")
    return BidChanges(
        fields={name: values[name] for name in CONTENT if name in values},
        partners=None if partners is None else [PartnerLine(**line) for line in partners],
        responses=None if responses is None else _response_lines(bid, responses),
    )


def _response_lines(bid: Bid, lines: list[dict[str, Any]]) -> list[ResponseLine]:
    indicators = {i.no: i for i in bid.challenge.indicators.all()}
    unknown = sorted({line["no"] for line in lines} - set(indicators))
    if unknown:
        sentence = _("本榜题没有第 %s 项指标；请对照榜题的指标序号更正。") % listed(map(str, unknown))
        raise serializers.ValidationError({"responses": [sentence]})
    return [ResponseLine(indicator=indicators[line.pop("no")], **line) for line in map(dict, lines)]


class BidOpening(serializers.Serializer[Any]):
    """A new bid. `organisation` and `pi` default to the caller's unit and the caller."""

    challenge = serializers.CharField(max_length=40, help_text="number of an open challenge")
    organisation = serializers.CharField(max_length=18, required=False, help_text="USCC of the lead unit")
    pi = serializers.CharField(max_length=150, required=False, help_text="account of a person of that unit")
    title = serializers.CharField(max_length=80)


def open_bid(user: User, values: dict[str, Any]) -> Bid:
    """Start a bid. Names are looked up where the caller may see them only; raises `Refused` otherwise."""
    challenge = visible(Challenge, user).filter(number=values["challenge"]).first()
    if challenge is None:
        raise serializers.ValidationError({"challenge": [_("没有这个榜题；请核对榜题编号。")]})
    organisation = _lead_unit(user, values.get("organisation"))
    pi = user
    if "pi" in values and values["pi"] != user.username:
        # Only among the unit's own people: this must not become a way to find out accounts.
        found = organisation.people.filter(username=values["pi"], is_active=True).first()
        if found is None:
            raise serializers.ValidationError({"pi": [_("该单位没有这位人员；请核对账号，或先由单位管理员登记此人。")]})
        pi = found
    team = team_words(organisation, pi)
    bid = Bid(challenge=challenge, organisation=organisation, pi=pi, title=values["title"], team=team)
    return start(BidFlow, bid, by=user)


def _lead_unit(user: User, uscc: str | None) -> Organisation:
    if uscc is None and user.organisation is not None:
        return user.organisation
    units = organisations_of(user, Role.ORG)
    if user.organisation_id is not None:
        units.add(user.organisation_id)
    own = Organisation.objects.filter(pk__in=units, uscc=uscc or "").first()
    if own is None:
        raise serializers.ValidationError(
            {"organisation": [_("您不属于该单位，不能以其名义揭榜；请选择您所在的单位，或由该单位的人员填报。")]}
        )
    return own
