"""决定回避申请: the officer accepts or refuses one name of a bid's avoid list, with a written reason (C10).

Part of `BidFlow`. The reason goes into the chain and to the team, not into the bid's timeline, which says no
more than that something was decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import BidAvoidance
from review.models import Expert
from workflows.conflict_matrix import keep_findings, running_rounds
from workflows.panel_draw import bids_of, rules_of_round
from workflows.permissions import is_officer
from workflows.state import Actor, Inputs

if TYPE_CHECKING:
    from workflows.bid import BidFlow

Decision = BidAvoidance.Decision


def decides_avoidance(flow: BidFlow, actor: Actor) -> str | None:
    """An officer, while there is something to decide."""
    role = is_officer(flow, actor)
    return role if role and flow.object.avoidances.filter(decision="").exists() else None


def avoidance_inputs(flow: BidFlow) -> Inputs:
    return {
        "avoidance": forms.ModelChoiceField(
            flow.object.avoidances.filter(decision=""), label=gettext_lazy("申请回避的专家"), empty_label=None
        ),
        "decision": forms.ChoiceField(label=gettext_lazy("决定"), choices=Decision.choices),
        "decision_reason": forms.CharField(
            label=gettext_lazy("决定理由"), min_length=10, max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=gettext_lazy("申请回避只作参考：理由成立才采纳。理由会告知申报团队，不给专家看。"),
        ),
    }  # fmt: skip


#: The transition, the same in every state in which it is possible.
DECIDING: dict[str, Any] = {
    "label": gettext_lazy("决定回避申请"),
    "permission": decides_avoidance,
    "inputs": avoidance_inputs,
    "style": "secondary",
}


def decide(flow: BidFlow, avoidance: BidAvoidance, decision: str, decision_reason: str) -> None:
    """Write the decision down; where a panel is already being drawn, it counts at once."""
    avoidance.decision, avoidance.decision_reason = decision, decision_reason
    avoidance.save(update_fields=["decision", "decision_reason"])
    label = Decision(decision).label
    flow.notify("N06", [flow.object.pi], _("回避申请已决定：%s") % label, f"{avoidance}：{decision_reason}")
    for row in running_rounds(challenge=flow.object.challenge_id):
        pool = Expert.objects.filter(
            agency=row.challenge.challenge_list.agency_id, user__name=avoidance.person_name.strip()
        )
        keep_findings(list(pool), bids_of(row), flow.now, rules_of_round(row).conflict_lookback_years)
