"""榜单批次: draft → collect → appraise → publicity → approve → publish → close → … → finished.

Rules: domain 2.1. A list pins one rule set; its challenges open and close with it.
"""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.models import Amendment, Bid, Challenge, ChallengeList
from workflows.amendments import check_time_left, move_close, publish_amendment
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list_conditions import (
    before_bid_close,
    closing_is_far_enough,
    contact_is_given,
    every_bid_was_reviewed,
    every_challenge_is_complete,
    every_round_is_closed,
    formal_checks_are_done,
    has_a_challenge,
    last_day_shown,
    no_lapse_can_be_undone,
    nobody_is_awaited,
    nobody_may_come_back,
    publicity_has_ended,
    recommender_close_has_come,
    rule_set_is_sound,
    shown,
)
from workflows.challenge_repost import reposts_are_revised
from workflows.days import end_of
from workflows.demand import DemandFlow
from workflows.demand_window import (
    collection_is_long_enough,
    collection_is_over,
    every_demand_has_a_result,
    has_something_to_appraise,
)
from workflows.engine import Flow
from workflows.list_signatures import approver_has_not_signed, chain_is_signed, is_next_signer, sign, signer_is_new
from workflows.permissions import is_lead, is_officer, is_system, people_with
from workflows.state import State
from workflows.subscribers import subscribers_to, told_to_subscriber

S = ChallengeList.State


class ChallengeListFlow(Flow):
    model = ChallengeList
    slug = "list"
    related = ("rule_set",)
    start_permission = staticmethod(is_officer)
    state = State(S, default=S.DRAFT)
    next_steps = {
        S.DRAFT: (Role.OFF.label, gettext_lazy("启动需求征集")),
        S.COLLECTING: (Role.OFF.label, gettext_lazy("征集需求或录入榜题，转入论证")),
        S.APPRAISING: (Role.OFF.label, gettext_lazy("完成论证，公示或报批")),
        S.DEMAND_NOTICE: (Role.LEAD.label, gettext_lazy("公示期满后批准")),
        S.APPROVED: (Role.LEAD.label, gettext_lazy("设定截止时间并发榜")),
        S.PUBLISHED: (gettext_lazy("揭榜团队"), gettext_lazy("在截止前提交揭榜申请")),
        S.CLOSED: (Role.OFF.label, gettext_lazy("完成形式审查，进入评审")),
        S.REVIEWING: (Role.SEC.label, gettext_lazy("完成各榜题评审")),
        S.DECIDING: (Role.LEAD.label, gettext_lazy("会议审定立项建议")),
        S.RESULT_NOTICE: (Role.OFF.label, gettext_lazy("公示期满且无异议后下达立项")),
        S.AWARDED: (gettext_lazy("项目负责人"), gettext_lazy("签订任务书")),
        S.EXECUTING: (gettext_lazy("项目负责人"), gettext_lazy("按里程碑报告")),
        S.SUSPENDED: (Role.LEAD.label, gettext_lazy("恢复或取消")),
    }

    @state.transition(
        source=S.DRAFT, target=S.COLLECTING, label=gettext_lazy("启动需求征集"), permission=is_officer,
        conditions=[rule_set_is_sound, collection_is_long_enough],
    )  # fmt: skip
    def open_collection(self) -> None:
        """Rules are sound; demands are called for, or the officer enters challenges himself."""
        if self.object.rule_set.rules.collects_demands:
            people = people_with(Role.DEM) + people_with(Role.REC) + people_with(Role.ORG)
            close = shown(self.object.demand_close_at)
            self.notify("N01", people, _("征集技术需求：%s") % self.object.title, _("征集截止 %s") % close)

    @state.transition(
        source=S.COLLECTING, target=S.APPRAISING, label=gettext_lazy("转入论证"), permission=is_officer,
        conditions=[has_something_to_appraise, collection_is_over],
    )  # fmt: skip
    def appraise(self) -> None:
        """The collection is over."""

    @state.transition(
        source=S.APPRAISING, target=S.DEMAND_NOTICE, label=gettext_lazy("榜单公示"), permission=is_officer,
        conditions=[every_demand_has_a_result, has_a_challenge, every_challenge_is_complete],
    )  # fmt: skip
    def show_draft(self) -> None:
        """Publish the draft list for comment (optional)."""

    @state.transition(
        source=[S.APPRAISING, S.DEMAND_NOTICE], target=State.RETURN_VALUE(S.APPRAISING, S.DEMAND_NOTICE),
        label=gettext_lazy("会签"), permission=is_next_signer,
        conditions=[every_demand_has_a_result, has_a_challenge, every_challenge_is_complete, contact_is_given,
                    signer_is_new],
        inputs={"note": forms.CharField(label=gettext_lazy("会签意见"), max_length=300, required=False)},
        help=gettext_lazy("签署的是榜单现在的文字；之后有修改的，须重新会签。"),
    )  # fmt: skip
    def sign(self, note: str) -> str:
        """The next in the chain signs the text as it is."""
        sign(self, note)
        return str(self.state_before)

    @state.transition(
        source=[S.APPRAISING, S.DEMAND_NOTICE], target=S.APPROVED, label=gettext_lazy("批准榜单"),
        permission=is_lead,
        conditions=[every_demand_has_a_result, has_a_challenge, every_challenge_is_complete, reposts_are_revised,
                    contact_is_given, chain_is_signed, approver_has_not_signed, publicity_has_ended],
    )  # fmt: skip
    def approve(self) -> None:
        """Challenges are fixed in the list."""
        for challenge in self.object.challenges.filter(state=Challenge.State.DRAFT).order_by("pk"):
            self.cascade(ChallengeFlow, challenge, "enter_list")

    @state.transition(
        source=S.APPROVED, target=S.PUBLISHED, label=gettext_lazy("发榜"), permission=is_lead,
        conditions=[rule_set_is_sound, every_challenge_is_complete, closing_is_far_enough],
        style="success", help=gettext_lazy("发榜后榜题、规则与评审指标不可更改。"),
    )  # fmt: skip
    def publish(self) -> None:
        """Open every challenge; tell units, recommenders and subscribers (N01)."""
        self.object.published_at = self.now
        for challenge in self.object.challenges.filter(state=Challenge.State.IN_LIST).order_by("pk"):
            self.cascade(ChallengeFlow, challenge, "open")
        subject = _("榜单发布：%s") % self.object.title
        subscribers = subscribers_to(self.object)
        for person, fields in subscribers.items():
            self.notify("N01", [person], subject, told_to_subscriber(self.object, fields))
        people = set(people_with(Role.ORG) + people_with(Role.REC)) - set(subscribers)
        self.notify("N01", people, subject, self.object.introduction)

    @state.transition(
        source=S.PUBLISHED, target=S.PUBLISHED, label=gettext_lazy("延长截止"), permission=is_lead,
        conditions=[before_bid_close], needs_reason=True, style="warning",
        inputs={
            "bid_close_at": forms.DateTimeField(label=gettext_lazy("新的揭榜截止")),
            "rec_close_at": forms.DateTimeField(label=gettext_lazy("新的推荐截止")),
        },
    )  # fmt: skip
    def extend(self, bid_close_at: datetime, rec_close_at: datetime) -> None:
        """A later close for all bidders, told to every drafter (domain 2.1 extend)."""
        closes = move_close(self, bid_close_at, rec_close_at)
        publish_amendment(self, Amendment.Kind.EXTENSION, self.reason, closes=closes)

    @state.transition(
        source=S.PUBLISHED, target=S.PUBLISHED, label=gettext_lazy("更正公告"), permission=is_lead,
        conditions=[before_bid_close], style="warning",
        help=gettext_lazy("公布后人人可见，不可修改；所有建过申请的负责人都会收到。"),
        inputs={
            "text": forms.CharField(label=gettext_lazy("更正或说明"), min_length=10, max_length=2000, widget=forms.Textarea),
            "is_material": forms.BooleanField(
                label=gettext_lazy("影响申报内容（不足 15 天的须同时延长截止）"), required=False
            ),
            "bid_close_at": forms.DateTimeField(label=gettext_lazy("新的揭榜截止（不延长的留空）"), required=False),
            "rec_close_at": forms.DateTimeField(label=gettext_lazy("新的推荐截止（不延长的留空）"), required=False),
        },
    )  # fmt: skip
    def clarify(
        self, text: str, is_material: bool, bid_close_at: datetime | None, rec_close_at: datetime | None
    ) -> None:
        """A correction for everybody; a material one leaves 15 days or comes with a later close (domain 2.1)."""
        closes = None
        if bid_close_at is not None:
            closes = move_close(self, bid_close_at, rec_close_at or max(bid_close_at, self.object.rec_close_at))
        elif rec_close_at is not None:
            self.refuse_input("bid_close_at", _("延长推荐截止的，请同时填写新的揭榜截止。"))
        check_time_left(self, is_material)
        publish_amendment(self, Amendment.Kind.CORRECTION, text, is_material=is_material, closes=closes)

    @state.transition(
        source=S.PUBLISHED, target=S.CLOSED, label=gettext_lazy("截止"), permission=is_system,
        conditions=[recommender_close_has_come],
    )  # fmt: skip
    def close(self) -> None:
        """At the recommender's close: drafts stay drafts, challenges without a bid lapse."""
        for challenge in self.object.challenges.filter(state=Challenge.State.OPEN).order_by("pk"):
            self.cascade(ChallengeFlow, challenge, "close")
        officers = people_with(Role.OFF, agency=self.object.agency_id)
        self.notify("N04", officers, _("%s 已截止，请开展形式审查") % self.object.number)

    @state.transition(
        source=S.CLOSED, target=S.REVIEWING, label=gettext_lazy("进入评审"), permission=is_officer,
        conditions=[formal_checks_are_done, nobody_is_awaited, no_lapse_can_be_undone],
    )  # fmt: skip
    def begin_review(self) -> None:
        """Challenges with an accepted bid go under review, others lapse."""
        for challenge in self.object.challenges.filter(state=Challenge.State.CLOSED).order_by("pk"):
            accepted = challenge.bids.filter(state=Bid.State.ACCEPTED).exists()
            self.cascade(ChallengeFlow, challenge, "begin_review" if accepted else "lapse")

    @state.transition(
        source=S.REVIEWING, target=S.DECIDING, label=gettext_lazy("提交会议审定"), permission=is_officer,
        conditions=[every_round_is_closed, every_bid_was_reviewed, nobody_may_come_back],
    )  # fmt: skip
    def begin_decision(self) -> None:
        """All panels have closed; ranks become a proposed decision (`workflows.award.propose`)."""
        from workflows.award import propose

        propose(self)

    @state.transition(source=S.DECIDING, target=S.RESULT_NOTICE, label=gettext_lazy("拟立项公示"), permission=is_system)
    def show_result(self) -> None:
        """Follows the decision's publicity."""

    @state.transition(source=S.RESULT_NOTICE, target=S.AWARDED, label=gettext_lazy("立项"), permission=is_system)
    def award(self) -> None:
        """Follows the issued decision."""

    @state.transition(source=S.AWARDED, target=S.EXECUTING, label=gettext_lazy("进入执行"), permission=is_system)
    def execute(self) -> None:
        """The first project of the list is under contract."""

    @state.transition(source=S.EXECUTING, target=S.FINISHED, label=gettext_lazy("结束"), permission=is_system)
    def finish(self) -> None:
        """Every project of the list has ended."""

    @state.transition(
        source=[S.PUBLISHED, S.CLOSED, S.REVIEWING, S.DECIDING, S.RESULT_NOTICE], target=S.SUSPENDED,
        label=gettext_lazy("暂停"), permission=is_lead, needs_reason=True, style="warning",
    )  # fmt: skip
    def suspend(self) -> None:
        """Stop the clock for everybody; remembered so that it can be resumed."""
        self.object.suspended_from = self.state_before

    @state.transition(
        source=S.SUSPENDED,
        target=State.RETURN_VALUE(S.PUBLISHED, S.CLOSED, S.REVIEWING, S.DECIDING, S.RESULT_NOTICE),
        label=gettext_lazy("恢复"), permission=is_lead, needs_reason=True,
    )  # fmt: skip
    def resume(self) -> str:
        back, self.object.suspended_from = self.object.suspended_from, ""
        return str(back)

    @state.transition(
        source=[S.DRAFT, S.COLLECTING, S.APPRAISING, S.DEMAND_NOTICE, S.APPROVED, S.PUBLISHED, S.CLOSED,
                S.REVIEWING, S.DECIDING, S.RESULT_NOTICE, S.SUSPENDED],
        target=S.CANCELLED, label=gettext_lazy("取消榜单"), permission=is_lead, needs_reason=True, style="danger",
    )  # fmt: skip
    def cancel(self) -> None:
        """Every bid becomes void, every challenge is withdrawn (domain 2.1)."""
        for bid in self._bids().filter(state__in=BidFlow.voidable).order_by("pk"):
            self.cascade(BidFlow, bid, "void", reason=self.reason)
        for challenge in self.object.challenges.filter(state__in=ChallengeFlow.withdrawable).order_by("pk"):
            self.cascade(ChallengeFlow, challenge, "withdraw", reason=self.reason)
        for demand in self.object.demands.filter(state__in=DemandFlow.live).order_by("pk"):
            self.cascade(DemandFlow, demand, "drop", reason=self.reason)

    def deadline(self) -> datetime | None:
        if (last := last_day_shown(self.object)) is not None:
            return end_of(last)
        if self.object.state == S.COLLECTING:
            return self.object.demand_close_at
        return self.object.bid_close_at if self.object.state == S.PUBLISHED else None

    def live_bids(self) -> QuerySet[Bid]:
        """Everything begun in this list and neither withdrawn nor void, drafts included."""
        return Bid.objects.filter(challenge__challenge_list=self.object).exclude(state__in=["WITHDRAWN", "VOID"])

    def _bids(self):  # type: ignore[no-untyped-def]
        return Bid.objects.filter(challenge__challenge_list=self.object)
