"""评审轮次: planned → draw committed → drawn → preview → scoring → collated → closed.

Rules: domain 2.5, 3.2–3.4, 3.7, 3.8. Criteria are those of the pinned rule set, copied when the round is
planned. Flags never change a score: outliers and splits are settled by the experts' own word or by the
panel's, then the chair drafts what all sign, and closes with the supervisor.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import Bid
from review.draw import commit, snapshot_digest
from review.models import Assignment, DefenceSession, FlagDiscussion, PanelSignature, ReviewRound
from workflows import late_recusal as late
from workflows import review_round_conditions as when
from workflows.assignment import AssignmentFlow
from workflows.bid import BidFlow
from workflows.defence import DefenceSessionFlow
from workflows.engine import Flow
from workflows.panel_draw import (
    candidates_as_drawn,
    hold_draw,
    new_seed,
    note_conflicts,
    open_sheets,
    public_entropy,
    redraw,
    rules_of_round,
)
from workflows.panel_opinion import dissents_of, opinion_digest, words_on
from workflows.permissions import any_of, is_officer, is_supervisor, is_system, people_with
from workflows.review_closing import results_of
from workflows.review_flags import flags_of, sheets_of
from workflows.review_permissions import is_chair, is_secretary, is_witness
from workflows.round_match import is_matched, match_again, match_round
from workflows.staff_recusal import reasons_to_stand_aside, those_in_charge_are_unrelated
from workflows.state import State
from workflows.wording import listed

__all__ = ["ReviewRoundFlow", "flags_of", "sheets_of"]

S = ReviewRound.State


class ReviewRoundFlow(Flow):
    model = ReviewRound
    slug = "round"
    related = ("challenge__challenge_list__rule_set", "secretary", "chair__expert")
    start_permission = staticmethod(is_officer)
    start_parents = ("challenge",)
    start_conditions = (when.challenge_is_under_review, those_in_charge_are_unrelated)
    state = State(S, default=S.PLANNED)
    next_steps = {
        S.PLANNED: (Role.OFF.label, gettext_lazy("指定见证人并承诺随机种子")),
        S.DRAWING: (Role.SUP.label, gettext_lazy("现场抽取专家")),
        S.CONFIRMED: (Role.SEC.label, gettext_lazy("待专家承诺、指定组长后开放预览")),
        S.PREVIEW: (Role.SEC.label, gettext_lazy("预览期满后开始评分")),
        S.SCORING: (Role.EXP.label, gettext_lazy("评分")),
        S.COLLATING: (Role.CHR.label, gettext_lazy("处理评分提示，起草评审组意见，签署后结束")),
    }
    _staff = staticmethod(any_of(is_secretary, is_officer))
    _SEATED = (S.CONFIRMED, S.PREVIEW, S.SCORING, S.COLLATING)

    @state.transition(
        source=S.PLANNED, target=S.DRAWING, label=gettext_lazy("启动抽取"), permission=is_officer,
        conditions=[when.pool_fills_the_panel], inputs=when.witnesses,
        help=gettext_lazy("先公布随机种子的承诺和候选名单摘要，再由监督员现场抽取。"),
    )  # fmt: skip
    def begin_draw(self, witness: User) -> None:
        """Commit to seed and candidates, on record before anything is drawn."""
        if witness.pk == self.by.pk:
            self.refuse_input("witness", _("见证人不能是抽取人本人；请另选一位监督员。"))
        row, seed = self.object, new_seed()
        row.criteria = [asdict(c) for c in rules_of_round(row).criteria]
        for bid in row.challenge.bids.filter(state=Bid.State.ACCEPTED).order_by("pk"):
            self.cascade(BidFlow, bid, "enter_round")
        if told := reasons_to_stand_aside(row, [witness, self.by]):
            self.refuse_input("witness", _("%s。与申请方有关联的人不得办理或见证抽取，请换人。") % listed(told))
        row.witness, row.pending_seed = witness, seed.hex()
        candidates, filters, _experts = candidates_as_drawn(row, self.now)
        self.evidence |= {
            "about": str(row),
            "seed_commitment": commit(seed),
            "candidate_digest": snapshot_digest(candidates),
            "filters": filters,
            "public_entropy": public_entropy(row),
            "conflicts": note_conflicts(row, self.now),
        }
        self.notify("N05", [witness], _("请到场见证专家抽取：%s") % row)

    @state.transition(source=S.DRAWING, target=S.CONFIRMED, label=gettext_lazy("抽取"), permission=is_witness,
                      style="success", inputs={"called_out": when.called_out_field()})  # fmt: skip
    def draw(self, called_out: str = "") -> None:
        """The witness draws; panel and standbys are on record, invitations go out."""
        seed, self.object.pending_seed = bytes.fromhex(self.object.pending_seed), ""
        hold_draw(self, seed, called_out)

    @state.transition(source=[S.CONFIRMED, S.PREVIEW, S.SCORING], target=State.RETURN_VALUE(S.CONFIRMED, S.PREVIEW, S.SCORING),
                      label=gettext_lazy("递补"), permission=is_system,
                      inputs={"vacated": forms.ModelChoiceField(Assignment.objects.all())})  # fmt: skip
    def redraw(self, vacated: Assignment) -> str:
        """A seat fell vacant; it alone is drawn anew (domain 3.4)."""
        redraw(self, vacated)
        return self.state_before

    @state.transition(source=[S.PREVIEW, S.SCORING], target=State.RETURN_VALUE(S.PREVIEW, S.SCORING),
                      label=gettext_lazy("调整分工"), permission=is_system, conditions=[when.bids_are_shared_out])  # fmt: skip
    def rematch(self) -> str:
        """A seat was taken or left, or a pair must not meet: what is open is matched, and nothing else."""
        match_again(self)
        return self.state_before

    @state.transition(source=S.COLLATING, target=S.COLLATING, label=gettext_lazy("成员回避，不再递补"), permission=is_system,
                      inputs={"vacated": forms.ModelChoiceField(Assignment.objects.all())})  # fmt: skip
    def go_on_without(self, vacated: Assignment) -> None:
        """A conflict was found after the collation: the scores are void, the opinion is drafted anew (domain 3.5)."""
        late.take_back_the_opinion(self, vacated)

    @state.transition(source=_SEATED, target=State.RETURN_VALUE(*_SEATED), label=gettext_lazy("核对回避"), permission=_staff,
                      style="secondary", help=gettext_lazy("按现在的事实重新比对全体专家与各申报；应当回避的随即退出。"))  # fmt: skip
    def check_conflicts(self) -> str:
        """Facts change without a word to the round: a new unit, a bar that came into force (domain 3.5)."""
        self.evidence["conflicts"] = note_conflicts(self.object, self.now)
        self.object.refresh_from_db()  # who left has moved this very row
        return self.state_before

    @state.transition(source=_SEATED, target=State.RETURN_VALUE(*_SEATED), label=gettext_lazy("指定组长"), permission=_staff,
                      conditions=[late.the_chair_has_left], inputs=when.technical_seats)  # fmt: skip
    def name_chair(self, chair: Assignment) -> str:
        self.object.chair = chair
        if self.state_before == S.COLLATING:
            self.notify("N06", [chair.expert.user], _("请签署评审组意见：%s") % self.object)
        return self.state_before

    @state.transition(
        source=S.CONFIRMED, target=S.PREVIEW, label=gettext_lazy("开放预览"), permission=_staff,
        conditions=[when.every_seat_is_filled, when.every_seat_is_pledged, when.a_chair_is_named],
    )  # fmt: skip
    def open_preview(self) -> None:
        """Every pledged expert gets his sheets and may read."""
        days = rules_of_round(self.object).preview_days
        self.object.preview_until = self.now + timedelta(days=days)
        note_conflicts(self.object, self.now)  # who meanwhile joined a bidder leaves before he reads
        seats = self.object.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("pk")
        if is_matched(self.object):
            match_round(self)
        for seat in seats:
            if not is_matched(self.object):
                open_sheets(self, seat)
            self.notify("N05", [seat.expert.user], _("评审材料已开放预览"), about=seat)

    @state.transition(
        source=S.PREVIEW, target=S.SCORING, label=gettext_lazy("开始评分"), permission=_staff,
        conditions=[when.preview_is_over, when.the_defence_is_announced],
        inputs={"scoring_until": forms.DateTimeField(label=gettext_lazy("评分截止"))},
    )  # fmt: skip
    def open_scoring(self, scoring_until: datetime) -> None:
        if scoring_until <= self.now:
            self.refuse_input("scoring_until", _("评分截止须晚于现在，请改晚。"))
        self.object.scoring_until = scoring_until

    @state.transition(
        source=S.SCORING, target=S.SCORING, label=gettext_lazy("延长评分"), permission=_staff, needs_reason=True,
        inputs={"scoring_until": forms.DateTimeField(label=gettext_lazy("新的评分截止"))}, style="warning",
    )  # fmt: skip
    def extend_scoring(self, scoring_until: datetime) -> None:
        """Too little time: extend (实施条例 48 条)."""
        if scoring_until <= max(self.object.scoring_until, self.now):
            self.refuse_input("scoring_until", _("新的截止须晚于原截止，也须晚于现在，请改晚。"))
        self.object.scoring_until = scoring_until

    @state.transition(
        source=S.SCORING, target=S.COLLATING, label=gettext_lazy("汇总"), permission=_staff,
        conditions=[when.the_panel_has_its_quorum, when.the_panel_is_odd, when.every_bid_has_its_reviews,
                    when.every_expert_has_submitted, when.the_defence_is_over, when.a_chair_is_named,
                    late.nobody_who_scored_is_blocked],
    )  # fmt: skip
    def collate(self) -> None:
        """Lock every seat and sheet; the chair settles what is flagged."""
        late.refuse_who_is_blocked(self)
        for seat in self.object.assignments.filter(state="SUBMITTED").order_by("pk"):
            self.cascade(AssignmentFlow, seat, "lock")
        if self.object.chair is not None:
            self.notify("N06", [self.object.chair.expert.user], _("请签署评审组意见：%s") % self.object)

    @state.transition(
        source=S.COLLATING, target=S.COLLATING, label=gettext_lazy("记录讨论"), permission=any_of(is_chair, is_secretary),
        inputs=when.discussion_inputs, style="secondary",
    )  # fmt: skip
    def discuss_flag(self, flag: str, note: str) -> None:
        """What the panel made of a flag that no expert's answer has settled (domain 3.7)."""
        FlagDiscussion.objects.create(round=self.object, flag=flag, note=note, recorded_by=self.by, at=self.now)  # type: ignore[misc]

    @state.transition(
        source=S.COLLATING, target=S.COLLATING, label=gettext_lazy("起草评审组意见"), permission=is_chair,
        conditions=[late.nobody_who_scored_is_blocked, late.the_panel_can_conclude, when.nobody_is_being_asked],
        inputs=when.opinion_inputs,
        help=gettext_lazy("起草即视为组长签署；改动意见或评分后，其他成员须重新签署。"),
    )  # fmt: skip
    def draft_opinion(self, panel_opinion: str, sign_until: datetime) -> None:
        """The chair signs by drafting; all other members are asked to sign or to dissent in writing."""
        if sign_until <= self.now:
            self.refuse_input("sign_until", _("签署截止须晚于现在，请改晚。"))
        late.refuse_who_is_blocked(self)
        row = self.object
        row.panel_opinion, row.sign_until = panel_opinion, sign_until
        digest = self.evidence["opinion_digest"] = opinion_digest(row)
        PanelSignature.objects.get_or_create(
            round=row, assignment=row.chair, digest=digest, defaults={"kind": PanelSignature.Kind.AGREE, "at": self.now}
        )
        seats = row.assignments.filter(state="LOCKED").exclude(pk=row.chair_id).select_related("expert__user")
        for seat in seats.order_by("pk"):
            self.notify("N06", [seat.expert.user], _("请签署评审组意见，或书面说明不同意见"), about=seat)
        agency = row.challenge.challenge_list.agency_id
        self.notify("N06", people_with(Role.SUP, agency=agency), _("请阅看评审组意见：%s") % row)

    @state.transition(
        source=S.COLLATING, target=S.COLLATING, label=gettext_lazy("标记已阅"), permission=is_supervisor,
        conditions=[when.the_opinion_is_drafted], style="success",
        help=gettext_lazy("已阅看评审过程、评分提示的处理和评审组意见。"),
    )  # fmt: skip
    def see_opinion(self) -> None:
        """The supervisor's half of the closing (domain 2.5: CHR and SUP)."""
        digest = self.evidence["opinion_digest"] = opinion_digest(self.object)
        PanelSignature.objects.get_or_create(
            round=self.object, supervisor=self.by, digest=digest,  # type: ignore[misc]
            defaults={"kind": PanelSignature.Kind.SEEN, "at": self.now},
        )  # fmt: skip

    @state.transition(
        source=S.COLLATING, target=S.CLOSED, label=gettext_lazy("结束评审"), permission=is_chair,
        conditions=[late.nobody_who_scored_is_blocked, late.the_panel_can_conclude, when.nobody_is_being_asked,
                    when.outliers_and_splits_are_settled, when.the_opinion_is_drafted,
                    when.everybody_signed_or_time_is_up, when.a_supervisor_has_seen_it],
        inputs=when.closing_inputs, style="success",
    )  # fmt: skip
    def close(self, ballot: str, flags_considered: bool = False) -> None:
        """Scores, ranks and outcomes by the frozen rule; who has not dissented agrees, and that is on record."""
        late.refuse_who_is_blocked(self)
        row = self.object
        self.evidence["flags"] = [vars(flag) for flag in flags_of(row)]
        row.opinion_digest = self.evidence["opinion_digest"] = opinion_digest(row)
        self.evidence["signatures"] = {word.alias: word.label for word in words_on(row)}
        self.evidence["dissents"] = {word.alias: word.dissent for word in dissents_of(row)}
        for bid, outcome in results_of(self, ballot):
            self.cascade(BidFlow, bid, "conclude_review", outcome=outcome)
        officers = people_with(Role.OFF, agency=row.challenge.challenge_list.agency_id)
        self.notify("N06", officers, _("评审结束：%s") % row)

    @state.transition(
        source=[S.PLANNED, S.DRAWING, S.CONFIRMED, S.PREVIEW, S.SCORING, S.COLLATING], target=S.ABORTED,
        label=gettext_lazy("中止"), permission=any_of(is_supervisor, is_officer), needs_reason=True, style="danger",
        conditions=[late.only_a_broken_panel_is_aborted_after_the_collation],
    )  # fmt: skip
    def abort(self) -> None:
        """The old draw is kept; a new round may be planned."""
        self.object.pending_seed = ""
        for seat in self.object.assignments.filter(state__in=Assignment.SEATED).order_by("pk"):
            self.cascade(AssignmentFlow, seat, "void")
        for session in DefenceSession.objects.filter(round=self.object).exclude(state__in=["HELD", "CANCELLED"]):
            self.cascade(DefenceSessionFlow, session, "cancel", reason=_("评审轮次中止，答辩随之取消。"))

    def deadline(self) -> datetime | None:
        row = self.object
        until = {S.PREVIEW: row.preview_until, S.SCORING: row.scoring_until, S.COLLATING: row.sign_until}
        return until.get(row.state)  # type: ignore[no-any-return]
