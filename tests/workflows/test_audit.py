"""The chain: nobody changes it, and whoever does with the triggers off is found out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from projects.models import ChallengeList
from tests import delivery_factories as f
from workflows.anchors import anchor_head, read_anchors
from workflows.audit import Fault, verify
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.models import AuditEntry


@pytest.fixture
def w(transactional_db: None) -> f.World:
    w = f.world()
    f.published_list(w)
    return w


@contextmanager
def triggers_off() -> Iterator[None]:
    """What a superuser can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")


def check(anchors: dict[int, str] | None = None) -> Fault | None:
    return verify(AuditEntry.objects.order_by("seq").iterator(), anchors)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE workflows_auditentry SET reason = 'x' WHERE seq = 1",
        "DELETE FROM workflows_auditentry WHERE seq = 1",
        "TRUNCATE workflows_auditentry CASCADE",
    ],
)
def test_update_delete_and_truncate_are_refused(w: f.World, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert check() is None


def test_an_altered_entry_is_named(w: f.World) -> None:
    with triggers_off():
        AuditEntry.objects.filter(seq=3).update(reason="事后改写的理由")
    fault = check()
    assert fault is not None
    assert (fault.seq, fault.kind) == (3, "altered")


def test_a_removed_entry_is_named(w: f.World) -> None:
    with triggers_off():
        AuditEntry.objects.filter(seq=4).delete()
    fault = check()
    assert fault is not None
    assert (fault.seq, fault.kind) == (4, "removed")


def test_an_inserted_entry_is_named(w: f.World) -> None:
    last = AuditEntry.objects.order_by("-seq")[0]
    with triggers_off():
        forged = AuditEntry.objects.get(seq=2)
        forged.seq, forged.hash = last.seq + 1, "f" * 64
        forged.save(force_insert=True)
    fault = check()
    assert fault is not None
    assert (fault.seq, fault.kind) == (last.seq + 1, "inserted")


def test_a_tail_cut_off_is_found_by_the_anchor(w: f.World, settings: Settings) -> None:
    settings.S3_AUDIT_BUCKET = f"cut-off-{uuid4().hex}"
    anchor_head()
    head = AuditEntry.objects.order_by("-seq")[0]
    anchors = read_anchors()
    assert anchors == {head.seq: head.hash}
    assert check(anchors) is None
    with triggers_off():
        AuditEntry.objects.filter(seq=head.seq).delete()
    assert check() is None  # the chain alone cannot know
    fault = check(anchors)
    assert fault is not None
    assert (fault.seq, fault.kind) == (head.seq, "truncated")


def test_eight_writers_leave_one_chain_without_gaps(w: f.World) -> None:
    listed = ChallengeList.objects.get(agency=w.agency)
    drafts = [
        start(
            ChallengeListFlow,
            ChallengeList(
                agency=w.agency,
                division=listed.division,
                rule_set=w.rule_set,
                number=f"SD-T-{n}",
                title="榜",
                year=2026,
            ),
            by=w.officer,
        )
        for n in range(8)
    ]
    before = AuditEntry.objects.count()
    barrier = threading.Barrier(len(drafts))

    def write(draft: ChallengeList) -> None:
        try:
            barrier.wait()
            perform(ChallengeListFlow, draft, "open_collection", by=w.officer)
            perform(ChallengeListFlow, draft, "cancel", by=w.lead, reason=f.REASON)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AuditEntry.objects.count() == before + 2 * len(drafts)
    assert check() is None


def test_the_command_says_what_is_wrong_and_fails(w: f.World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit", no_anchors=True)
    assert "审计链完整" in capsys.readouterr().out
    with triggers_off():
        AuditEntry.objects.filter(seq=2).update(actor_name="别人")
    with pytest.raises(SystemExit):
        call_command("verify_audit", no_anchors=True)
    assert "第 2 条记录的内容被改动" in capsys.readouterr().err
