"""回避核实: a doubt (WARN) → confirmed, and the pair is blocked, or cleared, each with a written reason.

Rules: domain 3.5 (WARN for what cannot be verified from the records; recusal decisions need a written reason).
The finding's severity follows here and nowhere else but in the matrix itself.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.conflicts import BLOCK, WARN
from review.models import ConflictRuling
from workflows.conflict_matrix import recheck_person
from workflows.engine import Flow
from workflows.permissions import by_agency, is_system
from workflows.state import State

S = ConflictRuling.State


class ConflictRulingFlow(Flow):
    model = ConflictRuling
    slug = "conflict-ruling"
    related = ("finding__expert__user", "finding__bid__challenge")
    start_permission = staticmethod(is_system)
    state = State(S, default=S.OPEN)
    next_steps = {S.OPEN: (Role.SEC.label, gettext_lazy("核实后确认或排除"))}

    @state.transition(
        source=[S.OPEN, S.CLEARED], target=S.CONFIRMED, label=gettext_lazy("属实，须回避"),
        permission=by_agency(Role.SEC), needs_reason=True, style="danger",
        help=gettext_lazy("该专家不能评审这份申请；已在评审组的随即退出，已打的分作废；汇总之前由候补递补。"),
    )  # fmt: skip
    def confirm(self) -> None:
        self._ruled(BLOCK)
        # Whoever sits on a panel leaves it now, before this commits.
        recheck_person(self.object.finding.expert.user_id, self.now)

    @state.transition(
        source=[S.OPEN, S.CONFIRMED], target=S.CLEARED, label=gettext_lazy("排除"), permission=by_agency(Role.SEC),
        needs_reason=True, style="secondary", help=gettext_lazy("写明核实了什么；依据有变化时会重新提请核实。"),
    )  # fmt: skip
    def clear(self) -> None:
        self._ruled(WARN)

    @state.transition(source=S.CLEARED, target=S.OPEN, label=gettext_lazy("重新提请核实"), permission=is_system)
    def reopen(self) -> None:
        """The ground is another one than the one that was judged."""
        self.object.evidence = self.object.finding.evidence

    def _ruled(self, severity: str) -> None:
        """On the ground as it stands today."""
        finding = self.object.finding
        self.object.evidence = finding.evidence
        self.object.save()
        finding.severity = severity
        finding.save(update_fields=["severity"])
        self.evidence |= {
            "expert": finding.expert_id, "bid": finding.bid_id, "code": finding.code, "evidence": finding.evidence,
        }  # fmt: skip
