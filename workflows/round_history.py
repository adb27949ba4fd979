"""Everything that is on record about one round: the round itself, its seats, sheets, defence and questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from review.models import Assignment, DefenceQuestion, DefenceSession, DefenceSlot, ReviewRound, ScoreSheet
from workflows.engine import FLOWS, label_of
from workflows.models import AuditEntry

#: Model → from it to the round, and what its records are called.
PARTS: dict[type[Model], tuple[str, Any]] = {
    ReviewRound: ("pk", _("评审轮次")),
    Assignment: ("round", _("席位")),
    ScoreSheet: ("assignment__round", _("评分表")),
    DefenceSession: ("round", _("答辩")),
    DefenceSlot: ("session__round", _("答辩时段")),
    DefenceQuestion: ("assignment__round", _("专家问题")),
}


@dataclass(frozen=True)
class HistoryLine:
    """One entry as the supervisor reads it, names included."""

    seq: int
    at: datetime
    kind: str
    what: str
    who: str
    role: str
    before: str
    after: str
    reason: str


def history_of(row: ReviewRound) -> QuerySet[AuditEntry]:
    """Newest first. For who may know every expert by name: the supervisor (domain 3.6)."""
    wanted = Q()
    for model, (path, _label) in PARTS.items():
        own = model._default_manager.filter(**{path: row.pk}).order_by()
        keys = own.annotate(key=Cast("pk", TextField())).values("key")
        wanted |= Q(object_type=model._meta.label_lower, object_id__in=keys)
    return AuditEntry.objects.filter(wanted).defer("payload").order_by("-seq")


def line_of(entry: AuditEntry) -> HistoryLine:
    flow = next(flow for flow in FLOWS.values() if flow.model._meta.label_lower == entry.object_type)
    states = dict(flow.model.State.choices)  # type: ignore[attr-defined]
    is_step = hasattr(flow, entry.transition)
    return HistoryLine(
        seq=entry.seq,
        at=entry.at,
        kind=str(PARTS[flow.model][1]),
        what=label_of(flow, entry.transition) if is_step else str(_("新建")),
        who=entry.actor_name,
        role=entry.role,
        before=str(states.get(entry.from_state, "")),
        after=str(states.get(entry.to_state, "")),
        reason=entry.reason,
    )
