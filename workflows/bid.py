"""揭榜申请: draft → unit → recommender → submitted → formal check → accepted → round → decided.

Rules: domain 2.3. Two closing instants: the unit must have passed the bid on by `bid_close_at`, the
recommender by `rec_close_at`. Drafts never count.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.bid_snapshot import BidContent, snapshot_of
from projects.closing import last_close_of, rec_close_of
from projects.models import Bid, BidAvoidance, BidEditor, Receipt
from projects.receipts import give_receipt
from projects.rules import Rules
from review.models import ScoreSheet
from workflows import bid_conditions as c
from workflows.avoidance import DECIDING, decide
from workflows.canonical import sha256_of
from workflows.engine import Flow
from workflows.locked import locked
from workflows.permissions import (
    any_of,
    is_lead,
    is_officer,
    is_principal_investigator,
    is_recommender,
    is_system,
    is_unit_admin,
    people_with,
)
from workflows.refused import Refused
from workflows.state import Actor, Inputs, State

S = Bid.State


def pi_or_unit_creates(flow: BidFlow, actor: Actor) -> str | None:
    """The unit opens a bid for a PI of its own, or the PI does so (domain 2.3 create)."""
    return is_unit_admin(flow, actor) or is_principal_investigator(flow, actor)


def people_to_invite(flow: BidFlow) -> Inputs:
    """People of the lead and of its partners who do not write yet."""
    bid = flow.object
    units = [bid.organisation_id, *bid.partners.values_list("organisation", flat=True)]
    people = User.objects.filter(organisation__in=units, is_active=True).exclude(pk=bid.pi_id)
    return _person_input(people.exclude(pk__in=bid.editors.values("user")))


def people_invited(flow: BidFlow) -> Inputs:
    return _person_input(User.objects.filter(pk__in=flow.object.editors.values("user")))


def _person_input(people: QuerySet[User]) -> Inputs:
    return {"person": forms.ModelChoiceField(people.order_by("name"), label=gettext_lazy("人员"))}


class BidFlow(Flow):
    model = Bid
    slug = "bid"
    related = ("challenge__challenge_list__rule_set", "organisation", "pi", "recommender")
    start_permission = staticmethod(pi_or_unit_creates)
    start_parents = ("challenge__challenge_list",)
    start_alone = ("pi",)  # his bids in the list are counted
    start_conditions = (
        c.challenge_is_open, c.before_bid_close, c.lead_is_not_demander, c.pi_belongs_to_lead, c.pi_is_within_quota,
        c.nobody_is_barred,
    )  # fmt: skip
    state = State(S, default=S.DRAFT)
    voidable = [
        S.DRAFT, S.UNIT_REVIEW, S.REC_REVIEW, S.SUBMITTED, S.FORMAL_CHECK, S.CORRECTION, S.ACCEPTED,
        S.IN_ROUND, S.RECOMMENDED, S.RESERVE, S.NOT_RECOMMENDED,
    ]  # fmt: skip
    next_steps = {
        S.DRAFT: (gettext_lazy("项目负责人"), gettext_lazy("填完并提交单位审核；未提交的草稿不算申报")),
        S.UNIT_REVIEW: (gettext_lazy("单位管理员"), gettext_lazy("审核并报送推荐单位")),
        S.REC_REVIEW: (gettext_lazy("推荐单位"), gettext_lazy("出具推荐意见")),
        S.SUBMITTED: (Role.OFF.label, gettext_lazy("截止后开展形式审查")),
        S.FORMAL_CHECK: (Role.OFF.label, gettext_lazy("形式审查并由第二人复核")),
        S.CORRECTION: (gettext_lazy("项目负责人"), gettext_lazy("按意见补正后重新提交")),
        S.ACCEPTED: (Role.SEC.label, gettext_lazy("组织评审")),
        S.IN_ROUND: (gettext_lazy("评审组"), gettext_lazy("评审")),
        S.RECOMMENDED: (Role.LEAD.label, gettext_lazy("审定并公示")),
        S.RESERVE: (Role.LEAD.label, gettext_lazy("备选，等待审定")),
    }

    @state.transition(
        source=S.DRAFT, target=State.RETURN_VALUE(S.UNIT_REVIEW, S.REC_REVIEW, S.SUBMITTED),
        label=gettext_lazy("提交单位审核"), permission=is_principal_investigator,
        conditions=[c.before_bid_close, c.challenge_is_open, c.form_is_complete, c.profiles_are_complete, c.nothing_typed_is_invalid,
                    c.every_indicator_is_answered, c.no_promise_is_weaker, c.files_are_stored, c.money_is_within_cap, c.partners_are_few_enough,
                    c.partners_add_up, c.nobody_is_barred],
        inputs={"pledge": forms.BooleanField(label=gettext_lazy("我承诺所填材料真实、不涉密，愿承担失信责任"))},
        style="success",
    )  # fmt: skip
    def hand_in(self, pledge: bool) -> str:
        """Freeze the snapshot and pass the bid on to the first endorser the rules ask for."""
        bid = self.object
        bid.pledge_signed_at = bid.handed_in_at = self.now
        self._freeze(Receipt.Kind.HANDED_IN)
        if self.rules.unit_endorses:
            admins = people_with(Role.ORG, organisation=bid.organisation_id)
            self.notify("N02", admins, _("待单位审核：%s") % bid.title)
            return str(S.UNIT_REVIEW)
        return self._after_unit()

    @state.transition(
        source=S.UNIT_REVIEW, target=State.RETURN_VALUE(S.REC_REVIEW, S.SUBMITTED), label=gettext_lazy("单位审核通过"),
        permission=is_unit_admin, conditions=[c.before_bid_close, c.recommender_is_named], style="success",
        inputs={"matching_confirmed": forms.BooleanField(label=gettext_lazy("财务负责人已确认自筹经费"))},
    )  # fmt: skip
    def unit_endorse(self, matching_confirmed: bool) -> str:
        return self._after_unit()

    @state.transition(
        source=S.UNIT_REVIEW, target=S.DRAFT, label=gettext_lazy("退回修改"), permission=is_unit_admin,
        needs_reason=True, style="warning",
    )  # fmt: skip
    def unit_return(self) -> None:
        self.notify("N03", [self.object.pi], _("单位退回：%s") % self.object.title, self.reason)

    @state.transition(
        source=S.REC_REVIEW, target=S.SUBMITTED, label=gettext_lazy("同意推荐"), permission=is_recommender,
        conditions=[c.before_rec_close, c.recommender_has_quota], style="success",
        inputs={"endorsement": forms.CharField(label=gettext_lazy("推荐意见"), max_length=500, widget=forms.Textarea)},
    )  # fmt: skip
    def recommend(self, endorsement: str) -> None:
        """Of two who take the last place at once the later one meets the refusal."""
        locked(self.object.recommender)
        if not (left := c.recommender_has_quota(self)):
            raise Refused("conditions_unmet", [str(left.message)])
        self._submitted()

    @state.transition(
        source=S.REC_REVIEW, target=S.DRAFT, label=gettext_lazy("退回修改"), permission=is_recommender,
        needs_reason=True, style="warning",
    )  # fmt: skip
    def recommender_return(self) -> None:
        self.notify("N03", [self.object.pi], _("推荐单位退回：%s") % self.object.title, self.reason)

    @state.transition(
        source=[S.DRAFT, S.UNIT_REVIEW, S.REC_REVIEW, S.SUBMITTED], target=S.WITHDRAWN, label=gettext_lazy("撤回申请"),
        permission=any_of(is_principal_investigator, is_unit_admin), conditions=[c.before_bid_close],
        needs_reason=True, style="danger",
    )  # fmt: skip
    def withdraw(self) -> None:
        """Free before the close; a new bid may be opened afterwards."""

    @state.transition(
        source=S.SUBMITTED, target=S.WITHDRAWN, label=gettext_lazy("准予撤回"), permission=is_lead,
        conditions=[c.after_bid_close], needs_reason=True, style="danger",
        help=gettext_lazy("截止之后应负责人和单位的书面请求；截止之前由其自行撤回。"),
    )  # fmt: skip
    def let_go(self) -> None:
        """After the close a bid is withdrawn with the agency's leave only (domain 2.3)."""
        self._tell_all("N03", _("准予撤回：%s") % self.object.title, self.reason)

    @state.transition(
        source=S.DRAFT, target=S.DRAFT, label=gettext_lazy("邀请共同填写"), permission=is_principal_investigator,
        conditions=[c.before_bid_close], inputs=people_to_invite, style="outline-primary",
        help=gettext_lazy("受邀人可以填写和上传，不能提交；其在同一榜单中须回避评审。"),
    )  # fmt: skip
    def invite_editor(self, person: User) -> None:
        BidEditor.objects.create(bid=self.object, user=person, added_at=self.now)
        self.notify("N02", [person], _("邀请您共同填写：%s") % self.object.title)

    @state.transition(
        source=S.DRAFT, target=S.DRAFT, label=gettext_lazy("取消共同填写"), permission=is_principal_investigator,
        conditions=[c.somebody_is_invited], inputs=people_invited, style="warning",
    )  # fmt: skip
    def remove_editor(self, person: User) -> None:
        BidEditor.objects.filter(bid=self.object, user=person).delete()

    @state.transition(source=S.SUBMITTED, target=S.FORMAL_CHECK, label=gettext_lazy("开始形式审查"),
                      permission=is_officer, conditions=[c.list_is_closed])  # fmt: skip
    def begin_formal_check(self) -> None:
        """Create the check and run its automatic items at once."""
        from projects.models import FormalCheck
        from workflows.formal_check import FormalCheckFlow

        check = self.start(FormalCheckFlow, FormalCheck(bid=self.object))
        self.cascade(FormalCheckFlow, check, "run_automatic_items")

    @state.transition(source=S.FORMAL_CHECK, target=S.CORRECTION, label=gettext_lazy("通知补正"), permission=is_system)
    def ask_correction(self) -> None:
        self.notify("N03", [self.object.pi], _("请在期限内补正：%s") % self.object.title, self._opinion())

    @state.transition(
        source=S.CORRECTION, target=S.FORMAL_CHECK, label=gettext_lazy("提交补正"),
        permission=is_principal_investigator,
        conditions=[c.within_correction_period, c.form_is_complete, c.nothing_typed_is_invalid,
                    c.every_indicator_is_answered, c.no_promise_is_weaker, c.promises_are_kept, c.files_are_stored,
                    c.money_is_within_cap, c.partners_are_few_enough, c.partners_add_up],
    )  # fmt: skip
    def hand_in_correction(self) -> None:
        """A new snapshot; the check starts over from its automatic items."""
        from workflows.formal_check import FormalCheckFlow

        bid = self.object
        self._freeze(Receipt.Kind.CORRECTED)
        self.cascade(FormalCheckFlow, bid.formal_check, "recheck")

    @state.transition(source=S.CORRECTION, target=S.NOT_ACCEPTED, label=gettext_lazy("补正逾期"), permission=is_system,
                      conditions=[c.correction_period_is_over])  # fmt: skip
    def lapse_correction(self) -> None:
        """No correction came in time."""
        self._tell_all("N04", _("补正逾期，不予受理：%s") % self.object.title, self._opinion())

    @state.transition(source=S.FORMAL_CHECK, target=S.ACCEPTED, label=gettext_lazy("受理"),
                      permission=is_system)  # fmt: skip
    def accept(self) -> None:
        self._tell_all("N04", _("已受理：%s") % self.object.title)

    @state.transition(source=[S.FORMAL_CHECK, S.CORRECTION], target=S.NOT_ACCEPTED, label=gettext_lazy("不予受理"),
                      permission=is_system)  # fmt: skip
    def refuse_acceptance(self) -> None:
        """Written reasons are mandatory (基金条例 13 条)."""
        self._tell_all("N04", _("不予受理：%s") % self.object.title, self._opinion())

    @state.transition(source=S.NOT_ACCEPTED, target=S.FORMAL_CHECK, label=gettext_lazy("复审后重新审查"),
                      permission=is_system)  # fmt: skip
    def reopen(self) -> None:
        """The refusal was revoked (domain 2.10 result)."""

    @state.transition(source=S.SUBMITTED, target=S.SUBMITTED, **DECIDING)
    @state.transition(source=S.FORMAL_CHECK, target=S.FORMAL_CHECK, **DECIDING)
    @state.transition(source=S.ACCEPTED, target=S.ACCEPTED, **DECIDING)
    @state.transition(source=S.IN_ROUND, target=S.IN_ROUND, **DECIDING)
    def decide_avoidance(self, avoidance: BidAvoidance, decision: str, decision_reason: str) -> None:
        """One name of the avoid list (domain 3.5 C10): considered, accepted or refused, told to the PI."""
        decide(self, avoidance, decision, decision_reason)

    @state.transition(source=S.ACCEPTED, target=S.IN_ROUND, label=gettext_lazy("进入评审"), permission=is_system)
    def enter_round(self) -> None:
        """The round over its challenge was planned."""

    @state.transition(source=S.IN_ROUND, target=State.GET_STATE(
        lambda flow, outcome: S(outcome), states=[S.RECOMMENDED, S.RESERVE, S.NOT_RECOMMENDED]),
        label=gettext_lazy("评审结论"), permission=is_system,
        inputs={"outcome": forms.ChoiceField(choices=[(s, s) for s in ("RECOMMENDED", "RESERVE", "NOT_RECOMMENDED")])},
    )  # fmt: skip
    def conclude_review(self, outcome: str) -> None:
        """Outcome of the ranked round (domain 3.3)."""

    @state.transition(source=[S.RECOMMENDED, S.RESERVE], target=S.AWARDED, label=gettext_lazy("立项"),
                      permission=is_system)  # fmt: skip
    def award(self) -> None:
        self._tell_result(_("准予立项：%s"))

    @state.transition(source=S.RESERVE, target=S.RESERVE, label=gettext_lazy("告知备选"), permission=is_system)
    def tell_reserve(self) -> None:
        self._tell_result(_("列为备选：%s"))

    @state.transition(source=[S.RECOMMENDED, S.RESERVE, S.NOT_RECOMMENDED], target=S.NOT_AWARDED,
                      label=gettext_lazy("不予立项"), permission=is_system)  # fmt: skip
    def decline(self) -> None:
        """Told with the anonymised opinions on the bid's page (基金条例 18 条)."""
        self._tell_result(_("未予立项：%s"))

    @state.transition(source=voidable, target=S.VOID, label=gettext_lazy("作废"), permission=is_system,
                      needs_reason=True)  # fmt: skip
    def void(self) -> None:
        self._leave_round()
        self.notify("N09", [self.object.pi], _("申请作废：%s") % self.object.title, self.reason)

    @state.transition(
        source=[S.SUBMITTED, S.FORMAL_CHECK, S.CORRECTION, S.ACCEPTED, S.IN_ROUND, S.RECOMMENDED, S.RESERVE],
        target=S.DISQUALIFIED, label=gettext_lazy("取消资格"), permission=is_lead, needs_reason=True, style="danger",
    )  # fmt: skip
    def disqualify(self) -> None:
        """Integrity hit or false material confirmed (domain 2.3)."""
        self._leave_round()
        self._tell_all("N09", _("取消资格：%s") % self.object.title, self.reason)

    def deadline(self) -> datetime | None:
        if self.object.state in (S.DRAFT, S.UNIT_REVIEW):
            return last_close_of(self.object)
        if self.object.state == S.REC_REVIEW:
            return rec_close_of(self.object, self.now)
        return self.object.formal_check.correction_until if self.object.state == S.CORRECTION else None

    @cached_property
    def rules(self) -> Rules:
        found: Rules = self.object.challenge.challenge_list.rule_set.rules
        return found

    @cached_property
    def content(self) -> BidContent:
        return BidContent(self.object)

    def _leave_round(self) -> None:
        """Nobody goes on scoring it. What is locked stays as it is: evidence of the round."""
        from workflows.score_sheet import ScoreSheetFlow

        for sheet in self.object.sheets.filter(state__in=ScoreSheet.LIVE).order_by("pk"):
            self.cascade(ScoreSheetFlow, sheet, "void")

    def _after_unit(self) -> str:
        bid = self.object
        if self.rules.recommender_endorses:
            endorsers = people_with(Role.REC, organisation=bid.recommender_id)
            self.notify("N02", endorsers, _("待推荐：%s") % bid.title)
            return str(S.REC_REVIEW)
        self._submitted()
        return str(S.SUBMITTED)

    def _freeze(self, kind: Receipt.Kind) -> None:
        """The content as it stands, on record with a receipt for it."""
        bid = self.object
        bid.snapshot = snapshot_of(bid, self.content)
        bid.snapshot_sha256 = sha256_of(bid.snapshot)
        self._give_receipt(kind)

    def _give_receipt(self, kind: Receipt.Kind) -> None:
        bid = self.object
        receipt = give_receipt(bid, kind, to=self.by, at=self.now)  # type: ignore[arg-type]
        self.evidence |= {"snapshot_sha256": bid.snapshot_sha256, "receipt": receipt.number}

    def _submitted(self) -> None:
        bid = self.object
        bid.submitted_at = self.now
        bid.number = bid.number or f"{bid.challenge.number}-B{bid.pk:05d}"
        if self.state_before != S.DRAFT:  # else the receipt of this very step says so already
            self._give_receipt(Receipt.Kind.SUBMITTED)
        self._tell_all("N04", _("申报成功：%s") % bid.title, _("申报编号 %s") % bid.number)

    def _tell_result(self, subject: str) -> None:
        """From here on the team may know (domain 2.18 N09); reason and opinions are in the letter."""
        self.object.told_at = self.now
        self._tell_all(
            "N09", subject % self.object.title, _("理由、专家意见和提出异议、复审的办法见申请页的结果告知书。")
        )

    def _opinion(self) -> str:
        return str(self.object.formal_check.opinion)

    def _tell_all(self, code: str, subject: str, body: str = "") -> None:
        """PI, unit and recommender all hear of results (domain 2.3)."""
        bid = self.object
        people: list[User] = [bid.pi, *people_with(Role.ORG, organisation=bid.organisation_id)]
        if bid.recommender_id:
            people += people_with(Role.REC, organisation=bid.recommender_id)
        self.notify(code, people, subject, body)
