"""流榜后重新发榜: a lapsed challenge is drafted anew in another list, once, and its targets must be revised there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Challenge, ChallengeList, Indicator
from projects.numbering import next_challenge_number
from workflows.state import State, holds
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.challenge import ChallengeFlow
    from workflows.challenge_list import ChallengeListFlow

EARLY = [ChallengeList.State.DRAFT, ChallengeList.State.COLLECTING, ChallengeList.State.APPRAISING]
_COPIED = ("title", "field", "demander", "demander_is_hidden", "background", "content", "scenario", "months", "cap_yuan",
           "bidder_conditions", "ip_terms", "lanes")  # fmt: skip
_TARGET = ("name", "comparator", "target", "target_high", "unit", "is_must")


def lists_that_take_it(flow: ChallengeFlow) -> dict[str, forms.Field]:
    agency = flow.object.challenge_list.agency_id
    rows = ChallengeList.objects.filter(agency=agency, state__in=EARLY).exclude(pk=flow.object.challenge_list_id)
    empty = gettext_lazy("没有可加入的榜单时，请先新建榜单。")
    return {
        "challenge_list": forms.ModelChoiceField(rows, label=gettext_lazy("加入榜单"), help_text=empty),
    }


def was_posted_once(flow: ChallengeFlow) -> State.CONDITION:
    """May be re-posted once (domain 2.2): neither again, nor what is a second posting itself."""
    row = flow.object
    again = Challenge.objects.filter(reposted_from=row.pk).values_list("number", flat=True).first()
    if again is not None:
        return holds(
            False, _("该榜题已重新发榜，编号 %s；只能重新发榜一次；请查看新的榜题，仍需攻关的请另行论证立题。") % again
        )
    return holds(row.reposted_from_id is None, _("该榜题本身就是重新发榜的，不能再次重新发榜；请另行论证立题。"))


def repost(flow: ChallengeFlow, challenge_list: ChallengeList) -> Challenge:
    """A draft with the same text and targets, linked to the one that lapsed."""
    old = flow.object
    draft = Challenge(
        challenge_list=challenge_list, number=next_challenge_number(challenge_list), reposted_from=old,
        **{name: getattr(old, name) for name in _COPIED},
    )  # fmt: skip
    flow.start(type(flow), draft)
    for row in old.indicators.order_by("no"):
        row.pk, row.challenge = None, draft
        row.save(force_insert=True)
    return draft


def reposts_are_revised(flow: ChallengeListFlow) -> State.CONDITION:
    """What nobody could or would solve is not asked for again word for word (domain 2.2)."""
    same = [
        row.number
        for row in flow.object.challenges.filter(reposted_from__isnull=False).order_by("number")
        if _targets(row.pk) == _targets(row.reposted_from_id)
    ]
    return holds(not same, _("重新发榜的榜题须先修订考核指标，请修订：%s") % listed(same))


def _targets(challenge: int | None) -> set[tuple[object, ...]]:
    return set(Indicator.objects.filter(challenge=challenge).values_list(*_TARGET))
