"""Conditions and measured values of the milestone's flow (domain 2.7, 4.4)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attachments.models import Attachment
from attachments.queries import stored_slots
from projects.indicators import meets
from projects.models import Milestone, MilestoneIndicator, Project, Race, RaceLane
from workflows.days import day_of
from workflows.pinned_rules import rules_of
from workflows.state import State, holds
from workflows.wording import listed
from workflows.working_days import add_working_days

if TYPE_CHECKING:
    from workflows.milestone import MilestoneFlow

SOON_DAYS = 30
USER_OPINION_WD = 10
MOST_YUAN = 10**12


def indicators_of(milestone: Milestone) -> list[MilestoneIndicator]:
    """Rows with their indicator. One query."""
    return list(milestone.indicators.select_related("indicator").order_by("indicator__no"))


def missed_must_indicators(milestone: Milestone) -> list[str]:
    """Names of must-indicators without a value, or with one that misses the node's target."""
    return [
        row.indicator.name
        for row in indicators_of(milestone)
        if row.indicator.is_must
        and (row.actual is None or not meets(row.indicator.comparator, row.target, row.actual, row.target_high))
    ]


def report_inputs(flow: MilestoneFlow) -> dict[str, forms.Field]:
    """Text, spending, and one measured value for each indicator of this node."""
    fields: dict[str, forms.Field] = {
        "report": forms.CharField(
            label=gettext_lazy("进展报告"), min_length=10, max_length=5000, widget=forms.Textarea
        ),
        "spent_yuan": spent_field(gettext_lazy("累计支出（元）")),
    }
    for row in indicators_of(flow.object):
        fields[f"actual_{row.indicator.no}"] = value_field(row.indicator.name, row.indicator.unit)
    fields["test_body"] = forms.CharField(label=gettext_lazy("测试机构"), max_length=120, required=False)
    return fields


def spent_field(label: Any) -> forms.IntegerField:
    """Whole yuan, below what the column can hold by far."""
    return forms.IntegerField(label=label, min_value=0, max_value=MOST_YUAN)


def value_field(name: str, unit: str) -> forms.DecimalField:
    """A measured value: at most twelve digits before the point and four behind it; done is 1, not done 0."""
    label = f"{name}（{unit}）" if unit else name
    return forms.DecimalField(label=label, max_digits=16, decimal_places=4)


def write_actuals(flow: MilestoneFlow, values: dict[str, Any], test_body: str) -> None:
    """Store the measured values. The database refuses to change them once the report is in."""
    for row in indicators_of(flow.object):
        row.actual = values[f"actual_{row.indicator.no}"]
        if row.indicator.comparator == "bool" and row.actual not in (Decimal(0), Decimal(1)):
            flow.refuse_input(f"actual_{row.indicator.no}", _("该指标只能填 1（达成）或 0（未达成）；请改为 1 或 0。"))
        row.test_body = test_body
        row.save(update_fields=["actual", "test_body"])


def lane_of(milestone: Milestone) -> RaceLane | None:
    return getattr(milestone.project, "lane", None)


def leg_is_running(milestone: Milestone) -> bool:
    """A lane reports on the leg that runs; in the final the acceptance takes the report's place."""
    lane = lane_of(milestone)
    if lane is None:
        return True
    running = lane.race.state == Race.State.STAGE_RUNNING
    return running and lane.race.stage_no == milestone.no and lane.state == RaceLane.State.RUNNING


def project_is_under_way(flow: MilestoneFlow) -> State.CONDITION:
    project = flow.object.project
    under_way = project.state in (Project.State.ACTIVE, Project.State.RECTIFYING)
    return holds(under_way, _("项目处于“%s”状态，不办理里程碑；请先办结该状态下的事项。") % project.get_state_display())


def its_leg_is_running(flow: MilestoneFlow) -> State.CONDITION:
    return holds(
        leg_is_running(flow.object), _("赛马尚未进行到这一阶段，或该阶段已进入考核；请在赛马页面查看当前阶段。")
    )


def it_is_due_soon(flow: MilestoneFlow) -> State.CONDITION:
    first = flow.object.due_on - timedelta(days=SOON_DAYS)
    return holds(day_of(flow.now) >= first, _("到期前 %s 天内才提醒；请等待，届时自动提醒。") % SOON_DAYS)


def grace_is_over(flow: MilestoneFlow) -> State.CONDITION:
    """Overdue after the due day and the rule set's grace (domain 2.7)."""
    last = flow.object.due_on + timedelta(days=rules_of(flow.object).report_grace_days)
    return holds(day_of(flow.now) > last, _("报告宽限期至 %s；请待期满后办理。") % last)


def evidence_is_stored(flow: MilestoneFlow) -> State.CONDITION:
    """A report or test report whose bytes are in the store (domain 2.7, evidence file)."""
    kinds = {Attachment.Slot.REPORT, Attachment.Slot.TEST_REPORT}
    return holds(stored_slots(flow.object) & kinds, _("请先上传里程碑报告或第三方测试报告。"))


def user_has_spoken(flow: MilestoneFlow) -> State.CONDITION:
    """Where the rules ask for the user's opinion: given, or its ten working days are over."""
    milestone = flow.object
    if not rules_of(milestone).user_opinion_required or milestone.state == Milestone.State.USER_CONFIRMED:
        return holds(True, "")
    until = add_working_days(day_of(milestone.reported_at), USER_OPINION_WD, count_start=False)
    return holds(day_of(flow.now) > until, _("请等待用户出具意见（至 %s）。") % until)


def race_checks_its_lanes(flow: MilestoneFlow) -> State.CONDITION:
    """One comparison panel scores all lanes in one session (domain 2.8): no check of one lane alone."""
    by_race = flow.cause is not None
    return holds(lane_of(flow.object) is None or by_race, _("赛马项目由阶段考核统一考核，请在赛马页面办理。"))


def every_must_indicator_is_met(flow: MilestoneFlow) -> State.CONDITION:
    missed = missed_must_indicators(flow.object)
    return holds(
        not missed, _("未达标的必达指标：%s。不能判为达标；请改为整改或不达标，或核对实测值。") % listed(missed)
    )


def not_rectified_yet(flow: MilestoneFlow) -> State.CONDITION:
    return holds(not flow.object.has_been_rectified, _("每个节点只能整改一次；请判为达标或不达标。"))


def within_rectification(flow: MilestoneFlow) -> State.CONDITION:
    until = flow.object.rectify_until
    return holds(
        until and day_of(flow.now) <= until, _("整改期限 %s 已过；请等待考核结论；确有原因的，请联系主管部门。") % until
    )


def rectification_is_over(flow: MilestoneFlow) -> State.CONDITION:
    """A running rectification is not cut short; everything else may fail at once."""
    milestone = flow.object
    running = milestone.state == Milestone.State.RECTIFY and day_of(flow.now) <= milestone.rectify_until
    return holds(
        not running, _("整改期限至 %s，期满前不能判为不达标；请待整改报告提交或期满。") % milestone.rectify_until
    )
