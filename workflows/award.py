"""立项审定: proposed → joint meeting → office meeting → (party group) → publicity → cleared → issued.

Rules: domain 2.6, 3.3. A meeting may deviate from the experts' ranking only for policy, budget,
integrity or duplication, and says why. Issuing it starts everything that is delivered afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from accounts.roles import bars_in_force
from projects.models import AwardDecision, Bid, Challenge, ChallengeList, DecisionRow, Project, PublicNotice
from workflows import award_conditions as c
from workflows import award_rows as rows_
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_end import close_list, settle_challenge
from workflows.challenge_list import ChallengeListFlow
from workflows.days import day_of
from workflows.delivery_plan import HORSE_RACE, start_project
from workflows.engine import Flow
from workflows.notice import announce, withdraw_notices
from workflows.official import official
from workflows.permissions import any_of, is_lead, is_officer, is_system, people_with
from workflows.pinned_rules import rules_of
from workflows.state import State, holds
from workflows.wording import listed

S, Outcome = AwardDecision.State, DecisionRow.Outcome
#: Reserves are valid until the batch's contracts are signed, six months at most (domain 3.3.3).
RESERVE_DAYS = 183


def propose(list_flow: Flow) -> AwardDecision:
    """The panels' ranks as a proposed decision on the list, when its reviews have closed (domain 2.6)."""
    challenge_list: ChallengeList = list_flow.object
    decision = list_flow.start(AwardDecisionFlow, AwardDecision(challenge_list=challenge_list))
    DecisionRow.objects.bulk_create(rows_.proposed_rows(decision, challenge_list.rule_set.rules))
    return decision


def a_reserve_may_be_promoted(flow: AwardDecisionFlow) -> State.CONDITION:
    return holds(rows_.promotable(c.rows_of(flow)), _("没有可以递补的备选：须有中选者逾期未签约。"))


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
        S.OFFICE_MEETING: (Role.LEAD.label, gettext_lazy("登记办公会纪要，公示或提交党组会")),
        S.PARTY_GROUP: (Role.LEAD.label, gettext_lazy("登记党组会纪要并公示")),
        S.NOTICE: (Role.OFF.label, gettext_lazy("发布公示，期满且无异议后下达")),
        S.CLEARED: (Role.LEAD.label, gettext_lazy("复查诚信并下达立项")),
    }

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
        row.save(update_fields=["outcome", "award_yuan", "reason"])
        self.evidence["before"], self.evidence["after"] = before, f"{row.outcome} {row.award_yuan}"
        return self.state_before

    @state.transition(
        source=[S.OFFICE_MEETING, S.PARTY_GROUP], target=S.NOTICE, label=gettext_lazy("审定并公示"),
        permission=is_lead,
        conditions=[c.money_fits_the_cap, c.every_race_has_lanes, c.awarded_bids_still_stand],
        inputs={"minutes": minutes_field(gettext_lazy("本次会议纪要"))}, style="success",
    )  # fmt: skip
    def publicise(self, minutes: str) -> None:
        """The proposal goes public; the officer publishes the notice (domain 2.12)."""
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
                rows=rows_.published_rows(c.rows_of(self), rules_of(decision)),
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
        source=[S.NOTICE, S.CLEARED], target=S.OFFICE_MEETING, label=gettext_lazy("撤回，重新审定"),
        permission=is_lead,
        needs_reason=True, style="warning", help=gettext_lazy("撤回公示；更改后须重新公示满期。"),
    )  # fmt: skip
    def reopen(self) -> None:
        """Rows that were not published before, such as a promoted reserve, need their own publicity."""
        withdraw_notices(self, self.reason)

    @state.transition(
        source=S.CLEARED, target=S.ISSUED, label=gettext_lazy("下达立项"), permission=is_lead,
        style="success",
        conditions=[c.no_open_objection, c.upheld_objections_are_heeded, c.awarded_bids_still_stand,
                    c.integrity_is_clean, c.money_fits_the_cap, c.every_race_has_lanes],
        inputs={"document_no": forms.CharField(label=gettext_lazy("发文字号"), max_length=40,
                                               help_text=gettext_lazy("例：鲁科字〔2026〕29号"))},
    )  # fmt: skip
    def issue(self, document_no: str) -> None:
        """Bids learn their result, challenges are awarded or lapse, projects begin."""
        decision, challenge_list = self.object, self.object.challenge_list
        decision.document_no, decision.issued_at = document_no, self.now
        self.evidence["integrity_checked_on"] = day_of(self.now)
        rows = c.rows_of(self)
        self.cascade(ChallengeListFlow, challenge_list, "award")
        for row in rows:
            if row.outcome == Outcome.AWARD:
                self.cascade(BidFlow, row.bid, "award")
                self._start(row)
        for challenge in challenge_list.challenges.filter(state=Challenge.State.UNDER_REVIEW).order_by("pk"):
            awarded = any(r.outcome == Outcome.AWARD and r.bid.challenge_id == challenge.pk for r in rows)
            self.cascade(ChallengeFlow, challenge, "award" if awarded else "lapse")
        kept = rows_.kept_reserves(rows)
        self._decline(row.bid for row in rows if row.outcome != Outcome.AWARD and row not in kept)
        if not any(row.outcome == Outcome.AWARD for row in rows):
            close_list(self, challenge_list)

    @state.transition(
        source=S.ISSUED, target=S.ISSUED, label=gettext_lazy("递补备选"), permission=is_lead,
        inputs=rows_.promotion_input,
        conditions=[a_reserve_may_be_promoted], needs_reason=True, style="warning",
        help=gettext_lazy("中选者逾期未签约时，由同一榜题的备选递补。"),
    )  # fmt: skip
    def promote_reserve(self, row: DecisionRow) -> None:
        """The vacant award goes to a reserve, who was published as such (domain 2.6)."""
        if bars := bars_in_force(day_of(self.now), user=row.bid.pi, organisation=row.bid.organisation):
            self.refuse_input("row", _("科研诚信限制期内不得立项（%s）。") % listed(b.decision_no for b in bars))
        vacant = next(v for v in rows_.vacancies(c.rows_of(self)) if v.bid.challenge_id == row.bid.challenge_id)
        is_race = rules_of(self.object).mode == HORSE_RACE
        money = vacant.award_yuan if is_race else min(vacant.award_yuan, row.bid.requested_yuan)
        vacant.outcome, vacant.award_yuan, vacant.reason = Outcome.REJECT, 0, "逾期未签任务书，立项取消。"
        row.outcome, row.award_yuan, row.reason = Outcome.AWARD, money, f"备选递补：{self.reason}"[:500]
        for changed in (vacant, row):
            changed.save(update_fields=["outcome", "award_yuan", "reason"])
        self.cascade(BidFlow, row.bid, "award")
        self._start(row)

    @state.transition(source=S.ISSUED, target=S.ISSUED, label=gettext_lazy("备选失效"),
                      permission=any_of(is_lead, is_system))  # fmt: skip
    def release_reserves(self) -> None:
        """All of them by the leader or after six months; else those whose challenge is fully contracted."""
        decision, rows = self.object, c.rows_of(self)
        too_old = self.now > decision.issued_at + timedelta(days=RESERVE_DAYS)
        by_leader = self.cause is None and not getattr(self.by, "is_system", False)
        kept = [] if too_old or by_leader else rows_.kept_reserves(rows)
        released = [row.bid for row in rows_.waiting_reserves(rows) if row not in kept]
        self._decline(released)
        for challenge in {bid.challenge for bid in released}:
            settle_challenge(self, challenge)

    # --- steps ----------------------------------------------------------------------------------

    def _minute(self, meeting: str, text: str) -> None:
        entry = f"【{meeting} {day_of(self.now)}】{text}"
        self.object.minutes = "\n".join(filter(None, [self.object.minutes, entry]))

    def _start(self, row: DecisionRow) -> None:
        """The project's number follows the list's, in the order of the awards."""
        challenge_list = self.object.challenge_list
        serial = Project.objects.filter(bid__challenge__challenge_list=challenge_list).count() + 1
        start_project(self, row, f"{challenge_list.number}-P{serial:03d}", rules_of(self.object))

    def _decline(self, bids: Iterable[Bid]) -> None:
        """Told to the team with the opinions; bids that were disqualified have heard already."""
        open_states = (Bid.State.RECOMMENDED, Bid.State.RESERVE, Bid.State.NOT_RECOMMENDED)
        for bid in bids:
            if bid.state in open_states:
                self.cascade(BidFlow, bid, "decline")
