"""Who did what when on a record, as far as the reader may know it.

The chain holds everybody's name. Outside the agency a timeline names offices, not officers, and
nobody but the supervisor and the round's secretary ever reads an expert's name here (domain 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Record, Role
from accounts.roles import held_role
from projects.disclosure import UNTOLD, VERDICTS, hides_verdict, may_see_author_of_objection
from projects.models import Objection
from workflows.actions import flow_of
from workflows.engine import Flow, label_of
from workflows.models import AuditEntry
from workflows.permissions import agency_of

HIDDEN_ROLES = {Role.EXP, Role.CHR}
#: Roles whose holders act for the outside world under their own name.
TEAM_ROLES = {Role.PI, Role.ORG, Role.REC, Role.DEM}


@dataclass(frozen=True)
class TimelineItem:
    """One line: when, who (masked for the reader), in which role, what, from and to (labels), why."""

    at: datetime
    who: str
    role: str
    what: str
    from_state: str
    to_state: str
    reason: str


def timeline(obj: Record, user: Any) -> list[TimelineItem]:
    """Oldest first. One query, besides the reader's roles."""
    entries = AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("seq")
    flow = flow_of(obj)
    inside = held_role(user, Role.OFF, Role.LEAD, Role.AGY, Role.SUP, Role.FIN, Role.SEC, agency=agency_of(obj))
    knows_experts = held_role(user, Role.SUP, agency=agency_of(obj)) is not None
    hides_author = isinstance(obj, Objection) and not may_see_author_of_objection(user, obj)
    labels = dict(flow.model.State.choices)  # type: ignore[attr-defined]
    # A verdict that is not told yet stands in the chain as well as in the record.
    untold = set(VERDICTS) if hides_verdict(user, obj) else set()
    return [
        TimelineItem(
            at=entry.at,
            who=_who(entry, user, inside is not None, knows_experts, hides_author),
            role=_role(entry.role),
            what=_what(flow, entry.transition),
            from_state=str(labels.get(UNTOLD if entry.from_state in untold else entry.from_state, "")),
            to_state=str(labels.get(UNTOLD if entry.to_state in untold else entry.to_state, entry.to_state)),
            reason=entry.reason,
        )
        for entry in entries
    ]


def _who(entry: AuditEntry, user: Any, inside: bool, knows_experts: bool, hides_author: bool) -> str:
    if entry.actor_id is None:
        return entry.actor_name
    if entry.actor_id == getattr(user, "pk", None):
        return entry.actor_name
    if hides_author and entry.role == Role.PUB:
        return str(_("异议人"))
    if entry.role in HIDDEN_ROLES:
        return entry.actor_name if knows_experts else str(_("评审专家"))
    if entry.role == "SYSTEM":
        # A consequence of somebody's step elsewhere: that step names him, where it may.
        return str(_("系统联动"))
    if inside or entry.role in TEAM_ROLES:
        return entry.actor_name
    return str(_("主管部门"))


def _role(code: str) -> str:
    return str(dict(Role.choices).get(code, "")) if code != "SYSTEM" else ""


def _what(flow: type[Flow], transition: str) -> str:
    if transition == "create":
        return str(_("新建"))
    return label_of(flow, transition) if hasattr(flow, transition) else transition
