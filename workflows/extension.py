"""个别延期: asked by the team → endorsed by an officer, with the new instants → granted by a head.

Rules: domain 2.0 (a closing time is an instant) and 2.1 (a later close needs a reason and is told). One bid
gets a later close only for a reason on record and with two people of the agency behind it; while one may
still come in, the list does not go under review.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.closing import ON_THE_WAY
from projects.models import Bid, BidExtension, Challenge, ChallengeList
from workflows.clock import SHANGHAI
from workflows.days import day_of, end_of
from workflows.engine import Flow, start
from workflows.permissions import any_of, is_lead, is_officer, is_principal_investigator, is_unit_admin, people_with
from workflows.state import Actor, State, holds
from workflows.unit_of_work import unit_of_work
from workflows.working_days import add_working_days

S = BidExtension.State
#: A request comes at the latest on this working day after the close.
ASK_WD = 1
#: The bid page offers it this long before the close; it may be asked for at any time.
SOONEST = timedelta(days=7)
#: No bid closes later than this after all others.
LONGEST = timedelta(days=10)


def last_instant_to_ask(close: datetime) -> datetime:
    return end_of(add_working_days(day_of(close), ASK_WD, count_start=False))


def may_ask_to_extend(bid: Bid, now: datetime) -> bool:
    """Whether the period for asking runs: from the day on which the last reminders go out. Reads the list."""
    close = bid.challenge.challenge_list.bid_close_at
    return close is not None and close - SOONEST <= now < last_instant_to_ask(close)


def bid_is_on_the_way(flow: BidExtensionFlow) -> State.CONDITION:
    return holds(flow.object.bid.state in ON_THE_WAY, _("申请已经申报完成或已结束，不需要延期；请在申请页查看进展。"))


def list_still_collects(flow: BidExtensionFlow) -> State.CONDITION:
    """Before the review, and the challenge has not lapsed or been withdrawn."""
    challenge = flow.object.bid.challenge
    waits = challenge.challenge_list.state in (ChallengeList.State.PUBLISHED, ChallengeList.State.CLOSED)
    takes = challenge.state in (Challenge.State.OPEN, Challenge.State.CLOSED)
    return holds(waits and takes, _("该榜题已进入评审或已结束，不能再延期，请等待评审结果。"))


def asked_in_time(flow: BidExtensionFlow) -> State.CONDITION:
    close = flow.object.bid.challenge.challenge_list.bid_close_at
    last = last_instant_to_ask(close) if close else None
    shown = f"{last - timedelta(minutes=1):%Y-%m-%d %H:%M}" if last else ""
    return holds(
        last and flow.now < last, _("申请个别延期的期限已过（截止后第一个工作日 %s）；请关注以后的榜单。") % shown
    )


def grounds_are_given(flow: BidExtensionFlow) -> State.CONDITION:
    return holds(
        len(flow.object.grounds.strip()) >= 10, _("请写明延期理由：发生了什么、何时、有何证据，不少于 10 个字。")
    )


def nothing_is_open(flow: BidExtensionFlow) -> State.CONDITION:
    others = BidExtension.objects.filter(bid=flow.object.bid_id, state__in=BidExtension.OPEN_STATES)
    return holds(not others.exclude(pk=flow.object.pk).exists(), _("这份申请已有一项延期申请正在办理，请等待结果。"))


def granter_is_another(flow: BidExtensionFlow) -> State.CONDITION:
    return holds(
        flow.object.endorsed_by_id != flow.by.pk, _("批准须由核实人以外的第二人作出；请转交另一位领导或经办人。")
    )


def new_close_lies_ahead(flow: BidExtensionFlow) -> State.CONDITION:
    until = flow.object.bid_until
    return holds(until and flow.now < until, _("拟延至的时刻已过，请退回经办人重新核实。"))


class BidExtensionFlow(Flow):
    model = BidExtension
    slug = "extension"
    related = ("bid__challenge__challenge_list", "bid__pi", "bid__organisation")
    start_permission = staticmethod(any_of(is_principal_investigator, is_unit_admin))
    #: The list, too: it does not go under review while somebody asks.
    start_parents = ("bid__challenge__challenge_list",)
    start_conditions = (bid_is_on_the_way, list_still_collects, asked_in_time, grounds_are_given, nothing_is_open)
    state = State(S, default=S.ASKED)
    next_steps = {
        S.ASKED: (Role.OFF.label, gettext_lazy("核实理由，提出延至何时")),
        S.ENDORSED: (Role.LEAD.label, gettext_lazy("批准或不予准许")),
    }

    @state.transition(
        source=S.ASKED, target=S.ENDORSED, label=gettext_lazy("核实属实，拟同意"), permission=is_officer,
        conditions=[bid_is_on_the_way, list_still_collects],
        inputs={
            "bid_until": forms.DateTimeField(label=gettext_lazy("延至（单位报送）")),
            "rec_until": forms.DateTimeField(label=gettext_lazy("延至（推荐）")),
            "opinion": forms.CharField(label=gettext_lazy("核实意见"), min_length=10, max_length=1000, widget=forms.Textarea,
                                       help_text=gettext_lazy("核实了什么、依据是什么；批准人据此决定，全程留痕。")),
        },
    )  # fmt: skip
    def endorse(self, bid_until: datetime, rec_until: datetime, opinion: str) -> None:
        """The reason was looked into; later instants are proposed."""
        mine, row = self.object, self.object.bid.challenge.challenge_list
        if bid_until <= self.now or bid_until <= row.bid_close_at:
            self.refuse_input(
                "bid_until", _("须晚于现在，也须晚于榜单的揭榜截止 %s，请改晚。") % _shown(row.bid_close_at)
            )
        if bid_until > row.bid_close_at + LONGEST:
            self.refuse_input("bid_until", _("个别延期不得超过榜单截止后 %s 天，请改早。") % LONGEST.days)
        if rec_until < max(bid_until, row.rec_close_at) or rec_until > bid_until + LONGEST:
            self.refuse_input(
                "rec_until", _("不得早于单位报送的时刻和榜单的推荐截止，也不得晚于报送后 10 天；请在此范围内选择。")
            )
        mine.bid_until, mine.rec_until, mine.opinion, mine.endorsed_by = bid_until, rec_until, opinion, self.by
        leads = people_with(Role.LEAD, agency=row.agency_id)
        self.notify("N02", leads, _("待批准的个别延期 %s") % mine.number, opinion)

    @state.transition(
        source=S.ENDORSED, target=S.GRANTED, label=gettext_lazy("准予延期"), permission=is_lead, style="success",
        conditions=[granter_is_another, bid_is_on_the_way, list_still_collects, new_close_lies_ahead],
        help=gettext_lazy("只对这一份申请生效；监督员同时收到通知。"),
    )  # fmt: skip
    def grant(self) -> None:
        """From now on this bid closes later than all others."""
        mine = self.object
        mine.granted_by = self.by
        self._tell(_("准予个别延期 %s") % mine.number, _("单位须在 %s 前审核并报送。") % _shown(mine.bid_until))

    @state.transition(
        source=S.ENDORSED, target=S.ASKED, label=gettext_lazy("退回重新核实"), permission=is_lead, needs_reason=True,
        style="warning",
    )  # fmt: skip
    def send_back(self) -> None:
        mine = self.object
        mine.bid_until = mine.rec_until = mine.endorsed_by = None
        mine.opinion = ""

    @state.transition(
        source=[S.ASKED, S.ENDORSED], target=S.DENIED, label=gettext_lazy("不予准许"),
        permission=any_of(is_officer, is_lead), needs_reason=True, style="danger",
    )  # fmt: skip
    def deny(self) -> None:
        self._tell(_("未准予个别延期 %s") % self.object.number, self.reason)

    @state.transition(
        source=[S.ASKED, S.ENDORSED], target=S.WITHDRAWN, label=gettext_lazy("撤回延期申请"),
        permission=any_of(is_principal_investigator, is_unit_admin), style="warning",
    )  # fmt: skip
    def withdraw(self) -> None:
        """Nothing was granted."""

    def deadline(self) -> datetime | None:
        mine = self.object
        return mine.bid_until if mine.state in (S.ENDORSED, S.GRANTED) else None

    def _tell(self, subject: str, body: str) -> None:
        """The team, its recommender and whoever watches over the agency."""
        bid = self.object.bid
        people = [bid.pi, *people_with(Role.ORG, organisation=bid.organisation_id)]
        people += people_with(Role.SUP, agency=bid.challenge.challenge_list.agency_id)
        if bid.recommender_id:
            people += people_with(Role.REC, organisation=bid.recommender_id)
        self.notify("N02", people, subject, body)


def ask_extension(bid: Bid, *, by: Actor, grounds: str) -> BidExtension:
    """Ask for a later close for one bid. Raises `Refused`."""
    with unit_of_work():
        locked = Bid.objects.select_for_update(no_key=True).select_related("challenge").get(pk=bid.pk)
        number = f"{locked.challenge.number}-YQ{locked.pk:05d}-{locked.extensions.count() + 1}"
        return start(BidExtensionFlow, BidExtension(bid=locked, number=number, grounds=grounds), by=by)


def _shown(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
