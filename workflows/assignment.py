"""评审任务: invited → accepted → pledged → submitted → locked; declined, recused and late ones are replaced.

Rules: domain 2.5 and 3.6. Only the expert himself acts on his seat; every vacancy calls a standby. An
invitation and a pledge each have a clock of their own; once locked, the seat signs the panel's opinion.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.conflicts import blocked_pairs, words_for_expert
from review.models import Assignment, BidFamiliarity, PanelSignature, ReviewRound, ScoreSheet
from workflows import expert_conduct as conduct
from workflows.clock import SHANGHAI
from workflows.conflict_matrix import keep_findings
from workflows.days import day_of
from workflows.engine import Flow
from workflows.familiarity import LEVEL, bids_are_not_shared_out_yet, expert_of_a_shared_round, familiarity_inputs
from workflows.held_round import hold_round
from workflows.late_recusal import go_on_without
from workflows.panel_draw import bids_of, invite_standby, open_sheets, rules_of_round
from workflows.panel_opinion import opinion_digest
from workflows.permissions import any_of, is_officer, is_system
from workflows.refused import Refused
from workflows.review_permissions import is_secretary, is_this_expert
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import Actor, State, holds
from workflows.wording import listed

S = Assignment.State


def every_sheet_is_submitted(flow: AssignmentFlow) -> State.CONDITION:
    left = flow.object.sheets.exclude(state__in=["SUBMITTED", "VOID"]).count()
    return holds(not left, _("还有 %s 份评分表没有提交；请逐份提交后再办理。") % left)


def no_conflict_has_come_up(flow: AssignmentFlow) -> State.CONDITION:
    """Who meanwhile joined a bidder or came under a bar may not read (domain 3.5)."""
    seat = flow.object
    rules, bids = rules_of_round(seat.round), bids_of(seat.round)
    found = blocked_pairs([seat.expert], bids, day_of(flow.now), rules.conflict_lookback_years)
    is_free = not found or (rules.is_matched and len({conflict.bid_id for conflict in found}) < len(bids))
    # Before his pledge he must not read who bids: the rule is named, not the fact.
    facts = listed(words_for_expert({conflict.code for conflict in found}))
    return holds(is_free, _("您有应当回避的情形（%s），请申请回避。") % facts)


def round_is_scoring(flow: AssignmentFlow) -> State.CONDITION:
    return holds(
        flow.object.round.state == ReviewRound.State.SCORING,
        _("本轮评审不在评分阶段，请查看本轮的日程，或联系评审秘书。"),
    )


def round_takes_replacements(flow: AssignmentFlow) -> State.CONDITION:
    open_states = [ReviewRound.State.CONFIRMED, ReviewRound.State.PREVIEW, ReviewRound.State.SCORING]
    return holds(
        flow.object.round.state in open_states,
        _("本轮评审已进入汇总，不能再更换专家；确需更换的，请中止本轮，另行组织评审。"),
    )


def round_has_not_ended(flow: AssignmentFlow) -> State.CONDITION:
    """A conflict that is found later still is evidence; the result stands until somebody objects (domain 2.10)."""
    ended = flow.object.round.state in (ReviewRound.State.CLOSED, ReviewRound.State.ABORTED)
    return holds(not ended, _("本轮评审已经结束；对结果有异议的，请按公示办法提出。"))


def answer_is_late(flow: AssignmentFlow) -> State.CONDITION:
    """What counts is the stored instant, not when the sweep came by."""
    until = flow.object.respond_by
    return holds(until is not None and flow.now >= until, _("答复期限未到；请等待专家答复或期满。"))


def answer_is_in_time(flow: AssignmentFlow) -> State.CONDITION:
    until = flow.object.respond_by
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if until else ""
    return holds(
        until is None or flow.now < until,
        _("答复期限 %s 已过，席位将由备选专家递补；如仍愿参加，请联系评审秘书。") % shown,
    )


def scoring_time_is_over(flow: AssignmentFlow) -> State.CONDITION:
    until = flow.object.round.scoring_until
    over = flow.object.round.state == ReviewRound.State.SCORING and until is not None and flow.now >= until
    return holds(over, _("评分截止之后仍未提交的席位才能免除；截止之前请更换专家。"))


def seat_is_late(flow: AssignmentFlow) -> State.CONDITION:
    """Nobody is released for what he scored: only who has handed in nothing, or owes a returned sheet."""
    seat = flow.object
    owes = seat.state != S.SUBMITTED or seat.sheets.filter(state=ScoreSheet.State.RETURNED).exists()
    return holds(owes, _("该专家已提交全部评审，不能免除；请另选未提交的席位。"))


def the_others_are_a_quorum(flow: AssignmentFlow) -> State.CONDITION:
    row, needed = flow.object.round, rules_of_round(flow.object.round).needed_seats
    others = row.assignments.filter(state=S.SUBMITTED).exclude(pk=flow.object.pk)
    have = others.exclude(sheets__state=ScoreSheet.State.RETURNED).count()
    sentence = _("已提交评审的其他专家为 %(have)s 人，未达法定人数 %(needed)s 人；请更换专家。")
    return holds(have >= needed, sentence % {"have": have, "needed": needed})


def staff_of_a_whole_panel(flow: AssignmentFlow, actor: Actor) -> str | None:
    """Where bids are shared out, every bid needs all its reviews: nobody is let go, he is replaced."""
    is_whole = not rules_of_round(flow.object.round).is_matched
    return any_of(is_secretary, is_officer)(flow, actor) if is_whole else None


def opinion_waits_for_signatures(flow: AssignmentFlow) -> State.CONDITION:
    row = flow.object.round
    is_open = row.state == ReviewRound.State.COLLATING and row.panel_opinion and row.sign_until
    if not is_open:
        return holds(False, _("评审组意见尚未起草，或者本轮已经结束；请等待组长起草，或刷新页面查看。"))
    shown = f"{row.sign_until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return holds(
        flow.now < row.sign_until,
        _("签署已于 %s 截止；未书面说明不同意见的，视为同意；如有异议，请联系评审秘书记录。") % shown,
    )


def not_signed_before(flow: AssignmentFlow) -> State.CONDITION:
    given = flow.object.signatures.filter(digest=opinion_digest(flow.object.round))
    return holds(not given.exists(), _("您已对现在这份意见表态；意见改动后才需要重新签署；请等待其他成员签署。"))


class AssignmentFlow(Flow):
    model = Assignment
    slug = "assignment"
    related = ("round__challenge__challenge_list__rule_set", "expert__user")
    state = State(S, default=S.INVITED)
    next_steps = {
        S.INVITED: (Role.EXP.label, gettext_lazy("接受、谢绝或申请回避")),
        S.ACCEPTED: (Role.EXP.label, gettext_lazy("签署保密与诚信承诺")),
        S.PLEDGED: (Role.EXP.label, gettext_lazy("阅读材料并评分")),
        S.SUBMITTED: (Role.SEC.label, gettext_lazy("汇总")),
    }

    @state.transition(source=S.INVITED, target=S.ACCEPTED, label=gettext_lazy("接受邀请"), permission=is_this_expert,
                      conditions=[round_takes_replacements, answer_is_in_time], style="success")  # fmt: skip
    def accept(self) -> None:
        """Bids stay closed until the pledge, which has a clock of its own."""
        self.object.respond_by = self.now + timedelta(hours=rules_of_round(self.object.round).pledge_hours)

    @state.transition(
        source=[S.INVITED, S.ACCEPTED], target=S.DECLINED, label=gettext_lazy("谢绝"), permission=is_this_expert,
        conditions=[round_takes_replacements], style="secondary",
        inputs={"decline_reason": forms.CharField(label=gettext_lazy("原因"), max_length=300)},
    )  # fmt: skip
    def decline(self, decline_reason: str) -> None:
        self.object.decline_reason = decline_reason
        conduct.note_declined(self)
        self._call_standby()

    @state.transition(
        source=[S.INVITED, S.ACCEPTED, S.PLEDGED], target=S.RECUSED, label=gettext_lazy("申请回避"),
        permission=is_this_expert, conditions=[round_takes_replacements], style="warning",
        inputs={"decline_reason": forms.CharField(label=gettext_lazy("回避情形"), max_length=300)},
    )  # fmt: skip
    def recuse(self, decline_reason: str) -> None:
        """Self-declared relation (C02, C07). What he had scored is void (实施条例 48 条)."""
        self.object.decline_reason = decline_reason
        self._void_sheets()
        self._call_standby()

    @state.transition(
        source=S.ACCEPTED, target=S.PLEDGED, label=gettext_lazy("签署承诺"), permission=is_this_expert, style="success",
        conditions=[no_conflict_has_come_up, answer_is_in_time],
        inputs={
            "confidentiality": forms.BooleanField(label=gettext_lazy("我承诺保密：不泄露评审对象、专家和意见")),
            "integrity": forms.BooleanField(label=gettext_lazy("我承诺独立、客观评审，本人与申请方无应回避的关系")),
        },
    )  # fmt: skip
    def pledge(self, confidentiality: bool, integrity: bool) -> None:
        self.object.pledged_at, self.object.respond_by = self.now, None
        row = self.object.round
        keep_findings([self.object.expert], bids_of(row), self.now, rules_of_round(row).conflict_lookback_years)
        if row.state in (ReviewRound.State.PREVIEW, ReviewRound.State.SCORING):
            self._open_sheets()

    @state.transition(
        source=S.PLEDGED, target=S.PLEDGED, label=gettext_lazy("填写熟悉程度"), permission=expert_of_a_shared_round,
        conditions=[bids_are_not_shared_out_yet], inputs=familiarity_inputs, style="primary",
        help=gettext_lazy("可只填一部分；不填的按研究方向和成果与申请内容的相近程度分工。"),
    )  # fmt: skip
    def declare_levels(self, **levels: str) -> None:
        """How well he could judge which bid: it goes before what the texts say."""
        for name, level in levels.items():
            bid = int(name.removeprefix(LEVEL))
            if level:
                BidFamiliarity.objects.update_or_create(assignment=self.object, bid_id=bid, defaults={"level": level})
            else:
                BidFamiliarity.objects.filter(assignment=self.object, bid_id=bid).delete()

    @state.transition(source=[S.INVITED, S.ACCEPTED], target=S.TIMEOUT, label=gettext_lazy("逾期未复"),
                      permission=is_system, conditions=[round_takes_replacements, answer_is_late])  # fmt: skip
    def time_out(self) -> None:
        """No answer, or no pledge, in time: the standby is asked, with a clock of its own (domain 2.5)."""
        self.notify("N05", [self.object.expert.user], _("评审邀请已过答复期限，席位由备选专家递补"))
        conduct.note_unanswered(self)
        self._call_standby()

    @state.transition(
        source=[S.INVITED, S.ACCEPTED, S.PLEDGED, S.SUBMITTED, S.LOCKED], target=S.RECUSED,
        label=gettext_lazy("须回避"), permission=is_system, conditions=[round_has_not_ended],
        inputs={"decline_reason": forms.CharField(label=gettext_lazy("回避情形"), max_length=300)},
    )  # fmt: skip
    def stand_aside(self, decline_reason: str) -> None:
        """A conflict has come to light: what he had scored is void (domain 3.5).

        A standby steps in, or, once all is collated, the others go on without him.
        """
        row, self.object.decline_reason = self.object.round, decline_reason
        self._void_sheets()
        self.notify("N06", [self.object.expert.user], _("您须回避，已退出本轮评审：%s") % row, decline_reason)
        if self.state_before == S.LOCKED:
            self.object.save()
            go_on_without(self, self.object)
            return
        self._call_standby()
        names = {"alias": self.object.alias, "round": row}
        self.notify("N06", [row.secretary], _("评审组 %(alias)s 须回避，已退出：%(round)s") % names)

    @state.transition(source=S.PLEDGED, target=S.SUBMITTED, label=gettext_lazy("提交全部评审"),
                      permission=is_this_expert, conditions=[round_is_scoring, every_sheet_is_submitted],
                      style="success")  # fmt: skip
    def submit_all(self) -> None:
        """The expert's work is done; the secretary collates."""

    @state.transition(source=S.SUBMITTED, target=S.LOCKED, label=gettext_lazy("锁定"), permission=is_system)
    def lock(self) -> None:
        conduct.note_scored(self)
        for sheet in self.object.sheets.filter(state=ScoreSheet.State.SUBMITTED).order_by("pk"):
            self.cascade(ScoreSheetFlow, sheet, "lock")

    @state.transition(
        source=[S.INVITED, S.ACCEPTED, S.PLEDGED], target=S.REPLACED, label=gettext_lazy("更换专家"),
        permission=any_of(is_system, is_secretary, is_officer), conditions=[round_takes_replacements],
        needs_reason=True, style="warning",
    )  # fmt: skip
    def replace(self) -> None:
        """No answer in time. A replaced member's conclusions are void; the substitute judges anew."""
        conduct.note_replaced(self)
        self._void_sheets()
        self._call_standby()

    @state.transition(
        source=[S.INVITED, S.ACCEPTED, S.PLEDGED, S.SUBMITTED], target=S.VOIDED, label=gettext_lazy("免除"),
        permission=staff_of_a_whole_panel, needs_reason=True, style="warning",
        conditions=[scoring_time_is_over, seat_is_late, the_others_are_a_quorum],
        help=gettext_lazy("已达法定人数时，未提交的席位可以免除而不再递补；评审组须仍为单数。"),
    )  # fmt: skip
    def release(self) -> None:
        """The quorum has scored; who has not is let go instead of replaced (domain 2.5)."""
        hold_round(self.object.round, ReviewRound.State.SCORING)
        conduct.note_released(self)
        self._void_sheets()

    @state.transition(source=S.LOCKED, target=S.LOCKED, label=gettext_lazy("签署评审组意见"), permission=is_this_expert,
                      conditions=[opinion_waits_for_signatures, not_signed_before], style="success")  # fmt: skip
    def sign_opinion(self) -> None:
        self._sign(PanelSignature.Kind.AGREE)

    @state.transition(
        source=S.LOCKED, target=S.LOCKED, label=gettext_lazy("书面说明不同意见"), permission=is_this_expert,
        conditions=[opinion_waits_for_signatures, not_signed_before], style="warning",
        inputs={"dissent": forms.CharField(
            label=gettext_lazy("不同意见和理由"), min_length=20, max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
            help_text=gettext_lazy("只以代号存入评审记录，供决策时参阅。"),
        )},
    )  # fmt: skip
    def dissent(self, dissent: str) -> None:
        """Written and recorded; the result stands nevertheless (实施条例 53 条)."""
        self._sign(PanelSignature.Kind.DISSENT, dissent)

    @state.transition(
        source=[S.INVITED, S.ACCEPTED, S.PLEDGED, S.SUBMITTED, S.LOCKED], target=S.VOIDED, label=gettext_lazy("作废"),
        permission=is_system, conditions=[round_has_not_ended],
    )  # fmt: skip
    def void(self) -> None:
        """The round was aborted."""
        self._void_sheets()

    def deadline(self) -> datetime | None:
        seat, row = self.object, self.object.round
        until = {S.INVITED: seat.respond_by, S.ACCEPTED: seat.respond_by, S.PLEDGED: row.scoring_until}
        return until.get(seat.state)  # type: ignore[no-any-return]

    def _sign(self, kind: PanelSignature.Kind, dissent: str = "") -> None:
        row = self.object.round = hold_round(self.object.round, ReviewRound.State.COLLATING)
        if not (still := opinion_waits_for_signatures(self)):  # a member left while we waited: it is drafted anew
            raise Refused("conditions_unmet", [str(still.message)])
        digest = self.evidence["opinion_digest"] = opinion_digest(row)
        PanelSignature.objects.create(
            round=row, assignment=self.object, kind=kind, dissent=dissent, digest=digest, at=self.now
        )

    def _void_sheets(self) -> None:
        for sheet in self.object.sheets.exclude(state=ScoreSheet.State.VOID).order_by("pk"):
            self.cascade(ScoreSheetFlow, sheet, "void")

    def _call_standby(self) -> None:
        self.object.save()  # the seat counts as vacant from here on
        invite_standby(self, self.object)

    def _open_sheets(self) -> None:
        self.object.save()  # the seat counts as pledged from here on
        open_sheets(self, self.object)
