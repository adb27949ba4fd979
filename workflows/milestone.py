"""里程碑: planned → due soon → reported → (user) → checking → passed, or rectified once, or failed.

Rules: domain 2.7, 4.4. A passed milestone releases its tranche; nothing else does. A missed
must-indicator can never pass, whatever the score; lanes of a race are checked by the race.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from attachments.queries import stored_files
from projects.models import Milestone, Project, Tranche
from workflows import milestone_conditions as c
from workflows.days import day_of, end_of
from workflows.engine import Flow
from workflows.permissions import (
    any_of,
    is_demander,
    is_lead,
    is_officer,
    is_principal_investigator,
    is_system,
    people_with,
)
from workflows.pinned_rules import rules_of
from workflows.state import State
from workflows.tranche import TrancheFlow

S = Milestone.State

#: Score from which a node is 达标; below it and from the pass score on it is 基本达标 (domain 4.4).
FULL_SCORE = Decimal(80)
UNREPORTED = [S.PLANNED, S.DUE_SOON, S.OVERDUE]
REPORTED = [S.REPORT_SUBMITTED, S.USER_CONFIRMED]
#: One to three months (domain 2.7).
RECTIFY_DAYS = (1, 92)


def score_field() -> forms.DecimalField:
    return forms.DecimalField(label=gettext_lazy("得分"), min_value=0, max_value=100, max_digits=5, decimal_places=2)


def opinion_field(label: Any = None) -> forms.CharField:
    return forms.CharField(label=label or gettext_lazy("考核意见"), max_length=3000, widget=forms.Textarea)


class MilestoneFlow(Flow):
    model = Milestone
    slug = "milestone"
    related = ("project__bid__challenge__challenge_list__rule_set", "project__pi")
    state = State(S, default=S.PLANNED)
    next_steps = {
        S.PLANNED: (gettext_lazy("项目负责人"), gettext_lazy("到期前提交里程碑报告")),
        S.DUE_SOON: (gettext_lazy("项目负责人"), gettext_lazy("提交里程碑报告")),
        S.OVERDUE: (gettext_lazy("项目负责人"), gettext_lazy("尽快补交里程碑报告")),
        S.REPORT_SUBMITTED: (Role.OFF.label, gettext_lazy("组织考核")),
        S.USER_CONFIRMED: (Role.OFF.label, gettext_lazy("组织考核")),
        S.CHECKING: (Role.LEAD.label, gettext_lazy("给出考核结论")),
        S.RECTIFY: (gettext_lazy("项目负责人"), gettext_lazy("在期限内提交整改报告")),
        S.RECHECK: (Role.LEAD.label, gettext_lazy("给出复核结论")),
    }

    @state.transition(
        source=S.PLANNED, target=S.DUE_SOON, label=gettext_lazy("即将到期"), permission=is_system,
        conditions=[c.project_is_under_way, c.its_leg_is_running, c.it_is_due_soon],
    )  # fmt: skip
    def soon(self) -> None:
        """T-30; T-7 and T-1 are reminded by the sweep (N13)."""
        self._tell_pi(_("里程碑将于 %(day)s 到期：%(name)s") % {"day": self.object.due_on, "name": self.object})

    @state.transition(
        source=[S.PLANNED, S.DUE_SOON], target=S.OVERDUE, label=gettext_lazy("逾期"), permission=is_system,
        conditions=[c.project_is_under_way, c.its_leg_is_running, c.grace_is_over],
    )  # fmt: skip
    def overdue(self) -> None:
        """The second one of a project suspends it (domain 2.7); a lane is judged by its race instead."""
        from workflows.project import ProjectFlow

        milestone = self.object
        self._tell_pi(_("里程碑逾期：%s") % milestone)
        self.notify("N13", self._officers(), _("里程碑逾期：%s") % milestone)
        if c.lane_of(milestone) is None and self._was_late_before():
            reason = _("第二次里程碑报告逾期，暂停拨付。")
            self.cascade(ProjectFlow, milestone.project, "suspend", reason=reason)

    @state.transition(
        source=UNREPORTED, target=S.REPORT_SUBMITTED, label=gettext_lazy("提交里程碑报告"),
        permission=is_principal_investigator, inputs=c.report_inputs, style="success",
        conditions=[c.project_is_under_way, c.its_leg_is_running, c.evidence_is_stored],
    )  # fmt: skip
    def report(self, report: str, spent_yuan: int, test_body: str, **actuals: Decimal) -> None:
        """Text, spending, measured values; late is allowed and on record."""
        self._hand_in(report, spent_yuan, test_body, actuals)
        demanders = people_with(Role.DEM, organisation=self.object.project.bid.challenge.demander_id)
        self.notify("N13", [*self._officers(), *demanders], _("里程碑报告：%s") % self.object)

    @state.transition(
        source=S.REPORT_SUBMITTED, target=S.USER_CONFIRMED, label=gettext_lazy("出具用户意见"),
        permission=is_demander,
        inputs={"user_opinion": opinion_field(gettext_lazy("用户意见"))},
    )  # fmt: skip
    def confirm_by_user(self, user_opinion: str) -> None:
        """Important evidence for the check (domain 2.7)."""
        self.object.user_opinion = user_opinion

    @state.transition(
        source=REPORTED, target=S.CHECKING, label=gettext_lazy("开始考核"),
        permission=any_of(is_officer, is_system),
        conditions=[c.project_is_under_way, c.race_checks_its_lanes, c.user_has_spoken],
    )  # fmt: skip
    def begin_check(self) -> None:
        """The panel looks at it: on site, by simulation or application test."""

    @state.transition(
        source=[S.CHECKING, S.RECHECK], target=State.RETURN_VALUE(S.PASSED, S.PASSED_PARTIAL),
        label=gettext_lazy("考核通过"), permission=is_lead, style="success",
        conditions=[c.project_is_under_way, c.race_checks_its_lanes, c.every_must_indicator_is_met],
        inputs={"score": score_field(), "opinion": opinion_field()},
    )  # fmt: skip
    def pass_check(self, score: Decimal, opinion: str) -> str:
        """达标 from 80, 基本达标 from the pass score on; both release the tranche."""
        milestone = self.object
        if score < (line := rules_of(milestone).milestone_pass_score):
            self.refuse_input("score", _("低于合格分 %s，不能判为通过；请改为整改或不通过，或核对得分。") % line)
        milestone.score, milestone.opinion = score, opinion
        self._leave_rectification()
        for tranche in milestone.tranches.filter(state=Tranche.State.HELD).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "release", reason=_("里程碑复核通过，解除暂缓。"))
        for tranche in milestone.tranches.filter(state=Tranche.State.SCHEDULED).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "meet_condition")
        self._tell_conclusion(_("里程碑考核通过：%s") % milestone)
        return str(S.PASSED if score >= FULL_SCORE else S.PASSED_PARTIAL)

    @state.transition(
        source=S.CHECKING, target=S.RECTIFY, label=gettext_lazy("限期整改"), permission=is_lead,
        needs_reason=True,
        conditions=[c.project_is_under_way, c.race_checks_its_lanes, c.not_rectified_yet], style="warning",
        inputs={"rectify_until": forms.DateField(label=gettext_lazy("整改期限"))},
    )  # fmt: skip
    def rectify(self, rectify_until: date) -> None:
        """Curable, once per node, at most three months; the money waits (domain 4.4)."""
        from workflows.project import ProjectFlow

        milestone, today = self.object, day_of(self.now)
        first, last = (today + timedelta(days=n) for n in RECTIFY_DAYS)
        if not first <= rectify_until <= last:
            self.refuse_input(
                "rectify_until",
                _("整改期限须在 %(first)s 至 %(last)s 之间；请改选日期。") % {"first": first, "last": last},
            )
        milestone.rectify_until, milestone.has_been_rectified = rectify_until, True
        milestone.opinion = self.reason
        for tranche in milestone.tranches.filter(state=Tranche.State.SCHEDULED).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "hold", reason=self.reason)
        if milestone.project.state == Project.State.ACTIVE:
            self.cascade(ProjectFlow, milestone.project, "rectify")
        self._tell_conclusion(_("里程碑限期整改至 %(day)s：%(name)s") % {"day": rectify_until, "name": milestone})

    @state.transition(
        source=S.RECTIFY, target=S.RECHECK, label=gettext_lazy("提交整改报告"),
        permission=is_principal_investigator,
        inputs=c.report_inputs, style="success",
        conditions=[c.project_is_under_way, c.within_rectification, c.evidence_is_stored],
    )  # fmt: skip
    def recheck(self, report: str, spent_yuan: int, test_body: str, **actuals: Decimal) -> None:
        """New measurements; passed or failed, there is no second rectification."""
        self._hand_in(report, spent_yuan, test_body, actuals)
        self.notify("N13", self._officers(), _("整改报告：%s") % self.object)

    @state.transition(
        source=[S.OVERDUE, S.CHECKING, S.RECTIFY, S.RECHECK], target=S.FAILED,
        label=gettext_lazy("考核不达标"),
        permission=is_lead, needs_reason=True, style="danger",
        conditions=[c.race_checks_its_lanes, c.rectification_is_over],
        help=gettext_lazy("不达标即建议终止项目，终止由厅局领导另行决定。"),
    )  # fmt: skip
    def fail(self) -> None:
        """The tranche is held; terminating the project is the leader's own decision (domain 2.7)."""
        milestone = self.object
        milestone.opinion = self.reason
        payable = [Tranche.State.SCHEDULED, Tranche.State.CONDITION_MET]
        for tranche in milestone.tranches.filter(state__in=payable).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "hold", reason=self.reason)
        leads = people_with(Role.LEAD, agency=milestone.project.agency_id)
        self.notify("N14", [*leads, *self._officers()], _("建议终止项目：%s 不达标") % milestone, self.reason)
        self._tell_conclusion(_("里程碑考核不达标：%s") % milestone)

    @state.transition(
        source=[*UNREPORTED, *REPORTED, S.CHECKING],
        target=State.RETURN_VALUE(S.PASSED, S.PASSED_PARTIAL, S.FAILED),
        label=gettext_lazy("阶段考核结论"), permission=is_system,
        inputs={"score": forms.DecimalField(required=False), "opinion": forms.CharField(required=False)},
    )  # fmt: skip
    def conclude_in_race(self, score: Decimal | None, opinion: str) -> str:
        """What the race's stage found. Its tranche follows when the next leg begins, not now."""
        milestone = self.object
        milestone.score, milestone.opinion = score, opinion
        if self.state_before in UNREPORTED or c.missed_must_indicators(milestone):
            return str(S.FAILED)
        return str(S.PASSED if score is not None and score >= FULL_SCORE else S.PASSED_PARTIAL)

    @state.transition(
        source=[*UNREPORTED, *REPORTED, S.CHECKING], target=State.RETURN_VALUE(S.PASSED, S.FAILED),
        label=gettext_lazy("随验收了结"), permission=is_system,
        inputs={"measured": forms.JSONField(required=False), "passed": forms.BooleanField(required=False)},
    )  # fmt: skip
    def close_by_acceptance(self, measured: dict[str, str] | None, passed: bool) -> str:
        """A node not checked on its own, such as a race's last leg: the acceptance measured it."""
        if self.state_before in UNREPORTED:
            for row in c.indicators_of(self.object):
                if (value := (measured or {}).get(str(row.indicator.no))) is not None:
                    row.actual = Decimal(value)
                    row.save(update_fields=["actual"])
        if not passed or c.missed_must_indicators(self.object):
            return str(S.FAILED)
        for tranche in self.object.tranches.filter(state=Tranche.State.SCHEDULED).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "meet_condition")
        return str(S.PASSED)

    def deadline(self) -> datetime | None:
        milestone = self.object
        if milestone.state in UNREPORTED:
            return end_of(milestone.due_on)
        return end_of(milestone.rectify_until) if milestone.state == S.RECTIFY else None

    def _hand_in(self, report: str, spent_yuan: int, test_body: str, actuals: dict[str, Decimal]) -> None:
        milestone = self.object
        milestone.report, milestone.spent_yuan, milestone.reported_at = report, spent_yuan, self.now
        c.write_actuals(self, actuals, test_body)
        self.evidence["files"] = {f.file_name: f.sha256 for f in stored_files(milestone)}

    def _leave_rectification(self) -> None:
        from workflows.project import ProjectFlow

        if self.state_before == S.RECHECK and self.object.project.state == Project.State.RECTIFYING:
            self.cascade(ProjectFlow, self.object.project, "resume")

    def _was_late_before(self) -> bool:
        """Whether another node of this project is overdue, or was reported only after its grace."""
        milestone = self.object
        grace = timedelta(days=rules_of(milestone).report_grace_days)
        return any(
            m.state == S.OVERDUE or (m.reported_at is not None and day_of(m.reported_at) > m.due_on + grace)
            for m in milestone.project.milestones.exclude(pk=milestone.pk)
        )

    def _officers(self) -> list[User]:
        return people_with(Role.OFF, agency=self.object.project.agency_id)

    def _tell_pi(self, subject: str) -> None:
        self.notify("N13", [self.object.project.pi], subject)

    def _tell_conclusion(self, subject: str) -> None:
        project = self.object.project
        people = [project.pi, *people_with(Role.ORG, organisation=project.organisation_id)]
        self.notify("N14", people, subject, self.object.opinion)
