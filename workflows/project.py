"""立项项目: pending contract → active (⇄ rectifying, suspended) → closing → accepted, concluded or failed.

Rules: domain 2.6. PI, unit, recommender and agency sign the task book in this order; the agency's
signature puts it into force. Ends early when the contract lapses, or by termination or revocation.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import (
    Acceptance,
    Bid,
    Certificate,
    ChallengeList,
    Milestone,
    Project,
    Race,
    Tranche,
)
from workflows import project_conditions as c
from workflows.certificate import CertificateFlow
from workflows.challenge_end import ALIVE_STATES, settle_challenge
from workflows.challenge_list import ChallengeListFlow
from workflows.days import add_months, day_of, end_of
from workflows.engine import Flow
from workflows.lane import ALIVE, RaceLaneFlow
from workflows.locked import locked
from workflows.permissions import (
    any_of,
    by_agency,
    is_lead,
    is_principal_investigator,
    is_recommender,
    is_system,
    is_unit_admin,
    people_with,
)
from workflows.state import State
from workflows.task_book import digest_of
from workflows.tranche import TrancheFlow, cancel_unpaid, hold_all, release_all

S = Project.State

#: The final report is due within 60 days after the end (基金条例 27 条).
ACCEPTANCE_DAYS = 60

_pledge = {"agree": forms.BooleanField(label=gettext_lazy("我已阅读任务书和军令状，同意签署（系统确认）"))}


class ProjectFlow(Flow):
    model = Project
    slug = "project"
    related = ("bid__challenge__challenge_list__rule_set", "organisation", "pi")
    state = State(S, default=S.PENDING_CONTRACT)
    next_steps = {
        S.PENDING_CONTRACT: (
            gettext_lazy("项目负责人、承担单位、归口单位、主管部门"),
            gettext_lazy("依次签署任务书"),
        ),
        S.ACTIVE: (gettext_lazy("项目负责人"), gettext_lazy("按里程碑节点报告")),
        S.RECTIFYING: (gettext_lazy("项目负责人"), gettext_lazy("完成整改并提交整改报告")),
        S.SUSPENDED: (Role.LEAD.label, gettext_lazy("恢复或终止")),
        S.CLOSING: (gettext_lazy("项目负责人"), gettext_lazy("提交验收申请")),
    }

    # --- contract -------------------------------------------------------------------------------

    @state.transition(
        source=S.PENDING_CONTRACT, target=S.PENDING_CONTRACT, label=gettext_lazy("负责人签署任务书"),
        permission=is_principal_investigator, inputs=_pledge, style="success",
        conditions=[c.pi_has_not_signed, c.before_contract_due, c.task_book_is_sound],
    )  # fmt: skip
    def sign_by_pi(self, agree: bool) -> None:
        self._sign("signed_by_pi_at")
        self.notify("N12", people_with(Role.ORG, organisation=self.object.organisation_id), self._please_sign())

    @state.transition(
        source=S.PENDING_CONTRACT, target=S.PENDING_CONTRACT, label=gettext_lazy("承担单位签署任务书"),
        permission=is_unit_admin, inputs=_pledge, style="success",
        conditions=[c.pi_has_signed, c.unit_has_not_signed, c.before_contract_due, c.task_book_is_sound],
    )  # fmt: skip
    def sign_by_unit(self, agree: bool) -> None:
        self._sign("signed_by_unit_at")
        people = people_with(Role.REC, organisation=self.object.bid.recommender_id or 0)
        self.notify("N12", people or self._officers(), self._please_sign())

    @state.transition(
        source=S.PENDING_CONTRACT, target=S.PENDING_CONTRACT, label=gettext_lazy("归口单位签署任务书"),
        permission=is_recommender, inputs=_pledge, style="success",
        conditions=[c.recommender_signs_here, c.unit_has_signed, c.recommender_has_not_signed,
                    c.before_contract_due],
    )  # fmt: skip
    def sign_by_recommender(self, agree: bool) -> None:
        self._sign("signed_by_recommender_at")
        self.notify("N12", self._officers(), self._please_sign())

    @state.transition(
        source=S.PENDING_CONTRACT, target=S.ACTIVE, label=gettext_lazy("主管部门签署，合同生效"),
        permission=by_agency(Role.LEAD, Role.OFF), inputs=_pledge, style="success",
        conditions=[c.pi_has_signed, c.unit_has_signed, c.recommender_has_signed, c.before_contract_due,
                    c.task_book_is_sound, c.nobody_is_barred],
    )  # fmt: skip
    def sign_by_agency(self, agree: bool) -> None:
        """The last signature: days are fixed, the contract's tranche may be asked for."""
        from workflows.award import AwardDecisionFlow

        project = self.object
        self._sign("signed_by_agency_at")
        self._fix_days(day_of(self.now))
        for tranche in project.tranches.filter(released_by=Tranche.Release.CONTRACT).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "meet_condition")
        if project.bid.challenge.bids.filter(state=Bid.State.RESERVE).exists():
            # Stored before it is counted: a reserve is kept while any contract is open.
            project.save(update_fields=["state"])
            self.cascade(AwardDecisionFlow, project.bid.challenge.challenge_list.award_decision, "release_reserves")
        challenge_list = locked(project.bid.challenge.challenge_list)
        if challenge_list.state == ChallengeList.State.AWARDED:
            self.cascade(ChallengeListFlow, challenge_list, "execute")
        self._tell_team("N12", _("合同生效：%s") % project)

    @state.transition(
        source=S.PENDING_CONTRACT, target=S.TERMINATED, label=gettext_lazy("逾期未签，取消立项"),
        permission=any_of(is_lead, is_system), conditions=[c.contract_is_late], style="danger",
    )  # fmt: skip
    def lapse_contract(self) -> None:
        """The award lapses; a reserve of the challenge may be promoted (domain 2.6)."""
        self._end(_("签约期限内未签署任务书，取消立项。"))
        leads = people_with(Role.LEAD, agency=self.object.agency_id)
        self.notify("N12", leads, _("逾期未签，立项取消：%s") % self.object, _("如有备选，可在立项审定页递补。"))

    # --- under way ------------------------------------------------------------------------------

    @state.transition(
        source=[S.ACTIVE, S.RECTIFYING, S.SUSPENDED],
        target=State.RETURN_VALUE(S.ACTIVE, S.RECTIFYING, S.SUSPENDED),
        label=gettext_lazy("调整起止日期"), permission=is_system,
        inputs={"starts_on": forms.DateField(), "ends_on": forms.DateField()},
    )  # fmt: skip
    def reschedule(self, starts_on: date, ends_on: date) -> str:
        """All lanes of a race share its stage days (domain 2.8 same start)."""
        self.object.starts_on, self.object.ends_on = starts_on, ends_on
        return self.state_before

    @state.transition(source=S.ACTIVE, target=S.RECTIFYING, label=gettext_lazy("整改"), permission=is_system)
    def rectify(self) -> None:
        """A milestone has to be rectified."""
        self._tell_team("N14", _("项目进入整改：%s") % self.object)

    @state.transition(source=S.RECTIFYING, target=S.ACTIVE, label=gettext_lazy("整改完成"), permission=is_system)
    def resume(self) -> None:
        """The rectified milestone passed its recheck."""

    @state.transition(
        source=[S.ACTIVE, S.RECTIFYING], target=S.SUSPENDED, label=gettext_lazy("暂停（停拨）"),
        permission=any_of(is_lead, is_system), needs_reason=True, style="warning",
    )  # fmt: skip
    def suspend(self) -> None:
        """Misuse, no report, inspection refused: unpaid money is held (domain 2.6)."""
        hold_all(self, self.object, self.reason)
        self._tell_team("N15", _("项目暂停：%s") % self.object, self.reason)

    @state.transition(
        source=S.SUSPENDED, target=State.RETURN_VALUE(S.ACTIVE, S.RECTIFYING), label=gettext_lazy("恢复执行"),
        permission=is_lead, needs_reason=True,
    )  # fmt: skip
    def resume_payment(self) -> str:
        """Back to where it was; money held for a milestone under rectification stays held."""
        project = self.object
        waiting = [Milestone.State.RECTIFY, Milestone.State.RECHECK]
        rectifying = project.milestones.filter(state__in=waiting).values_list("pk", flat=True)
        release_all(self, project, self.reason, but_of=list(rectifying))
        self._tell_team("N15", _("项目恢复执行：%s") % project, self.reason)
        return str(S.RECTIFYING if rectifying else S.ACTIVE)

    @state.transition(
        source=S.ACTIVE, target=S.CLOSING, label=gettext_lazy("进入验收"),
        permission=any_of(is_principal_investigator, is_system),
        conditions=[c.end_has_come_or_work_is_done, c.no_check_is_running],
    )  # fmt: skip
    def begin_closing(self) -> None:
        """The acceptance falls due: 60 days for the application."""
        from workflows.acceptance import AcceptanceFlow

        due_on = day_of(self.now) + timedelta(days=ACCEPTANCE_DAYS)
        self.start(AcceptanceFlow, Acceptance(project=self.object, due_on=due_on))
        self._tell_team("N16", _("请提交验收申请：%s") % self.object, _("期限 %s") % due_on)

    # --- ends -----------------------------------------------------------------------------------

    @state.transition(
        source=[S.ACTIVE, S.RECTIFYING, S.SUSPENDED], target=S.TERMINATED, label=gettext_lazy("终止"),
        permission=any_of(is_lead, is_system), needs_reason=True, style="danger",
    )  # fmt: skip
    def terminate(self) -> None:
        """Milestone failed, race elimination, or half a year without performance (domain 2.6)."""
        self._end(self.reason)

    @state.transition(
        source=[*ALIVE_STATES, S.ACCEPTED, S.CONCLUDED, S.FAILED, S.TERMINATED], target=S.REVOKED,
        label=gettext_lazy("撤销立项"), permission=is_lead, needs_reason=True, style="danger",
        help=gettext_lazy("造假、行贿、挪用：追回全部经费并撤销证书。"),
    )  # fmt: skip
    def revoke(self) -> None:
        """Fraud, bribery, diversion: no more money, certificates revoked, lane disqualified."""
        project = self.object
        for certificate in project.certificates.filter(state__in=["ISSUED", "REISSUED", "CORRECTED"]).order_by("pk"):
            self.cascade(CertificateFlow, certificate, "revoke", reason=self.reason)
        lane = getattr(project, "lane", None)
        if lane is not None and lane.state != lane.State.DISQUALIFIED:
            self.cascade(RaceLaneFlow, lane, "disqualify")
        self._end(self.reason)
        finance = people_with(Role.FIN, agency=project.agency_id)
        self.notify("N15", finance, _("请追缴已拨经费：%s") % project, self.reason)

    @state.transition(source=S.CLOSING, target=S.ACCEPTED, label=gettext_lazy("验收通过"), permission=is_system)
    def accept(self) -> None:
        """Last tranche, acceptance certificate, challenge solved; a race has its winner."""
        from workflows.race import RaceFlow

        project = self.object
        last = project.tranches.filter(released_by=Tranche.Release.ACCEPTANCE, state=Tranche.State.SCHEDULED)
        for tranche in last.order_by("pk"):
            self.cascade(TrancheFlow, tranche, "meet_condition")
        self.start(CertificateFlow, Certificate(kind=Certificate.Kind.ACCEPTANCE, project=project))
        if (lane := getattr(project, "lane", None)) is not None:
            race = locked(lane.race)
            if race.state == Race.State.FINAL:
                self.cascade(RaceFlow, race, "declare_winner", lane=lane.pk)
            elif lane.state in ALIVE:
                self.cascade(RaceLaneFlow, lane, "finish_without_win")
        settle_challenge(self, self.object.bid.challenge, but=self.object, solved=True)
        self._tell_team("N16", _("验收通过：%s") % project)

    @state.transition(source=S.CLOSING, target=S.CONCLUDED, label=gettext_lazy("结题"), permission=is_system)
    def conclude(self) -> None:
        """Main goals missed for causes beyond control (domain 2.9)."""
        self._finish_without_success(_("结题：剩余经费不再拨付，按规定结算。"))

    @state.transition(source=S.CLOSING, target=S.FAILED, label=gettext_lazy("验收不通过"), permission=is_system)
    def fail(self) -> None:
        self._finish_without_success(_("验收不通过：剩余经费不再拨付，按规定结算。"))

    def deadline(self) -> datetime | None:
        project = self.object
        if project.state == S.PENDING_CONTRACT:
            return end_of(project.contract_due_on)
        if project.state == S.CLOSING:
            return end_of(project.acceptance.due_on)
        return end_of(project.ends_on) if project.state == S.ACTIVE and project.ends_on else None

    # --- steps ----------------------------------------------------------------------------------

    def _sign(self, field: str) -> None:
        """Record the instant in the task book and put the signature under its digest."""
        book = c.book_of(self)
        setattr(book, field, self.now)
        book.save(update_fields=[field])
        self.evidence["task_book_edition"] = book.edition
        self.evidence["task_book_sha256"] = digest_of(book)

    def _fix_days(self, start: date) -> None:
        from workflows.delivery_plan import milestone_days

        project = self.object
        months = project.bid.challenge.months
        project.starts_on, project.ends_on = start, add_months(start, months)
        milestones = list(project.milestones.order_by("no"))
        if hasattr(project, "lane"):
            return  # a lane's days are the race's; they are set when it begins
        for milestone, due_on in zip(milestones, milestone_days(start, months, len(milestones)), strict=True):
            Milestone.objects.filter(pk=milestone.pk).update(due_on=due_on)

    def _end(self, reason: str) -> None:
        """No more money, the lane is out, and what stands above is settled when this was the last."""
        project = self.object
        cancel_unpaid(self, project, reason)
        lane = getattr(project, "lane", None)
        if lane is not None and lane.state in ALIVE:
            self.cascade(RaceLaneFlow, lane, "drop_out")
        settle_challenge(self, self.object.bid.challenge, but=self.object)
        self._tell_team(
            "N14", _("%(state)s：%(project)s") % {"state": S(project.state).label, "project": project}, reason
        )

    def _finish_without_success(self, reason: str) -> None:
        project = self.object
        cancel_unpaid(self, project, reason)
        if (lane := getattr(project, "lane", None)) is not None and lane.state in ALIVE:
            self.cascade(RaceLaneFlow, lane, "finish_without_win")
        settle_challenge(self, self.object.bid.challenge, but=self.object)
        self._tell_team("N16", _("验收结论：%s") % project, reason)

    def _officers(self) -> list[User]:
        return people_with(Role.OFF, agency=self.object.agency_id)

    def _please_sign(self) -> str:
        return str(_("请签署任务书：%s") % self.object)

    def _tell_team(self, code: str, subject: str, body: str = "") -> None:
        project = self.object
        people = [project.pi, *people_with(Role.ORG, organisation=project.organisation_id), *self._officers()]
        self.notify(code, people, subject, body)
