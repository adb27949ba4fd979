"""A superuser who turns the triggers off and knows how entries are hashed: what gives him away.

Whoever changes the middle without computing the tail anew is named by the chain itself; whoever
computes it anew leaves a sound chain, which contradicts the anchors outside the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django import Settings

from attachments.store import client
from tests import delivery_factories as f
from workflows import anchors
from workflows.audit import GENESIS, Fault, content_digest, link_hash, verify
from workflows.canonical import sha256_of
from workflows.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def chain_base(module_db: None) -> int:
    w = f.world()
    listed = f.published_list(w, challenges=2)
    f.submitted_bid(w, listed.challenges.order_by("number")[0])
    return AuditEntry.objects.count()


@pytest.fixture
def middle(chain_base: int, db: None, settings: Settings) -> Iterator[int]:
    """The seq of an entry with others before and after it; triggers are off, anchors go to a bucket of their own."""
    settings.S3_AUDIT_BUCKET = f"forged-{uuid4().hex}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield chain_base // 2
        # Undone here already: at the test's end the deferred triggers judge once more.
        transaction.set_rollback(True)


def check(known: dict[int, str] | None = None) -> Fault | None:
    return verify(AuditEntry.objects.order_by("seq").iterator(), known)


def command() -> tuple[int, str]:
    """Exit code of verify_audit and what it said of the fault."""
    err = StringIO()
    try:
        call_command("verify_audit", stdout=StringIO(), stderr=err)
    except SystemExit as stop:
        return int(stop.code or 0), err.getvalue()
    return 0, err.getvalue()


# --- what he does ------------------------------------------------------------------------------------


def alter(seq: int) -> None:
    entry = AuditEntry.objects.get(seq=seq)
    entry.payload = {**entry.payload, "minutes": "从未开过的会"}
    entry.save()


def remove(seq: int) -> None:
    AuditEntry.objects.filter(seq=seq).delete()
    shift(seq + 1, -1)


def insert(seq: int) -> None:
    forged = AuditEntry.objects.get(seq=seq - 1)
    shift(seq, 1)
    forged.seq, forged.hash, forged.transition = seq, "f" * 64, "never_happened"
    forged.save(force_insert=True)


def swap(seq: int) -> None:
    one, other = AuditEntry.objects.filter(seq__in=[seq, seq + 1]).order_by("seq")
    AuditEntry.objects.filter(seq__in=[seq, seq + 1]).delete()
    one.seq, other.seq = other.seq, one.seq
    one.save(force_insert=True)
    other.save(force_insert=True)


def shift(first: int, by: int) -> None:
    """Close or open a gap, so that the numbers run through. The sign keeps the key unique on the way."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_auditentry SET seq = -(seq + %s) WHERE seq >= %s", [by, first])
        cursor.execute("UPDATE workflows_auditentry SET seq = -seq WHERE seq < 0")


def compute_anew(first: int, last: int | None = None) -> None:
    """Digests, links and hashes from `first` on (to `last`), as the writers of the product compute them."""
    before = AuditEntry.objects.filter(seq=first - 1).first()
    prev_hash = before.hash if before else GENESIS
    rows = list(AuditEntry.objects.filter(seq__gte=first).order_by("seq"))
    for row in rows[: None if last is None else last - first + 1]:
        row.payload_digest = sha256_of(row.payload)
        row.digest = content_digest(row, row.payload_digest)
        row.prev_hash = prev_hash
        row.hash = prev_hash = link_hash(row.seq, prev_hash, row.digest, row.recorded_at)
        row.save()


# --- what the chain says -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forge", "kind"), [(alter, "altered"), (remove, "inserted"), (insert, "altered"), (swap, "inserted")]
)
def test_without_new_hashes_the_first_wrong_entry_is_named(
    middle: int, forge: Callable[[int], None], kind: str
) -> None:
    assert check() is None
    forge(middle)
    fault = check()
    assert fault is not None
    # A removed or swapped entry shows at its place, where the next does not join on to the last.
    assert (fault.seq, fault.kind) == (middle, kind)
    code, said = command()
    assert code == 1
    assert f"第 {middle} 条记录" in said


@pytest.mark.parametrize("forge", [alter, insert])
def test_one_entry_with_its_own_hashes_right_no_longer_joins_the_next(
    middle: int, forge: Callable[[int], None]
) -> None:
    forge(middle)
    compute_anew(middle, last=middle)
    fault = check()
    assert fault is not None
    assert (fault.seq, fault.kind) == (middle + 1, "inserted")


def test_an_entry_put_before_the_first_is_named(middle: int) -> None:
    forged = AuditEntry.objects.get(seq=1)
    forged.seq, forged.hash = 0, "f" * 64
    forged.save(force_insert=True)
    fault = check()
    assert fault is not None
    assert (fault.seq, fault.kind) == (0, "inserted")


@pytest.mark.parametrize(
    "column",
    [
        "at = at + interval '1 microsecond'", "recorded_at = recorded_at + interval '1 microsecond'",
        "actor_id = NULL", "actor_name = '别人'", "role = 'SUP'", "object_type = 'projects.race'", "object_id = '0'",
        "transition = 'x'", "from_state = 'x'", "to_state = 'x'", "reason = 'x'", "payload = '{\"x\": 1}'",
        "payload_digest = repeat('0', 64)", "digest = repeat('0', 64)", "prev_hash = repeat('0', 64)",
        "hash = repeat('0', 64)",
    ],
)  # fmt: skip
def test_every_column_of_an_entry_is_covered_by_its_hash(middle: int, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE workflows_auditentry SET {column} WHERE seq = %s", [middle])
    fault = check()
    assert fault is not None
    assert fault.seq == middle


# --- what the anchors say ----------------------------------------------------------------------------


@pytest.mark.parametrize("forge", [alter, remove, insert, swap])
def test_a_tail_computed_anew_is_sound_and_contradicts_the_anchor(middle: int, forge: Callable[[int], None]) -> None:
    anchors.anchor_head()
    head = AuditEntry.objects.order_by("-seq")[0].seq
    assert command() == (0, "")
    forge(middle)
    compute_anew(middle)
    assert check() is None  # the chain alone cannot know
    fault = check(anchors.read_anchors())
    assert fault is not None
    assert (fault.seq, fault.kind) == (head, "truncated" if forge is remove else "altered")
    code, said = command()
    assert code == 1
    assert f"第 {head} 条" in said


def test_of_several_anchors_the_first_after_the_forgery_names_it(middle: int) -> None:
    hashes = dict(AuditEntry.objects.values_list("seq", "hash"))
    known = {seq: hashes[seq] for seq in (middle - 2, middle - 1, middle + 2, max(hashes))}
    alter(middle)
    compute_anew(middle)
    fault = check(known)
    assert fault is not None
    assert (fault.seq, fault.kind) == (middle + 2, "altered")


def test_the_whole_chain_computed_anew_is_found(middle: int) -> None:
    anchors.anchor_head()
    alter(1)
    compute_anew(1)
    assert check() is None
    assert command()[0] == 1


def test_an_anchor_hidden_by_a_delete_marker_still_counts(middle: int, settings: Settings) -> None:
    name = anchors.anchor_head()
    client().remove_object(settings.S3_AUDIT_BUCKET, name)
    alter(middle)
    compute_anew(middle)
    assert command()[0] == 1


def test_an_anchor_made_for_the_forged_chain_does_not_replace_the_true_one(middle: int, settings: Settings) -> None:
    true = anchors.anchor_head()
    alter(middle)
    compute_anew(middle)
    time.sleep(1.1)  # the store dates objects by the second
    forged = anchors.anchor_head()
    client().remove_object(settings.S3_AUDIT_BUCKET, true)
    assert forged.split("-")[0] == true.split("-")[0] != forged
    assert anchors.read_anchors() == {int(true.split("-")[0]): true.split("-")[1]}
    assert command()[0] == 1
