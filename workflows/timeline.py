"""Who did what when on a record, as far as the reader may know it.

The chain holds everybody's name. Outside the agency a timeline names offices, not officers, and
nobody but the supervisor and the round's secretary ever reads an expert's name here (domain 3.6):
`shown_actor` is the one place where an entry's actor becomes a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Record, Role
from accounts.roles import held_role
from projects.disclosure import UNTOLD, VERDICTS, hides_verdict, may_see_author_of_objection
from projects.models import Objection
from review.disclosure import may_know_experts
from review.models import ReviewRound
from workflows.actions import flow_of
from workflows.engine import Flow, label_of
from workflows.models import AuditEntry
from workflows.permissions import agency_of
from workflows.review_permissions import has_round, round_of

INSIDE = (Role.OFF, Role.LEAD, Role.AGY, Role.SUP, Role.FIN, Role.SEC)
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


def knows_officers(obj: Record, user: Any) -> bool:
    """Whether the agency's people go by their names here; outside of it their office answers for them."""
    return held_role(user, *INSIDE, agency=agency_of(obj)) is not None


@dataclass(frozen=True)
class Reader:
    """What the reader of a record's history may know. `aliases`: user → alias, of the round's experts."""

    pk: int | None
    is_inside: bool
    knows_experts: bool
    hides_author: bool
    aliases: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, obj: Record, user: Any, *, by_name: bool = True) -> Reader:
        agency = agency_of(obj)
        inside = knows_officers(obj, user)
        row = round_of(obj) if has_round(obj) else None
        # Records of the pool are its secretaries' business, too.
        keepers = (Role.SUP, Role.SEC) if obj._meta.app_label == "review" else (Role.SUP,)
        knows = may_know_experts(user, row) if row else held_role(user, *keepers, agency=agency) is not None
        knows = knows and by_name
        return cls(
            pk=getattr(user, "pk", None),
            is_inside=inside,
            knows_experts=knows,
            hides_author=isinstance(obj, Objection) and not may_see_author_of_objection(user, obj),
            # Outside the agency even an alias would tell which sheets are of one hand.
            aliases=aliases_of(row) if row and not knows and _reads_aliases(inside, row, user) else {},
        )

    def alias_of(self, user_id: int) -> str:
        return self.aliases.get(user_id, str(_("评审专家")))


def _reads_aliases(inside: bool, row: ReviewRound, user: Any) -> bool:
    return inside or (row.chair is not None and row.chair.expert.user_id == getattr(user, "pk", None))


def aliases_of(row: ReviewRound) -> dict[int, str]:
    """User → alias, of everybody who was ever asked to sit."""
    return dict(row.assignments.values_list("expert__user", "alias"))


def timeline(obj: Record, user: Any, *, by_name: bool = True) -> list[TimelineItem]:
    """Oldest first; with `by_name=False` experts are aliases to everybody, as the API has it.

    One query, besides the reader's roles and the round's aliases.
    """
    entries = AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("seq")
    flow = flow_of(obj)
    reader = Reader.of(obj, user, by_name=by_name)
    labels = dict(flow.model.State.choices)  # type: ignore[attr-defined]
    # A verdict that is not told yet stands in the chain as well as in the record.
    untold = set(VERDICTS) if hides_verdict(user, obj) else set()
    return [
        TimelineItem(
            at=entry.at,
            who=shown_actor(entry, reader),
            role=_role(entry.role),
            what=_what(flow, entry.transition),
            from_state=str(labels.get(UNTOLD if entry.from_state in untold else entry.from_state, "")),
            to_state=str(labels.get(UNTOLD if entry.to_state in untold else entry.to_state, entry.to_state)),
            reason=entry.reason,
        )
        for entry in entries
    ]


def shown_actor(entry: AuditEntry, reader: Reader) -> str:
    """The name of who did it, or what stands for it: an alias, an office, the system."""
    if entry.actor_id is None or entry.actor_id == reader.pk:
        return entry.actor_name
    if reader.hides_author and entry.role == Role.PUB:
        return str(_("异议人"))
    if entry.role in HIDDEN_ROLES:
        return entry.actor_name if reader.knows_experts else reader.alias_of(entry.actor_id)
    if entry.role == "SYSTEM":
        # A consequence of somebody's step elsewhere: that step names him, where it may.
        return str(_("系统联动"))
    if reader.is_inside or entry.role in TEAM_ROLES:
        return entry.actor_name
    return str(_("主管部门"))


def _role(code: str) -> str:
    return str(dict(Role.choices).get(code, "")) if code != "SYSTEM" else ""


def _what(flow: type[Flow], transition: str) -> str:
    if transition == "create":
        return str(_("新建"))
    return label_of(flow, transition) if hasattr(flow, transition) else transition
