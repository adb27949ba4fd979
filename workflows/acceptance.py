"""验收: due → applied → material check → scheduled → tested → panel → opinion signed → notice → result.

Rules: domain 2.9. 揭榜挂帅 is judged by what was delivered: 通过 needs every must-indicator met by the
measured values. The result takes effect when its notice has ended clean.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from attachments.queries import stored_files
from projects.models import Acceptance, Milestone, PublicNotice
from workflows import acceptance_conditions as c
from workflows.days import day_of, end_of
from workflows.engine import Flow
from workflows.milestone import REPORTED, UNREPORTED, MilestoneFlow, opinion_field, score_field
from workflows.notice import announce, withdraw_notices
from workflows.official import official
from workflows.permissions import is_lead, is_officer, is_principal_investigator, is_system, people_with
from workflows.state import State
from workflows.task_book import plain_number
from workflows.wording import listed

S = Acceptance.State


class AcceptanceFlow(Flow):
    model = Acceptance
    slug = "acceptance"
    related = ("project__bid__challenge__challenge_list__rule_set", "project__organisation", "project__pi")
    state = State(S, default=S.DUE)
    next_steps = {
        S.DUE: (gettext_lazy("项目负责人"), gettext_lazy("提交验收申请")),
        S.APPLIED: (Role.OFF.label, gettext_lazy("接收并审查材料")),
        S.MATERIAL_CHECK: (Role.OFF.label, gettext_lazy("安排验收或退回补充")),
        S.RETURNED: (gettext_lazy("项目负责人"), gettext_lazy("补充后重新申请")),
        S.SCHEDULED: (Role.OFF.label, gettext_lazy("组织现场测试")),
        S.TESTING: (Role.OFF.label, gettext_lazy("召开验收会")),
        S.PANEL: (Role.OFF.label, gettext_lazy("登记专家组签署的意见")),
        S.OPINION_SIGNED: (Role.LEAD.label, gettext_lazy("审定并公示结果")),
        S.RESULT_NOTICE: (gettext_lazy("社会公众"), gettext_lazy("公示期满无异议后生效")),
    }

    @state.transition(
        source=[S.DUE, S.RETURNED], target=S.APPLIED, label=gettext_lazy("提交验收申请"),
        permission=is_principal_investigator, inputs=c.apply_inputs, style="success",
        conditions=[c.project_is_closing, c.material_is_stored],
    )  # fmt: skip
    def apply(self, report: str, spent_yuan: int, **measured: Decimal) -> None:
        """Summary, accounts, and what was measured for every indicator of the task book."""
        acceptance = self.object
        acceptance.report, acceptance.spent_yuan = report, spent_yuan
        for row in c.book_of(acceptance).indicators:
            value = measured[f"measured_{row['no']}"]
            if row["comparator"] == "bool" and value not in (Decimal(0), Decimal(1)):
                self.refuse_input(f"measured_{row['no']}", _("该指标只能填 1（达成）或 0（未达成）；请改为 1 或 0。"))
            acceptance.measured[str(row["no"])] = plain_number(value)
        self.evidence["files"] = {f.file_name: f.sha256 for f in stored_files(acceptance)}
        officers = people_with(Role.OFF, agency=acceptance.project.agency_id)
        self.notify("N16", officers, _("验收申请：%s") % acceptance.project)

    @state.transition(source=S.APPLIED, target=S.MATERIAL_CHECK, label=gettext_lazy("审查材料"),
                      permission=is_officer,
                      conditions=[c.project_is_closing])  # fmt: skip
    def check_material(self) -> None:
        """The application is being looked through (10 working days by custom)."""

    @state.transition(
        source=[S.APPLIED, S.MATERIAL_CHECK], target=S.RETURNED, label=gettext_lazy("退回补充"),
        permission=is_officer,
        needs_reason=True, style="warning",
    )  # fmt: skip
    def return_material(self) -> None:
        self.notify("N16", [self.object.project.pi], _("验收材料退回：%s") % self.object.project, self.reason)

    @state.transition(
        source=S.MATERIAL_CHECK, target=S.SCHEDULED, label=gettext_lazy("安排验收"), permission=is_officer,
        conditions=[c.project_is_closing], style="success",
        inputs={
            "meeting_on": forms.DateField(label=gettext_lazy("验收会日期")),
            "panel": c.PanelField(
                label=gettext_lazy("验收专家组"),
                help_text=gettext_lazy("不少于 5 人的单数，每行一人：姓名 单位。")
            ),
        },
    )  # fmt: skip
    def schedule(self, meeting_on: date, panel: list[dict[str, str]]) -> None:
        """A panel of five or more, odd, none from the units concerned (domain 3.4, 3.5)."""
        acceptance = self.object
        if meeting_on < day_of(self.now):
            self.refuse_input("meeting_on", _("验收会日期不能早于今天；请改选今天或以后的日期。"))
        bid = acceptance.project.bid
        own = {acceptance.project.organisation.name, bid.challenge.demander.name}
        own |= set(bid.partners.values_list("organisation__name", flat=True))
        if conflicted := [row["name"] for row in panel if row["unit"] in own]:
            self.refuse_input("panel", _("与承担、联合或需求单位同单位，须回避：%s。请更换专家。") % listed(conflicted))
        acceptance.meeting_on, acceptance.panel = meeting_on, panel
        self.notify("N16", [acceptance.project.pi], _("验收会定于 %s") % meeting_on, str(acceptance.project))

    @state.transition(source=S.SCHEDULED, target=S.TESTING, label=gettext_lazy("开始现场测试"),
                      permission=is_officer,
                      conditions=[c.project_is_closing])  # fmt: skip
    def test(self) -> None:
        """User and third-party tests in the real scene."""

    @state.transition(source=S.TESTING, target=S.PANEL, label=gettext_lazy("召开验收会"),
                      permission=is_officer,
                      conditions=[c.project_is_closing])  # fmt: skip
    def hold_panel(self) -> None:
        """The panel meets over the tests' results."""

    @state.transition(
        source=S.PANEL, target=S.OPINION_SIGNED, label=gettext_lazy("登记验收意见"), permission=is_officer,
        style="success",
        inputs={
            "score": score_field(),
            "opinion": opinion_field(gettext_lazy("验收意见")),
            "result": forms.ChoiceField(label=gettext_lazy("结论"), choices=Acceptance.Result.choices),
        },
    )  # fmt: skip
    def sign_opinion(self, score: Decimal, opinion: str, result: str) -> None:
        """As signed by chair and all members. A missed must-indicator can never be 通过."""
        acceptance = self.object
        missed = c.missed_must_indicators(acceptance)
        if result == Acceptance.Result.PASSED and missed:
            self.refuse_input(
                "result", _("实测值未达到必达指标，不能判为通过：%s。请改判为结题或不通过。") % listed(missed)
            )
        acceptance.score, acceptance.opinion, acceptance.result = score, opinion, result
        leads = people_with(Role.LEAD, agency=acceptance.project.agency_id)
        self.notify("N16", leads, _("请审定验收意见：%s") % acceptance.project)

    @state.transition(
        source=S.OPINION_SIGNED, target=S.RESULT_NOTICE, label=gettext_lazy("审定并公示"), permission=is_lead,
        conditions=[c.project_is_closing, c.opinion_is_complete], style="success",
    )  # fmt: skip
    def approve(self) -> None:
        """Result notice; nothing takes effect before it has ended."""
        acceptance, project = self.object, self.object.project
        announce(
            self,
            PublicNotice(
                kind=PublicNotice.Kind.ACCEPTANCE,
                agency_id=project.agency_id,
                acceptance=acceptance,
                number=f"{project.number}-YS{acceptance.notices.count() + 1}",
                title=f"关于“{project.title}”项目验收结果的公示",
                body="现将项目验收结果予以公示。如有异议，请在公示期内实名提出。",
                rows=[
                    {
                        "number": project.number,
                        "title": project.title,
                        "unit": project.organisation.name,
                        "pi": project.pi.name,
                        "period": f"{project.starts_on} 至 {project.ends_on}",
                        "outcome": official(Acceptance.Result(acceptance.result).label),
                    }
                ],
            ),
        )

    @state.transition(
        source=[S.OPINION_SIGNED, S.RESULT_NOTICE], target=S.PANEL, label=gettext_lazy("重新评议"),
        permission=is_lead,
        needs_reason=True, style="warning", help=gettext_lazy("撤回公示，由专家组重新形成意见。"),
    )  # fmt: skip
    def revisit(self) -> None:
        """An objection was upheld, or the leader does not approve: the panel meets again (domain 2.10)."""
        withdraw_notices(self, self.reason)
        self.object.result = ""

    @state.transition(
        source=S.RESULT_NOTICE, target=State.RETURN_VALUE(S.PASSED, S.CONCLUDED, S.FAILED),
        label=gettext_lazy("公示期满，结论生效"), permission=is_system, conditions=[c.project_is_closing],
    )  # fmt: skip
    def finish(self) -> str:
        """Nodes that were not checked on their own end with it, then the project."""
        from workflows.project import ProjectFlow

        acceptance, project = self.object, self.object.project
        passed = acceptance.result == Acceptance.Result.PASSED
        unfinished = [*UNREPORTED, *REPORTED, Milestone.State.CHECKING]
        for milestone in project.milestones.filter(state__in=unfinished).order_by("pk"):
            self.cascade(MilestoneFlow, milestone, "close_by_acceptance", measured=acceptance.measured, passed=passed)
        ends = {"PASSED": "accept", "CONCLUDED": "conclude", "FAILED": "fail"}
        self.cascade(ProjectFlow, project, ends[acceptance.result])
        return str(S(acceptance.result))

    def deadline(self) -> datetime | None:
        return end_of(self.object.due_on) if self.object.state in (S.DUE, S.RETURNED) else None
