"""What an officer's program sends to put a challenge into a list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from projects.api.bid_inputs import organisation_by_uscc
from projects.api.summaries import IndicatorSerializer
from projects.models import Challenge, ChallengeList, Indicator
from projects.numbering import next_challenge_number
from projects.queries import visible
from workflows.challenge import ChallengeFlow
from workflows.engine import start
from workflows.unit_of_work import unit_of_work


class ChallengeOpening(serializers.ModelSerializer[Challenge]):
    """A new challenge with its indicators. Without `number` it gets the list's next one."""

    challenge_list = serializers.CharField(max_length=40, help_text="number of a list that still takes challenges")
    number = serializers.CharField(max_length=40, required=False)
    demander = organisation_by_uscc()
    indicators = IndicatorSerializer(many=True, allow_empty=False, max_length=50)  # type: ignore[call-arg]

    class Meta:
        model = Challenge
        fields = [
            "challenge_list", "number", "title", "field", "demander", "demander_is_hidden", "background",
            "content", "scenario", "months", "cap_yuan", "bidder_conditions", "ip_terms", "lanes",
            "indicators",
        ]  # fmt: skip
        extra_kwargs = {
            "months": {"min_value": 1, "max_value": 96},
            "lanes": {"min_value": 1, "max_value": 5},
        }

    def validate_number(self, number: str) -> str:
        if Challenge.objects.filter(number=number).exists():
            raise serializers.ValidationError(_("该编号已被使用，请换一个编号。"))
        return number

    def validate_indicators(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["no"] for row in rows}) < len(rows):
            raise serializers.ValidationError(_("指标序号不能重复；请改为各不相同的序号。"))
        return rows


def open_challenge(user: User, values: dict[str, Any]) -> Challenge:
    """Start a challenge with its indicators in one transaction."""
    parent = visible(ChallengeList, user).filter(number=values["challenge_list"]).first()
    if parent is None:
        raise serializers.ValidationError({"challenge_list": [_("没有这个榜单；请核对榜单编号。")]})
    facts = {name: value for name, value in values.items() if name not in ("challenge_list", "indicators")}
    with unit_of_work():
        facts.setdefault("number", next_challenge_number(parent))
        challenge = start(ChallengeFlow, Challenge(challenge_list=parent, **facts), by=user)
        Indicator.objects.bulk_create(Indicator(challenge=challenge, **row) for row in values["indicators"])
    return challenge
