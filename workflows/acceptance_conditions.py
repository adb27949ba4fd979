"""Conditions, inputs and the panel of the acceptance's flow (domain 2.9)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attachments.models import Attachment
from attachments.queries import stored_slots
from projects.indicators import meets
from projects.models import Acceptance, Project, TaskBook
from workflows.milestone_conditions import spent_field, value_field
from workflows.state import State, holds
from workflows.task_book import ends_of

if TYPE_CHECKING:
    from workflows.acceptance import AcceptanceFlow

PANEL_SIZE = 5


def book_of(acceptance: Acceptance) -> TaskBook:
    """The edition in force: what the project is accepted against."""
    found = acceptance.project.task_books.order_by("-edition").first()
    assert found is not None  # every project starts with edition 1
    return found


def missed_must_indicators(acceptance: Acceptance) -> list[str]:
    """Names of the task book's must-indicators that the measured values miss, or that were not measured."""
    measured = acceptance.measured
    return [
        row["name"]
        for row in book_of(acceptance).indicators
        if row["is_must"] and not _is_met(row, measured.get(str(row["no"])))
    ]


def _is_met(row: dict[str, Any], value: str | None) -> bool:
    low, high = ends_of(row)
    return value is not None and meets(row["comparator"], low, Decimal(value), high)


class PanelField(forms.CharField):
    """验收专家组: one expert a line, name then unit; programs may pass [{"name": …, "unit": …}]."""

    widget = forms.Textarea(attrs={"rows": 7})

    def to_python(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        if isinstance(value, list | tuple):
            rows = [(str(row.get("name", "")), str(row.get("unit", ""))) for row in value if isinstance(row, dict)]
        else:
            lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
            rows = [[*re.split(r"[\s,，;；]+", line, maxsplit=1), ""][:2] for line in lines]  # type: ignore[misc]
        return [{"name": name.strip(), "unit": unit.strip()} for name, unit in rows]

    def validate(self, value: Any) -> None:
        if len(value) < PANEL_SIZE or len(value) % 2 == 0:
            raise forms.ValidationError(
                _("验收专家组须为不少于 %s 人的单数，每行一人：姓名 单位；请补足或减去人员。") % PANEL_SIZE
            )
        if any(not row["name"] or not row["unit"] for row in value):
            raise forms.ValidationError(_("每位专家都要写明姓名和单位，以空格分开；请补全。"))
        if len({row["name"] for row in value}) < len(value):
            raise forms.ValidationError(_("专家姓名重复；请删去重复的一行。"))
        if any("\x00" in row["name"] + row["unit"] for row in value):
            raise forms.ValidationError(_("文本含有无法保存的字符；请删去不可见的控制字符后重填。"))

    def run_validators(self, value: Any) -> None:
        """The text validators of the base do not fit rows."""


def apply_inputs(flow: AcceptanceFlow) -> dict[str, forms.Field]:
    """Summary, final spending, and the measured value of every indicator of the task book."""
    fields: dict[str, forms.Field] = {
        "report": forms.CharField(
            label=gettext_lazy("总结报告"), min_length=10, max_length=10000, widget=forms.Textarea
        ),
        "spent_yuan": spent_field(gettext_lazy("决算支出（元）")),
    }
    for row in book_of(flow.object).indicators:
        fields[f"measured_{row['no']}"] = value_field(row["name"], row["unit"])
    return fields


def project_is_closing(flow: AcceptanceFlow) -> State.CONDITION:
    project = flow.object.project
    return holds(
        project.state == Project.State.CLOSING,
        _("项目处于“%s”状态，不办理验收；请先办结该状态下的事项。") % project.get_state_display(),
    )


def material_is_stored(flow: AcceptanceFlow) -> State.CONDITION:
    stored = Attachment.Slot.ACCEPTANCE in stored_slots(flow.object)
    return holds(stored, _("请先上传验收材料（总结、决算、审计、测试报告和用户证明）。"))


def opinion_is_complete(flow: AcceptanceFlow) -> State.CONDITION:
    return holds(flow.object.result and flow.object.opinion, _("请先由专家组签署验收意见。"))
