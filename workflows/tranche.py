"""经费拨付: scheduled → condition met → requested → approved → paid; held or cancelled on the way.

Rules: domain 2.14. Only what releases a tranche (contract, milestone, acceptance) meets its condition;
the database refuses money on a missed milestone, above the award, or to a lane that is out.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from accounts.roles import bars_in_force
from projects.models import Acceptance, Milestone, Project, Tranche
from workflows.days import day_of
from workflows.engine import Flow
from workflows.permissions import (
    any_of,
    is_finance,
    is_lead,
    is_officer,
    is_principal_investigator,
    is_system,
    people_with,
)
from workflows.state import State, holds
from workflows.wording import listed

S = Tranche.State

UNPAID = [S.SCHEDULED, S.CONDITION_MET, S.REQUESTED, S.APPROVED, S.HELD]
PASSED = [Milestone.State.PASSED, Milestone.State.PASSED_PARTIAL]


def condition_holds(tranche: Tranche) -> bool:
    """Whether what releases a tranche has happened, by what is stored."""
    project = tranche.project
    if tranche.released_by == Tranche.Release.CONTRACT:
        return project.state != Project.State.PENDING_CONTRACT
    if tranche.released_by == Tranche.Release.ACCEPTANCE:
        return Acceptance.objects.filter(project=project, state=Acceptance.State.PASSED).exists()
    milestone = tranche.milestone
    assert milestone is not None  # the database checks milestone_tranche_names_its_milestone
    lane = getattr(project, "lane", None)
    # A lane's next leg is paid when it begins, not when the leg before was passed.
    return milestone.state in PASSED and (lane is None or lane.race.stage_no > milestone.no)


def project_is_in_force(flow: TrancheFlow) -> State.CONDITION:
    """Contract active; the last tranche follows the acceptance."""
    project, P = flow.object.project, Project.State
    allowed = [P.ACTIVE, P.CLOSING]
    if flow.object.released_by == Tranche.Release.ACCEPTANCE:
        allowed = [P.ACCEPTED]
    sentence = _("项目处于“%s”状态，不能拨付；请待项目恢复执行后办理。") % project.get_state_display()
    return holds(project.state in allowed or project.state == P.ACCEPTED, sentence)


def unit_is_not_barred(flow: TrancheFlow) -> State.CONDITION:
    """Integrity look-up at payment (domain 2.15)."""
    project = flow.object.project
    bars = bars_in_force(day_of(flow.now), organisation=project.organisation, user=project.pi)
    return holds(
        not bars, _("科研诚信限制期内不得拨付（%s）；请待限制期满后办理。") % listed(b.decision_no for b in bars)
    )


class TrancheFlow(Flow):
    model = Tranche
    slug = "tranche"
    related = ("project__organisation", "project__pi", "milestone")
    state = State(S, default=S.SCHEDULED)
    next_steps = {
        S.SCHEDULED: (gettext_lazy("项目负责人"), gettext_lazy("达到拨付条件")),
        S.CONDITION_MET: (gettext_lazy("项目负责人"), gettext_lazy("申请拨付")),
        S.REQUESTED: (Role.LEAD.label, gettext_lazy("批准拨付")),
        S.APPROVED: (Role.FIN.label, gettext_lazy("拨付并登记")),
        S.HELD: (Role.LEAD.label, gettext_lazy("解除暂缓或取消")),
    }

    @state.transition(source=S.SCHEDULED, target=S.CONDITION_MET, label=gettext_lazy("条件满足"), permission=is_system)
    def meet_condition(self) -> None:
        """The contract was signed, the milestone or the acceptance passed; checked again at COMMIT."""
        self.notify("N15", [self.object.project.pi], _("可以申请拨付：%s") % self.object)

    @state.transition(
        source=S.CONDITION_MET, target=S.REQUESTED, label=gettext_lazy("申请拨付"), style="success",
        permission=any_of(is_principal_investigator, is_officer), conditions=[project_is_in_force],
    )  # fmt: skip
    def request(self) -> None:
        leads = people_with(Role.LEAD, agency=self.object.project.agency_id)
        self.notify("N15", leads, _("拨付申请：%s") % self.object)

    @state.transition(source=S.REQUESTED, target=S.APPROVED, label=gettext_lazy("批准拨付"),
                      permission=is_lead,
                      conditions=[project_is_in_force, unit_is_not_barred], style="success")  # fmt: skip
    def approve(self) -> None:
        finance = people_with(Role.FIN, agency=self.object.project.agency_id)
        self.notify("N15", finance, _("请拨付：%s") % self.object)

    @state.transition(
        source=S.REQUESTED, target=S.CONDITION_MET, label=gettext_lazy("退回申请"), permission=is_lead,
        needs_reason=True, style="warning",
    )  # fmt: skip
    def send_back(self) -> None:
        self.notify("N15", [self.object.project.pi], _("拨付申请退回：%s") % self.object, self.reason)

    @state.transition(
        source=S.APPROVED, target=S.PAID, label=gettext_lazy("登记已拨付"), permission=is_finance,
        conditions=[project_is_in_force, unit_is_not_barred], style="success",
        inputs={"paid_on": forms.DateField(label=gettext_lazy("拨付日"))},
        help=gettext_lazy("实际支付在财务系统办理，这里登记结果。"),
    )  # fmt: skip
    def pay(self, paid_on: date) -> None:
        if paid_on > day_of(self.now):
            self.refuse_input("paid_on", _("拨付日不能晚于今天；请改为实际拨付的日期。"))
        self.object.paid_on = paid_on
        self.evidence["amount_yuan"] = self.object.amount_yuan
        self.notify("N15", [self.object.project.pi], _("已拨付：%s") % self.object)

    @state.transition(
        source=[S.SCHEDULED, S.CONDITION_MET, S.REQUESTED, S.APPROVED], target=S.HELD,
        label=gettext_lazy("暂缓拨付"),
        permission=any_of(is_lead, is_system), needs_reason=True, style="warning",
    )  # fmt: skip
    def hold(self) -> None:
        self.notify("N15", [self.object.project.pi], _("暂缓拨付：%s") % self.object, self.reason)

    @state.transition(
        source=S.HELD, target=State.RETURN_VALUE(S.CONDITION_MET, S.SCHEDULED),
        label=gettext_lazy("解除暂缓"),
        permission=any_of(is_lead, is_system), needs_reason=True,
    )  # fmt: skip
    def release(self) -> str:
        """Back to where its condition stands; a request is made anew."""
        return str(S.CONDITION_MET if condition_holds(self.object) else S.SCHEDULED)

    @state.transition(source=UNPAID, target=S.CANCELLED, label=gettext_lazy("取消拨付"),
                      permission=any_of(is_lead, is_system), needs_reason=True, style="danger")  # fmt: skip
    def cancel(self) -> None:
        self.notify("N15", [self.object.project.pi], _("取消拨付：%s") % self.object, self.reason)


def hold_all(flow: Flow, project: Project, reason: str) -> None:
    _each(flow, project, [S.SCHEDULED, S.CONDITION_MET, S.REQUESTED, S.APPROVED], "hold", reason)


def release_all(flow: Flow, project: Project, reason: str, *, but_of: Collection[int] = ()) -> None:
    """Release what is held, except the tranches of milestones (ids) that have to be rectified first."""
    _each(flow, project, [S.HELD], "release", reason, but_of)


def cancel_unpaid(flow: Flow, project: Project, reason: str) -> None:
    """Money already paid is settled with the unit, never silently rewritten (domain 2.8)."""
    _each(flow, project, UNPAID, "cancel", reason)


def _each(
    flow: Flow, project: Project, states: list[S], transition: str, reason: str, but_of: Collection[int] = ()
) -> None:
    # Locked before they are listed: a payment that was under way is seen as paid, not cancelled.
    found = project.tranches.select_for_update(no_key=True).order_by("pk")
    for tranche in [t for t in found if t.state in states and t.milestone_id not in but_of]:
        flow.cascade(TrancheFlow, tranche, transition, reason=reason)
