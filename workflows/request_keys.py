"""The same request twice is one request (domain 9: the submit call is idempotent)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Record
from workflows.models import PerformedRequest
from workflows.refused import Refused

LONGEST_KEY = 64


def was_performed(row: Record, transition: str, by: Any, key: str) -> bool:
    """Whether `by` has already had this carried out. The row is locked, so nobody is at it just now.

    Raises Refused when the key is too long or was used for something else.
    """
    if len(key) > LONGEST_KEY:
        raise Refused("invalid_key", [_("请求编号不得超过 %s 个字符；请换用较短的编号。") % LONGEST_KEY])
    done = PerformedRequest.objects.filter(actor=by.pk, key=key).first()
    if done is None:
        return False
    if (done.object_type, done.object_id, done.transition) != (row._meta.label_lower, str(row.pk), transition):
        raise Refused("key_reused", [_("这个请求编号已用于另一项操作，请换一个编号重新提交。")])
    return True


def note_performed(row: Record, transition: str, by: Any, key: str, at: datetime) -> None:
    PerformedRequest.objects.create(
        actor_id=by.pk, key=key, object_type=row._meta.label_lower, object_id=str(row.pk), transition=transition, at=at
    )
