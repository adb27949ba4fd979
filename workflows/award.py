"""立项审定: proposed → joint meeting → office meeting → (party group) → publicity → cleared → (held) → issued.

Rules: domain 2.6, 3.3. A meeting may deviate from the experts' ranking only for policy, budget,
integrity or duplication, and says why. What concerns every bid at once (publicise, issue, release) is
carried out by `workflows.decision_batch` only, after two people have read the same preview. A decision
that is held changes nothing outside: no bid, no project, no letter, until it is released.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from accounts.roles import bars_in_force
from projects.models import AwardDecision, ChallengeList, DecisionBatch, DecisionRow, PublicNotice
from review.models import ScoreSheet
from workflows import award_conditions as c
from workflows import award_rows as rows_
from workflows.award_release import end_reserves, start_awarded, tell_results, tell_rows
from workflows.bid import BidFlow
from workflows.challenge_end import settle_challenge
from workflows.challenge_list import ChallengeListFlow
from workflows.days import day_of
from workflows.decision_opinions import keep_opinion, opinion_inputs
from workflows.decision_plan import Plan, Words, plan_of, told_of
from workflows.delivery_plan import HORSE_RACE
from workflows.engine import Flow
from workflows.notice import announce, withdraw_notices
from workflows.official import official
from workflows.permissions import any_of, is_lead, is_officer, is_secretary_of_agency, is_system, people_with
from workflows.pinned_rules import rules_of
from workflows.refused import Refused
from workflows.state import State, holds
from workflows.wording import listed

S, Outcome, Batch = AwardDecision.State, DecisionRow.Outcome, DecisionBatch.Kind
BEFORE_PUBLICITY = [S.PROPOSED, S.JOINT_MEETING, S.OFFICE_MEETING, S.PARTY_GROUP]
BEFORE_ISSUE = [*BEFORE_PUBLICITY, S.NOTICE, S.CLEARED, S.HELD]
#: Looked at when it is issued, and again when it is released: what was held may have aged.
READY = [
    c.no_open_objection, c.upheld_objections_are_heeded, c.awarded_bids_still_stand, c.integrity_is_clean,
    c.money_fits_the_cap, c.every_race_has_lanes, c.no_tie_lies_across_a_cut,
]  # fmt: skip
#: The digest of the preview that a batch carries: never typed by anybody.
APPROVED = {"digest": forms.CharField()}
#: Reserves are valid until the batch's contracts are signed, six months at most (domain 3.3.3).
RESERVE_DAYS = 183


def propose(list_flow: Flow) -> AwardDecision:
    """The panels' ranks as a proposed decision on the list, when its reviews have closed (domain 2.6)."""
    challenge_list: ChallengeList = list_flow.object
    decision = list_flow.start(AwardDecisionFlow, AwardDecision(challenge_list=challenge_list))
    DecisionRow.objects.bulk_create(rows_.proposed_rows(decision, challenge_list.rule_set.rules))
    return decision


def a_reserve_may_be_promoted(flow: AwardDecisionFlow) -> State.CONDITION:
    return holds(
        rows_.promotable(c.rows_of(flow)), _("没有可以递补的备选：须有中选者逾期未签约；请待签约期满后再办理。")
    )


def minutes_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=5000, widget=forms.Textarea)


class AwardDecisionFlow(Flow):
    model = AwardDecision
    slug = "award"
    related = ("challenge_list__rule_set", "challenge_list__agency")
    state = State(S, default=S.PROPOSED)
    next_steps = {
        S.PROPOSED: (Role.OFF.label, gettext_lazy("提交联席会")),
        S.JOINT_MEETING: (Role.OFF.label, gettext_lazy("登记联席会纪要，提交办公会")),
        S.OFFICE_MEETING: (Role.LEAD.label, gettext_lazy("预览并提出公示，或登记办公会纪要后提交党组会")),
        S.PARTY_GROUP: (Role.LEAD.label, gettext_lazy("预览并提出公示，由另一位领导复核")),
        S.NOTICE: (Role.OFF.label, gettext_lazy("发布公示，期满且无异议后下达")),
        S.CLEARED: (Role.OFF.label, gettext_lazy("预览并提出下达立项，由另一位领导复核")),
        S.HELD: (Role.LEAD.label, gettext_lazy("预览并发布结果；定时发布的到时自动发布")),
    }

    @state.transition(
        source=BEFORE_PUBLICITY, target=State.RETURN_VALUE(*BEFORE_PUBLICITY), label=gettext_lazy("填写经费盘子"),
        permission=any_of(is_officer, is_lead), style="outline-primary",
        inputs={"budget_yuan": forms.IntegerField(
            label=gettext_lazy("经费盘子（元）"), min_value=0, max_value=10**12,
            help_text=gettext_lazy("本批可用的财政经费总额；名单上按它画出经费分界线。"))},
    )  # fmt: skip
    def set_budget(self, budget_yuan: int) -> str:
        self.object.budget_yuan = budget_yuan
        return self.state_before

    @state.transition(
        source=BEFORE_ISSUE, target=State.RETURN_VALUE(*BEFORE_ISSUE), label=gettext_lazy("修改专家意见的告知文本"),
        permission=is_secretary_of_agency, inputs=opinion_inputs, style="outline-primary",
        help=gettext_lazy("只删去能认出专家的词语，不改意见；专家的原文保留在评分表中。"),
    )  # fmt: skip
    def edit_opinion(self, sheet: ScoreSheet, text: str, names_nobody: bool) -> str:
        """The letter's version only: the sheet is locked, and the digest of its comment goes on record."""
        keep_opinion(self, sheet, text, names_nobody)
        return self.state_before

    @state.transition(source=S.PROPOSED, target=S.JOINT_MEETING, label=gettext_lazy("提交联席会"),
                      permission=is_officer)  # fmt: skip
    def submit_to_joint_meeting(self) -> None:
        leads = people_with(Role.LEAD, agency=self.object.challenge_list.agency_id)
        self.notify("N09", leads, _("立项建议提交联席会：%s") % self.object)

    @state.transition(
        source=S.JOINT_MEETING, target=S.OFFICE_MEETING, label=gettext_lazy("提交办公会"),
        permission=any_of(is_officer, is_lead), conditions=[c.money_fits_the_cap],
        inputs={"minutes": minutes_field(gettext_lazy("联席会纪要"))},
    )  # fmt: skip
    def submit_to_office_meeting(self, minutes: str) -> None:
        self._minute("联席会", minutes)

    @state.transition(
        source=S.OFFICE_MEETING, target=S.PARTY_GROUP, label=gettext_lazy("提交党组会"), permission=is_lead,
        conditions=[c.money_fits_the_cap], inputs={"minutes": minutes_field(gettext_lazy("办公会纪要"))},
    )  # fmt: skip
    def submit_to_party_group(self, minutes: str) -> None:
        """For amounts above the agency's own limit (domain 2.6)."""
        self._minute("办公会", minutes)

    @state.transition(
        source=[S.JOINT_MEETING, S.OFFICE_MEETING, S.PARTY_GROUP, S.NOTICE], label=gettext_lazy("更改结论"),
        target=State.RETURN_VALUE(S.JOINT_MEETING, S.OFFICE_MEETING, S.PARTY_GROUP, S.NOTICE),
        permission=is_lead,
        inputs=rows_.change_inputs, needs_reason=True, style="warning",
        help=gettext_lazy("不得以不同的学术看法推翻专家意见；公示期间只能改为不予立项。"),
    )  # fmt: skip
    def change_row(self, row: DecisionRow, outcome: str, award_yuan: int | None, ground: str) -> str:
        """One row, on one of the recorded grounds (domain 3.3.5, 基金条例 18 条)."""
        before = f"{row.outcome} {row.award_yuan}"
        row.award_yuan = rows_.check_change(self, row, outcome, award_yuan, ground)
        row.outcome, row.reason = outcome, f"{official(rows_.Ground(ground).label)}：{self.reason}"[:500]
        row.is_changed = True
        row.save(update_fields=["outcome", "award_yuan", "reason", "is_changed"])
        self.evidence["before"], self.evidence["after"] = before, f"{row.outcome} {row.award_yuan}"
        return self.state_before

    @state.transition(
        source=[S.OFFICE_MEETING, S.PARTY_GROUP], target=S.NOTICE, label=gettext_lazy("审定并公示"),
        permission=is_system,
        conditions=[c.money_fits_the_cap, c.every_race_has_lanes, c.awarded_bids_still_stand,
                    c.no_tie_lies_across_a_cut],
        inputs={"minutes": minutes_field(gettext_lazy("本次会议纪要")), **APPROVED}, style="success",
    )  # fmt: skip
    def publicise(self, minutes: str, digest: str) -> None:
        """The proposal goes public; the officer publishes the notice (domain 2.12)."""
        plan = self._as_approved(Batch.PUBLICISE, Words(minutes=minutes), digest)
        decision, challenge_list = self.object, self.object.challenge_list
        self._minute("党组会" if self.state_before == S.PARTY_GROUP else "办公会", minutes)
        announce(
            self,
            PublicNotice(
                kind=PublicNotice.Kind.AWARD,
                agency_id=challenge_list.agency_id,
                decision=decision,
                number=f"{challenge_list.number}-LX{decision.notices.count() + 1}",
                title=f"关于“{challenge_list.title}”拟立项项目的公示",
                body="现将拟立项和备选项目予以公示。如有异议，请在公示期内实名、书面提出并留下联系方式。\n"
                f"联系方式：{challenge_list.contact}",
                rows=rows_.published_rows(plan.rows, rules_of(decision)),
            ),
        )
        if challenge_list.state == challenge_list.State.DECIDING:
            self.cascade(ChallengeListFlow, challenge_list, "show_result")

    @state.transition(source=S.NOTICE, target=S.CLEARED, label=gettext_lazy("公示无异议"),
                      permission=is_system,
                      conditions=[c.upheld_objections_are_heeded])  # fmt: skip
    def clear(self) -> None:
        """The notice has ended clean, or its objections are settled."""
        leads = people_with(Role.LEAD, agency=self.object.challenge_list.agency_id)
        self.notify("N10", leads, _("公示期满，可以下达立项：%s") % self.object)

    @state.transition(
        source=[S.NOTICE, S.CLEARED, S.HELD], target=S.OFFICE_MEETING, label=gettext_lazy("撤回，重新审定"),
        permission=is_lead,
        needs_reason=True, style="warning", help=gettext_lazy("撤回公示；更改后须重新公示满期。"),
    )  # fmt: skip
    def reopen(self) -> None:
        """Rows that were not published before, such as a promoted reserve, need their own publicity."""
        withdraw_notices(self, self.reason)
        self.object.release_at, self.object.approved_digest = None, ""

    @state.transition(
        source=S.CLEARED, target=State.RETURN_VALUE(S.HELD, S.ISSUED), label=gettext_lazy("下达立项"),
        permission=is_system, style="success", conditions=READY,
        inputs={"document_no": forms.CharField(label=gettext_lazy("发文字号"), max_length=40,
                                               help_text=gettext_lazy("例：鲁科字〔2026〕29号")),
                "is_held": forms.BooleanField(label=gettext_lazy("审定后暂不发布"), required=False),
                "release_at": forms.DateTimeField(label=gettext_lazy("定时发布"), required=False), **APPROVED},
    )  # fmt: skip
    def issue(self, document_no: str, is_held: bool, release_at: datetime | None, digest: str) -> str:
        """Told at once, or decided now and told later."""
        plan = self._as_approved(Batch.ISSUE, Words("", document_no, is_held, release_at), digest)
        decision = self.object
        decision.document_no = document_no
        if is_held:
            decision.release_at, decision.approved_digest = release_at, plan.content_digest
            return str(S.HELD)
        tell_results(self, plan)
        return str(S.ISSUED)

    @state.transition(
        source=S.HELD, target=S.ISSUED, label=gettext_lazy("发布结果"), permission=is_system, style="success",
        conditions=READY, inputs={"digest": forms.CharField(required=False)},
    )  # fmt: skip
    def release(self, digest: str) -> None:
        """By two people, or at the instant that two people have set, with nothing changed since."""
        if self.cause is not None:
            tell_results(self, self._as_approved(Batch.RELEASE, Words(), digest))
            return
        if self.object.release_at is None or self.now < self.object.release_at:
            raise Refused(
                "conditions_unmet", [_("结果尚在保留中，须经第二人复核后发布；请提出“发布结果”，由另一位领导复核。")]
            )
        plan = plan_of(self, Batch.RELEASE, Words())
        if plan.named:
            raise Refused("conditions_unmet", plan.named)
        if plan.content_digest != self.object.approved_digest:
            raise Refused("stale", [_("审定之后内容有变化，请重新提出发布，由第二人复核。")])
        tell_results(self, plan)

    @state.transition(
        source=S.ISSUED, target=S.ISSUED, label=gettext_lazy("递补备选"), permission=is_lead,
        inputs=rows_.promotion_input,
        conditions=[a_reserve_may_be_promoted], needs_reason=True, style="warning",
        help=gettext_lazy("中选者逾期未签约时，由同一榜题的备选递补。"),
    )  # fmt: skip
    def promote_reserve(self, row: DecisionRow) -> None:
        """The vacant award goes to a reserve, who was published as such (domain 2.6)."""
        if bars := bars_in_force(day_of(self.now), user=row.bid.pi, organisation=row.bid.organisation):
            self.refuse_input(
                "row",
                _("科研诚信限制期内不得立项（%s）；请改为不予立项，或待限制期满。")
                % listed(b.decision_no for b in bars),
            )
        vacant = next(v for v in rows_.vacancies(c.rows_of(self)) if v.bid.challenge_id == row.bid.challenge_id)
        is_race = rules_of(self.object).mode == HORSE_RACE
        money = vacant.award_yuan if is_race else min(vacant.award_yuan, row.bid.requested_yuan)
        vacant.outcome, vacant.award_yuan, vacant.reason = Outcome.REJECT, 0, "逾期未签任务书，立项取消。"
        row.outcome, row.award_yuan, row.reason = Outcome.AWARD, money, f"备选递补：{self.reason}"[:500]
        for changed in (vacant, row):
            changed.save(update_fields=["outcome", "award_yuan", "reason"])
        tell_rows(self, [row])
        self.cascade(BidFlow, row.bid, "award")
        start_awarded(self, row)

    @state.transition(source=S.ISSUED, target=S.ISSUED, label=gettext_lazy("备选失效"),
                      permission=any_of(is_lead, is_system))  # fmt: skip
    def release_reserves(self) -> None:
        """All of them by the leader or after six months; else those whose challenge is fully contracted."""
        decision, rows = self.object, c.rows_of(self)
        too_old = self.now > decision.issued_at + timedelta(days=RESERVE_DAYS)
        by_leader = self.cause is None and not getattr(self.by, "is_system", False)
        kept = [] if too_old or by_leader else rows_.kept_reserves(rows)
        released = [row for row in rows_.waiting_reserves(rows) if row not in kept]
        end_reserves(self, released)
        for challenge in {row.bid.challenge for row in released}:
            settle_challenge(self, challenge)

    # --- steps ----------------------------------------------------------------------------------

    def _minute(self, meeting: str, text: str) -> None:
        entry = f"【{meeting} {day_of(self.now)}】{text}"
        self.object.minutes = "\n".join(filter(None, [self.object.minutes, entry]))

    def _as_approved(self, kind: str, words: Words, digest: str) -> Plan:
        """The plan, computed under the decision's lock: what two people have approved, or nothing."""
        plan = plan_of(self, kind, words)
        if plan.digest != digest:
            raise Refused("stale", [_("预览之后内容有变化，本次预览作废；请撤回后重新预览、重新提出。")])
        self.evidence["told"] = str(told_of(plan))
        return plan
