"""单位别名与隶属: what a unit is also called and whom it belongs to, on record in the chain, looked at at once.

Facts about units are shared by all agencies and are added, never edited or removed here: taking one away would
take away a ground for recusal (domain 3.5, C01 and C12).
"""

from __future__ import annotations

from django.forms.models import model_to_dict

from accounts.models import Role, UnitAlias, UnitLink, User
from accounts.roles import held_role
from workflows import clock
from workflows.audit import Entry
from workflows.conflict_matrix import running_rounds
from workflows.panel_draw import note_conflicts
from workflows.unit_of_work import unit_of_work


def may_relate_units(user: object) -> Role | None:
    """A review secretary of any agency, or the system administrator who keeps the basic data."""
    return held_role(user, Role.SEC, Role.SYS) if isinstance(user, User) else None


def relate(row: UnitAlias | UnitLink, by: User) -> None:
    """Save a name or a link, and check every running round again: who must now stand aside leaves at once.

    Raises `Refused` when somebody who is blocked cannot leave; nothing is left behind then.
    """
    now = clock.now()
    with unit_of_work() as unit:
        row.save(force_insert=True)
        unit.entries.append(
            Entry(
                at=now, actor_id=by.pk, actor_name=by.name, role=str(may_relate_units(by)),
                object_type=row._meta.label_lower, object_id=str(row.pk), transition="create", from_state="",
                to_state="", reason="", payload=model_to_dict(row),
            )
        )  # fmt: skip
        for running in running_rounds():
            note_conflicts(running, now)
