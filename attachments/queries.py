"""Which files belong to a record, and who may see them: whoever may see their holder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from attachments.models import Attachment

#: Holder model → function (user, attachment) that says whether the user may read it. Filled by the
#: rooms above at start-up; a holder without an entry is visible to nobody.
READERS: dict[type[Model], Callable[[Any, Attachment], bool]] = {}
#: Holder model → function (user, holder) that says whether the user may add or remove files now.
WRITERS: dict[type[Model], Callable[[Any, Any], bool]] = {}
#: Holder model → slots that its files may go into.
SLOTS: dict[type[Model], tuple[str, ...]] = {}
#: Holder model → function (holder, attachment) that says whether the file was part of something handed
#: in, so that taking it out must not destroy it.
KEEPERS: dict[type[Model], Callable[[Any, Attachment], bool]] = {}


def files_of(holder: Model) -> QuerySet[Attachment]:
    return Attachment.objects.filter(holder_type=ContentType.objects.get_for_model(holder), holder_id=holder.pk)


def stored_files(holder: Model) -> QuerySet[Attachment]:
    """Files whose bytes were read back from the store and match."""
    return files_of(holder).filter(status=Attachment.Status.STORED)


def stored_slots(holder: Model) -> set[str]:
    return set(stored_files(holder).values_list("slot", flat=True))


def may_read(user: Any, attachment: Attachment) -> bool:
    reader = READERS.get(attachment.holder_type.model_class())  # type: ignore[arg-type]
    return reader is not None and reader(user, attachment)


def may_write(user: Any, holder: Model) -> bool:
    writer = WRITERS.get(type(holder))
    return writer is not None and writer(user, holder)


def slots_of(model: type[Model]) -> tuple[str, ...]:
    return SLOTS.get(model, ())


def is_part_of_record(holder: Model, attachment: Attachment) -> bool:
    """Without an entry the answer is yes: keeping is the safe side."""
    keeper = KEEPERS.get(type(holder))
    return keeper is None or keeper(holder, attachment)
