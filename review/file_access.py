"""The sealed letter of a substitute: added by the PI before the defence, read by whoever sees the slot (domain 3.8)."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from attachments import queries
from attachments.models import Attachment
from projects.file_access import sees_holder
from review.models import DefenceSession, DefenceSlot
from workflows import clock


def register() -> None:
    queries.READERS[DefenceSlot] = sees_holder
    queries.WRITERS[DefenceSlot] = may_write_to_slot
    queries.SLOTS[DefenceSlot] = (Attachment.Slot.OTHER,)


def may_write_to_slot(user: Any, slot: DefenceSlot) -> bool:
    if not isinstance(user, User) or not user.is_active or slot.bid.pi_id != user.pk:
        return False
    waits = slot.state == DefenceSlot.State.SCHEDULED and clock.now() < slot.starts_at
    return waits and slot.session.state == DefenceSession.State.ANNOUNCED
