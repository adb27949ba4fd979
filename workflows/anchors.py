"""Anchors: heads of the audit chain kept outside the database, where nobody can take them back.

A superuser may cut off the chain's tail or compute it anew; he cannot change an object under a
COMPLIANCE lock in the object store. `verify_audit` compares the chain with every anchor.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from django.conf import settings
from minio import Minio
from minio.error import S3Error
from minio.retention import COMPLIANCE, Retention

from attachments.store import client
from workflows.models import AuditEntry

#: 评审与立项档案按采购档案保存 15 年 (domain 8.1).
KEEP = timedelta(days=15 * 366)


def anchor_head() -> str:
    """Store the chain's head as `<seq>-<hash>`; return that name, or '' for an empty chain.

    Anchoring the same head twice is one object more, with the same name: harmless.
    """
    head = AuditEntry.objects.order_by("-seq").only("seq", "hash").first()
    if head is None:
        return ""
    store = client()
    _ensure_bucket(store)
    name = f"{head.seq:012d}-{head.hash}"
    store.put_object(
        settings.S3_AUDIT_BUCKET, name, io.BytesIO(b""), 0,
        retention=Retention(COMPLIANCE, datetime.now(UTC) + KEEP),
    )  # fmt: skip
    return name


def read_anchors() -> dict[int, str]:
    """All anchors, seq → hash. Empty when none was ever made.

    Every version is read, because a delete marker hides an object without removing it; and of two
    anchors for one entry the older counts, because one can be added later but none dated back.
    """
    store = client()
    try:
        kept = [o for o in store.list_objects(settings.S3_AUDIT_BUCKET, include_version=True) if not o.is_delete_marker]
    except S3Error as error:
        if error.code == "NoSuchBucket":
            return {}
        raise
    anchors: dict[int, str] = {}
    for _stored_at, name in sorted((o.last_modified or datetime.max.replace(tzinfo=UTC), o.object_name) for o in kept):
        seq, digest = (name or "").split("-", 1)
        anchors.setdefault(int(seq), digest)
    return anchors


def first_anchor_from(seq: int) -> tuple[int, str] | None:
    """The first anchor (seq, hash) of entry `seq` or a later one; None when there is none yet."""
    after = f"{seq - 1:012d}-~"  # behind every anchor of the entry before
    try:
        found = next(iter(client().list_objects(settings.S3_AUDIT_BUCKET, start_after=after)), None)
    except S3Error as error:
        if error.code == "NoSuchBucket":
            return None
        raise
    if found is None:
        return None
    number, digest = (found.object_name or "").split("-", 1)
    return int(number), digest


def _ensure_bucket(store: Minio) -> None:
    if not store.bucket_exists(settings.S3_AUDIT_BUCKET):
        store.make_bucket(settings.S3_AUDIT_BUCKET, object_lock=True)
