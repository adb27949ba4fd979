"""Taking a file in: promise, upload by the browser, proof by reading back. And taking it out.

1. `begin_upload` checks the promise and hands out an address under `incoming/` for ten minutes.
2. The browser puts the bytes there; they never pass through this server.
3. `complete_upload` copies them to where that address does not reach, reads them back, compares size,
   digest and kind with the promise, and only then, under the holder's lock, calls the file STORED.
A file that fails is deleted, bytes and row. `store_file` does the same for bytes at hand.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import tempfile
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path, PurePosixPath
from typing import IO, Any, ParamSpec, TypeVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from attachments import store
from attachments.kinds import EXTENSIONS, Kind, kind_of, what_is_wrong
from attachments.models import Attachment
from attachments.queries import files_of, is_part_of_record, may_write, slots_of
from attachments.refused import FileRefused

logger = logging.getLogger(__name__)
FILES_PER_HOLDER = 50
ORPHAN_AFTER = timedelta(days=1)
#: Kept in memory while it is checked; larger files are checked on disk.
IN_MEMORY = 8 * 1024 * 1024


P = ParamSpec("P")
R = TypeVar("R")


def store_must_answer(function: Callable[P, R]) -> Callable[P, R]:
    """Say in words that the store is down; what was begun stays pending and can be tried again."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except store.STORE_ERRORS as error:
            logger.exception("object store")
            sentence = _("文件存储暂时不可用，请稍后点“重试”；已填内容不受影响。")
            raise FileRefused("store_unavailable", sentence, 503) from error

    return wrapped


@dataclass(frozen=True)
class Ticket:
    """What a browser needs to send one file."""

    attachment: Attachment
    upload_url: str
    seconds: int = int(store.UPLOAD_ADDRESS_LIFE.total_seconds())


@store_must_answer
def begin_upload(user: Any, holder: Model, slot: str, file_name: str, size: int, sha256: str) -> Ticket:
    """Check the promise and open an upload. Raises `FileRefused`; nothing is stored then."""
    name = clean_name(file_name)
    kind = _check_promise(user, holder, slot, name, size, sha256)
    key = uuid.uuid4()
    attachment = Attachment.objects.create(
        uuid=key, holder_type=ContentType.objects.get_for_model(holder), holder_id=holder.pk, slot=slot,
        file_name=name, content_type=kind.content_type, size=size, sha256=sha256,
        object_key=f"incoming/{key}", uploaded_by=user,
    )  # fmt: skip
    return Ticket(attachment, store.upload_address(attachment.object_key))


@store_must_answer
def complete_upload(user: Any, attachment: Attachment) -> Attachment:
    """Prove what arrived and make it STORED; a second call finds it so. Raises `FileRefused`."""
    if not may_write(user, attachment.holder):  # type: ignore[arg-type]
        raise not_writable()
    if attachment.status != Attachment.Status.PENDING:
        return attachment
    incoming, final = attachment.object_key, _final_key(attachment)
    arrived = store.size_of(incoming)
    if arrived is None:
        sentence = _("“%s”还没有传到文件存储，请点“重试”重新上传。") % attachment.file_name
        raise FileRefused("not_uploaded", sentence, 409)
    try:
        _check_size(attachment.file_name, arrived, attachment.size)
        store.copy(incoming, final)
        _prove(attachment, final)
        _make_stored(user, attachment, final)
    except FileRefused:
        discard(attachment)
        raise
    store.delete(incoming)
    return attachment


@store_must_answer
def store_file(holder: Model, slot: str, file_name: str, data: bytes | Path, by: Any) -> Attachment:
    """Put bytes at hand into the store, by the same rules. Raises `FileRefused`."""
    name = clean_name(file_name)
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    with _opened(data) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        kind = _check_promise(by, holder, slot, name, size, digest)
        _check_kind(name, kind, file)
    key = uuid.uuid4()
    attachment = Attachment(
        uuid=key, holder_type=ContentType.objects.get_for_model(holder), holder_id=holder.pk, slot=slot,
        file_name=name, content_type=kind.content_type, size=size, sha256=digest,
        object_key=f"files/{key}", uploaded_by=by, status=Attachment.Status.STORED,
    )  # fmt: skip
    store.put(attachment.object_key, data, kind.content_type)
    try:
        with transaction.atomic():
            _lock_writable(by, attachment)
            attachment.save(force_insert=True)
    except BaseException:
        store.delete(attachment.object_key)
        raise
    return attachment


@store_must_answer
def remove_file(user: Any, attachment: Attachment) -> None:
    """Take a file out while its holder may be edited. Raises `FileRefused`.

    A file that was part of something handed in stays in the store as REMOVED: the frozen content
    names its digest, and an objection may ask for it (domain 2.0, no history is destroyed).
    """
    with transaction.atomic():
        holder = _lock_writable(user, attachment)
        if is_part_of_record(holder, attachment):
            Attachment.objects.filter(pk=attachment.pk).update(status=Attachment.Status.REMOVED)
            return
        keys = (attachment.object_key, _final_key(attachment))
        attachment.delete()
        # Robust: the row is gone for good by then, and a store that is down must not say otherwise.
        transaction.on_commit(lambda: store.delete(*keys), robust=True)


def remove_orphans(now: datetime | None = None) -> int:
    """Delete uploads that nobody completed within a day, bytes and row. Safe to run twice."""
    before = (now or timezone.now()) - ORPHAN_AFTER
    orphans = Attachment.objects.filter(status=Attachment.Status.PENDING, created_at__lt=before)
    count = 0
    for attachment in orphans.iterator():
        discard(attachment)
        count += 1
    return count


def discard(attachment: Attachment) -> None:
    """Delete a pending upload, bytes first: what fails half-way is found again by the sweep."""
    store.delete(f"incoming/{attachment.uuid}", _final_key(attachment))
    Attachment.objects.filter(pk=attachment.pk, status=Attachment.Status.PENDING).delete()


def clean_name(file_name: str) -> str:
    """The file's own name without folders, controls or direction marks, at most 200 characters."""
    name = unicodedata.normalize("NFC", file_name).replace("\\", "/").rpartition("/")[2]
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    name = "".join(c for c in name if unicodedata.category(c) not in hidden).strip(" .")
    path = PurePosixPath(name)
    return name if len(name) <= 200 else f"{path.stem[: 200 - len(path.suffix)]}{path.suffix}"


def not_writable() -> FileRefused:
    sentence = _("现在不能增删材料：只有填报人在填报期间可以。本次操作没有生效；请刷新页面，查看此项现在由谁办理。")
    return FileRefused("not_permitted", sentence, 403)


def _check_promise(user: Any, holder: Model, slot: str, name: str, size: int, sha256: str) -> Kind:
    if not may_write(user, holder):
        raise not_writable()
    if slot not in slots_of(type(holder)):
        raise FileRefused("invalid_input", _("请先选择材料类别。"))
    kind = kind_of(name)
    if kind is None:
        names = "、".join(EXTENSIONS)
        sentence = _("“%(name)s”的格式不在受理范围，请转换为以下格式之一后上传：%(kinds)s。")
        raise FileRefused("invalid_input", sentence % {"name": name, "kinds": names})
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise FileRefused("invalid_input", _("缺少文件的 SHA-256 摘要，请刷新页面后重新选择文件。"))
    _check_size(name, size, size)
    if files_of(holder).exclude(status=Attachment.Status.REMOVED).count() >= FILES_PER_HOLDER:
        sentence = _("材料不得超过 %s 个，请先删除不需要的文件，或合并为一个压缩包。")
        raise FileRefused("conditions_unmet", sentence % FILES_PER_HOLDER)
    return kind


def _check_size(name: str, size: int, promised: int) -> None:
    limit = settings.UPLOAD_MAX_BYTES
    if size <= 0:
        raise FileRefused("invalid_input", _("“%s”是空文件，请检查后重新选择。") % name)
    if size > limit:
        sentence = _("“%(name)s”超过 %(limit)s MB，请压缩或拆分后上传。")
        raise FileRefused("too_large", sentence % {"name": name, "limit": limit // 1024 // 1024}, 413)
    if size != promised:
        raise FileRefused("mismatch", _("“%s”没有传完整，请重新上传。") % name, 422)


def _check_kind(name: str, kind: Kind, file: IO[bytes]) -> None:
    if wrong := what_is_wrong(kind, file):
        raise FileRefused("wrong_kind", _("“%(name)s”：%(wrong)s。") % {"name": name, "wrong": wrong}, 422)


def _prove(attachment: Attachment, key: str) -> None:
    """Read back every byte: length, digest and kind must be what was promised."""
    digest, length = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        for piece in store.read(key):
            digest.update(piece)
            length += len(piece)
            if length > attachment.size:
                break  # put anew and longer since it was measured: never fill the disk
            file.write(piece)
        _check_size(attachment.file_name, length, attachment.size)
        if digest.hexdigest() != attachment.sha256:
            raise FileRefused("mismatch", _("“%s”在上传途中有改动，请重新上传。") % attachment.file_name, 422)
        kind = kind_of(attachment.file_name)
        assert kind is not None  # checked when the upload began
        _check_kind(attachment.file_name, kind, file)  # type: ignore[arg-type]


def _make_stored(user: Any, attachment: Attachment, key: str) -> None:
    with transaction.atomic():
        _lock_writable(user, attachment)
        row = Attachment.objects.select_for_update().filter(pk=attachment.pk).first()
        if row is None:
            raise FileRefused("not_found", _("该上传已被取消，请重新选择文件。"), 404)
        row.status, row.object_key = Attachment.Status.STORED, key
        row.save(update_fields=["status", "object_key"])
    attachment.status, attachment.object_key = row.status, row.object_key


def _lock_writable(user: Any, attachment: Attachment) -> Any:
    """The holder, locked, so that a file is either in what is handed in at this moment or refused."""
    model = attachment.holder_type.model_class()
    assert model is not None
    holder = model._default_manager.select_for_update(no_key=True).filter(pk=attachment.holder_id).first()
    if holder is None or not may_write(user, holder):
        raise not_writable()
    return holder


def _final_key(attachment: Attachment) -> str:
    return f"files/{attachment.uuid}"


def _opened(data: bytes | Path) -> IO[bytes]:
    return data.open("rb") if isinstance(data, Path) else io.BytesIO(data)
