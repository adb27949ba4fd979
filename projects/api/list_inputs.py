"""What an officer's program sends to open a list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import Agency, Division, Role, User
from accounts.roles import agencies_of
from projects.models import ChallengeList, RuleSet
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import start


class ListOpening(serializers.ModelSerializer[ChallengeList]):
    """A new list of the caller's agency, under the newest published edition of a rule set."""

    agency = serializers.CharField(max_length=12, help_text="code of an agency in which the caller is an officer")
    division = serializers.CharField(max_length=40)
    rule_set = serializers.CharField(max_length=40, help_text="code of a published rule set of the agency")

    class Meta:
        model = ChallengeList
        fields = [
            "agency", "division", "rule_set", "number", "title", "year", "introduction", "quota_target",
            "contact", "demand_close_at", "bid_close_at", "rec_close_at",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("bid_close_at"), attrs.get("rec_close_at")
        if last is not None and (first is None or last < first):
            raise serializers.ValidationError({"rec_close_at": _("推荐截止不得早于揭榜截止，请改晚推荐截止。")})
        return attrs


def open_list(user: User, values: dict[str, Any]) -> ChallengeList:
    """Start a list. Divisions and rule sets are looked up in the caller's own agencies only."""
    agency = Agency.objects.filter(pk__in=agencies_of(user, Role.OFF, Role.AGY), code=values["agency"]).first()
    if agency is None:
        raise serializers.ValidationError({"agency": [_("您不是该部门的经办人；请选择您任经办人的部门。")]})
    division = Division.objects.filter(agency=agency, name=values["division"]).first()
    if division is None:
        raise serializers.ValidationError({"division": [_("没有这个处室；请从本部门的处室中选择。")]})
    published = RuleSet.objects.filter(agency=agency, code=values["rule_set"], published_at__isnull=False)
    rule_set = published.order_by("-edition").first()
    if rule_set is None:
        raise serializers.ValidationError(
            {"rule_set": [_("没有这个已发布的规则集；请核对代码和版本，或先发布该规则集。")]}
        )
    facts = {**values, "agency": agency, "division": division, "rule_set": rule_set}
    return start(ChallengeListFlow, ChallengeList(**facts), by=user)
