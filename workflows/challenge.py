"""榜题: draft → in list → open → closed → under review → awarded or lapsed → solved or not.

Rules: domain 2.2. A challenge mostly follows its list; it is withdrawn or lapses by itself.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.closing import awaited
from projects.models import Bid, Challenge, ChallengeList
from workflows.challenge_repost import lists_that_take_it, repost, was_posted_once
from workflows.engine import Flow
from workflows.permissions import is_demander, is_lead, is_officer, is_system, people_with
from workflows.state import Actor, State, holds

S = Challenge.State


def list_takes_challenges(flow: ChallengeFlow) -> State.CONDITION:
    early = [ChallengeList.State.DRAFT, ChallengeList.State.COLLECTING, ChallengeList.State.APPRAISING]
    return holds(flow.object.challenge_list.state in early, _("榜单已批准，不能再加入榜题；请另建榜单。"))


def lead_or_demander_in_time(flow: ChallengeFlow, actor: Actor) -> str | None:
    """The demander takes his need back freely before the close; afterwards it is the head's decision (domain 2.2)."""
    row = flow.object
    until = row.challenge_list.bid_close_at
    is_early = row.state in (S.DRAFT, S.IN_LIST, S.OPEN) and (until is None or flow.now < until)
    return is_lead(flow, actor) or (is_demander(flow, actor) if is_early else None)


class ChallengeFlow(Flow):
    model = Challenge
    slug = "challenge"
    related = ("challenge_list__rule_set",)
    start_permission = staticmethod(is_officer)
    start_parents = ("challenge_list",)
    start_conditions = (list_takes_challenges,)
    state = State(S, default=S.DRAFT)
    withdrawable = [S.DRAFT, S.IN_LIST, S.OPEN, S.CLOSED, S.UNDER_REVIEW]
    next_steps = {
        S.DRAFT: (Role.OFF.label, gettext_lazy("补全指标并报批榜单")),
        S.IN_LIST: (Role.LEAD.label, gettext_lazy("发榜")),
        S.OPEN: (gettext_lazy("揭榜团队"), gettext_lazy("提交揭榜申请")),
        S.CLOSED: (Role.OFF.label, gettext_lazy("形式审查")),
        S.UNDER_REVIEW: (Role.SEC.label, gettext_lazy("组织评审")),
        S.AWARDED: (gettext_lazy("揭榜团队"), gettext_lazy("攻关并按里程碑报告")),
    }

    @state.transition(source=S.DRAFT, target=S.IN_LIST, label=gettext_lazy("入榜"), permission=is_system)
    def enter_list(self) -> None:
        """The list was approved."""

    @state.transition(source=S.IN_LIST, target=S.OPEN, label=gettext_lazy("开放揭榜"), permission=is_system)
    def open(self) -> None:
        """The list was published."""

    @state.transition(
        source=S.OPEN, target=State.RETURN_VALUE(S.CLOSED, S.LAPSED), label=gettext_lazy("截止"), permission=is_system
    )
    def close(self) -> str:
        """Closed with the list; without a single bid handed in or extended it lapses (流榜)."""
        bids = self.object.bids.all()
        comes = bids.filter(state=Bid.State.SUBMITTED).exists() or awaited(bids, self.now).exists()
        return str(S.CLOSED if comes else S.LAPSED)

    @state.transition(source=S.CLOSED, target=S.UNDER_REVIEW, label=gettext_lazy("进入评审"), permission=is_system)
    def begin_review(self) -> None:
        """At least one bid was accepted."""

    @state.transition(
        source=[S.CLOSED, S.UNDER_REVIEW], target=S.LAPSED, label=gettext_lazy("流榜"), permission=is_system
    )
    def lapse(self) -> None:
        """No accepted bid, or none reached the pass score."""

    @state.transition(
        source=S.LAPSED, target=S.LAPSED, label=gettext_lazy("重新发榜"), permission=is_officer,
        conditions=[was_posted_once], inputs=lists_that_take_it,
        help=gettext_lazy("在所选榜单中生成草稿，并与本榜题相互链接；只能一次，且须修订考核指标。"),
    )  # fmt: skip
    def repost(self, challenge_list: ChallengeList) -> None:
        """Draft it anew in a list that is still being written."""
        self.evidence["reposted_as"] = repost(self, challenge_list).number

    @state.transition(source=S.UNDER_REVIEW, target=S.AWARDED, label=gettext_lazy("立项"), permission=is_system)
    def award(self) -> None:
        """The decision was issued with at least one award here."""

    @state.transition(source=S.AWARDED, target=S.SOLVED, label=gettext_lazy("攻关完成"), permission=is_system)
    def solve(self) -> None:
        """A project of this challenge was accepted."""

    @state.transition(source=S.AWARDED, target=S.UNSOLVED, label=gettext_lazy("未完成"), permission=is_system)
    def leave_unsolved(self) -> None:
        """The last project of this challenge ended without acceptance."""

    @state.transition(
        source=withdrawable, target=S.WITHDRAWN, label=gettext_lazy("撤榜"), permission=lead_or_demander_in_time,
        needs_reason=True, style="danger",
    )  # fmt: skip
    def withdraw(self) -> None:
        """Bids become void and their teams are told; so is the office when its demander withdraws."""
        from workflows.bid import BidFlow

        for bid in self.object.bids.filter(state__in=BidFlow.voidable).order_by("pk"):
            self.cascade(BidFlow, bid, "void", reason=self.reason)
        if is_lead(self, self.by) is None:
            agency = self.object.challenge_list.agency_id
            office = [*people_with(Role.OFF, agency=agency), *people_with(Role.LEAD, agency=agency)]
            self.notify("N04", office, _("需求方撤榜：%s") % self.object, self.reason)

    def deadline(self) -> datetime | None:
        return self.object.challenge_list.bid_close_at if self.object.state == S.OPEN else None
