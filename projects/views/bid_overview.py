"""What is missing before a bid can be handed in, and whether a team is eligible at all.

Both read the flow's own conditions, so that the page never promises what the flow would refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models import Bid
from workflows.bid import BidFlow

#: Condition → what it asks for, and the section of the form where it is mended.
ASKED = {
    "before_bid_close": (_("在揭榜截止前"), ""),
    "challenge_is_open": (_("榜题在揭榜期内"), ""),
    "form_is_complete": (_("基本信息与经费已填全"), "basic"),
    "profiles_are_complete": (_("单位与负责人资料已填全"), "profile"),
    "partners_add_up": (_("联合单位经费不超过总经费"), "partners"),
    "nothing_typed_is_invalid": (_("已填内容没有错误"), "basic"),
    "every_indicator_is_answered": (_("逐条响应了全部考核指标"), "responses"),
    "no_promise_is_weaker": (_("承诺值不低于榜题要求"), "responses"),
    "files_are_stored": (_("必传材料已上传"), "files"),
    "money_is_within_cap": (_("申请经费不超过榜金，自筹比例达标"), "money"),
    "partners_are_few_enough": (_("联合单位数量符合规定"), "partners"),
    "nobody_is_barred": (_("负责人与单位无科研诚信限制"), ""),
    "lead_is_not_demander": (_("牵头单位不是该榜题的需求方"), ""),
    "pi_belongs_to_lead": (_("负责人是牵头单位人员"), ""),
    "pi_is_within_quota": (_("负责人未超出限项"), ""),
}


@dataclass(frozen=True)
class Check:
    """One thing asked of the team. `sentence` says how to mend it when it is not met."""

    what: Any
    is_met: bool
    sentence: str
    url: str = ""


def _check(flow: BidFlow, condition: Any, bid: Bid) -> Check:
    result = condition(flow)
    what, section = ASKED.get(condition.__name__, (condition.__name__, ""))
    url = ""
    if section == "files":
        url = f"{bid.get_absolute_url()}#files"
    elif section == "profile":
        url = f"{reverse('profile')}?next={bid.get_absolute_url()}"
    elif section:
        url = reverse("bid_edit", args=[bid.uuid, section])
    return Check(what, bool(result), "" if result else str(getattr(result, "message", "")), url)


def hand_in_overview(bid: Bid, user: Any) -> list[Check]:
    """Every condition of handing in, met or not."""
    flow = BidFlow(bid, by=user)
    transition = next(t for t in BidFlow.transitions_from(Bid.State.DRAFT) if t.slug == "hand_in")
    return [_check(flow, condition, bid) for condition in transition.conditions]


def eligibility(bid: Bid, user: Any) -> list[Check]:
    """Every condition of opening `bid`, an unsaved one: told before anybody fills a form."""
    flow = BidFlow(bid, by=user)
    return [_check(flow, condition, bid) for condition in BidFlow.start_conditions]
