"""回执: given at once, never changed, checked by anyone offline; the same submit twice is one submit."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.db import IntegrityError, connection, transaction
from django.test import Client

from attachments.upload import store_file
from demo.papers import Papers
from projects.models import Bid, IndicatorResponse, Receipt
from tests.delivery_factories import BID_CLOSE, World, on, person, published_list, submitted_bid, team, world
from workflows.anchors import anchor_head
from workflows.audit import verify
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI, receiving, travel
from workflows.engine import perform, start
from workflows.models import AuditEntry, PerformedRequest
from workflows.receipt_proof import document_of
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
SCRIPT = Path(configured.BASE_DIR) / "scripts" / "jiebang-verify"


@pytest.fixture
def w(settings: Any) -> World:
    # Anchors cannot be taken back, while the chain of a test is: a bucket for each.
    settings.S3_AUDIT_BUCKET = f"receipts-{uuid4().hex}"
    return world()


def draft(w: World) -> Bid:
    """A complete draft with two real files in the store."""
    challenge, t = published_list(w).challenges.get(), team(w)
    with on(date(2026, 4, 10)):
        bid = start(
            BidFlow,
            Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="存储引擎",
                summary="摘要", route="路线", team="团队", route_tag="自研", requested_yuan=2_000_000),
            by=t.pi,
        )  # fmt: skip
        for indicator in challenge.indicators.all():
            IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=indicator.target)
        papers = Papers()
        for slot in ("PROPOSAL", "PLEDGE"):
            store_file(bid, slot, papers.name(slot), papers.make(slot, bid.title), t.pi)
    return bid


def handed_in(w: World) -> Bid:
    bid = draft(w)
    with on(date(2026, 4, 11)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    return bid


def written(tmp_path: Path, document: dict[str, Any]) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(document, ensure_ascii=False))
    return path


def verified(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """The script as a stranger runs it: no packages, no environment."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={"PYTHONIOENCODING": "utf-8"}, check=False)


def folder_of(bid: Bid, tmp_path: Path) -> Path:
    from attachments import store

    folder = tmp_path / "files"
    folder.mkdir()
    for file in bid.snapshot["files"]:
        (folder / file["name"]).write_bytes(store.read_all(file["key"]))
    return folder


def test_handing_in_and_the_recommendation_each_give_a_receipt(w: World) -> None:
    bid = submitted_bid(w, published_list(w).challenges.get())
    kinds = list(bid.receipts.values_list("kind", "snapshot_sha256"))
    assert kinds == [("HANDED_IN", bid.snapshot_sha256), ("SUBMITTED", bid.snapshot_sha256)]
    entry = AuditEntry.objects.get(object_id=str(bid.pk), object_type="projects.bid", transition="hand_in")
    assert entry.payload["receipt"] == bid.receipts.first().number  # type: ignore[union-attr]


@pytest.mark.parametrize("sql", ["UPDATE projects_receipt SET received_at = now()", "DELETE FROM projects_receipt"])
def test_a_receipt_is_never_changed(w: World, sql: str) -> None:
    handed_in(w)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_receipt_is_checked_offline_down_to_the_anchor(w: World, tmp_path: Path) -> None:
    bid = handed_in(w)
    before = verified(written(tmp_path, document_of(bid.receipts.get())))
    assert before.returncode == 0, before.stdout + before.stderr
    assert "尚未锚定" in before.stdout
    person("后来的人")
    with on(date(2026, 4, 12)):
        perform(BidFlow, bid, "unit_endorse", by=w.teams[0].admin, matching_confirmed=True)
    anchor_head()
    document = document_of(bid.receipts.first())  # type: ignore[arg-type]
    assert document["links"]
    done = verified(written(tmp_path, document), folder_of(bid, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "锚点" in done.stdout
    assert verify(AuditEntry.objects.order_by("seq").iterator()) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("snapshot", "title"), "换了题目"), (("received_at",), "2026-04-21T08:59:59.000000+00:00"),
        (("entry", "at"), "2026-04-21T08:59:59.000000+00:00"), (("entry", "actor_name"), "别人"),
        (("entry", "prev_hash"), "0" * 64), (("snapshot_sha256",), "1" * 64), (("number",), "SD-R00001-9"),
        (("entry", "recorded_at"), "2026-01-01T00:00:00.000000+00:00"),
    ],
)  # fmt: skip
def test_whatever_is_altered_in_a_receipt_is_found(w: World, tmp_path: Path, path: Any, value: str) -> None:
    document = document_of(handed_in(w).receipts.get())
    place = document
    for name in path[:-1]:
        place = place[name]
    assert place[path[-1]] != value
    place[path[-1]] = value
    done = verified(written(tmp_path, document))
    assert done.returncode == 1, done.stdout
    assert "核验不通过" in done.stdout


def test_an_altered_a_missing_and_a_strange_file_are_each_named(w: World, tmp_path: Path) -> None:
    bid = handed_in(w)
    receipt, folder = written(tmp_path, document_of(bid.receipts.get())), folder_of(bid, tmp_path)
    first = folder / bid.snapshot["files"][0]["name"]
    content = first.read_bytes()
    first.write_bytes(content + b" ")
    done = verified(receipt, folder)
    assert (done.returncode, first.name in done.stdout) == (1, True)
    first.unlink()
    assert verified(receipt, folder).returncode == 1
    first.write_bytes(content)
    assert verified(receipt, folder).returncode == 0
    (folder / "别的.pdf").write_bytes(b"%PDF")
    assert "“别的.pdf”" in verified(receipt, folder).stdout


def test_what_is_not_a_receipt_is_said_in_one_line(tmp_path: Path) -> None:
    done = verified(written(tmp_path, {"format": "something else"}))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_the_same_submit_twice_is_one_submit(w: World) -> None:
    bid, key = draft(w), str(uuid4())
    with on(date(2026, 4, 11)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
        entries = AuditEntry.objects.count()
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
    assert bid.state == Bid.State.UNIT_REVIEW
    assert (AuditEntry.objects.count(), bid.receipts.count()) == (entries, 1)


def test_a_lost_answer_is_asked_for_again_after_the_close(w: World) -> None:
    """The first request was in time; the same one again does not become late."""
    bid, key = draft(w), str(uuid4())
    with on(date(2026, 4, 11)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
    with on(BID_CLOSE, 18):
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
    assert bid.receipts.count() == 1


def test_a_key_serves_one_request_only(w: World) -> None:
    bid, key = draft(w), str(uuid4())
    with on(date(2026, 4, 11)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
        with pytest.raises(Refused) as refusal:
            perform(BidFlow, bid, "withdraw", by=bid.pi, request_key=key, reason="合作单位人员调整，暂不具备条件")
    assert refusal.value.code == "key_reused"


def test_a_refused_request_does_not_use_up_its_key(w: World) -> None:
    bid, key = draft(w), str(uuid4())
    with on(date(2026, 4, 11)):
        with pytest.raises(Refused):
            perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key)
        assert not PerformedRequest.objects.exists()
        perform(BidFlow, bid, "hand_in", by=bid.pi, request_key=key, pledge=True)
    assert bid.receipts.count() == 1


def test_a_request_received_in_time_is_in_time_even_if_processed_later(w: World) -> None:
    bid = draft(w)
    close = datetime.combine(BID_CLOSE, time(17), SHANGHAI)
    with pytest.raises(Refused), travel(close):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    with receiving(close - timedelta(microseconds=1)), receiving(close + timedelta(seconds=40)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    assert bid.receipts.get().received_at == close - timedelta(microseconds=1)


def test_the_form_carries_a_key_and_keeps_it_through_a_refusal(w: World) -> None:
    bid, client = draft(w), Client()
    client.force_login(bid.pi)
    url, key = f"/act/bid/{bid.pk}/hand_in/", str(uuid4())
    with on(date(2026, 4, 11)):
        assert 'name="request_key"' in client.get(url).text
        assert f'value="{key}"' in client.post(url, {"request_key": key}).text
        for _n in range(2):
            answer = client.post(url, {"request_key": key, "pledge": "on"})
            assert answer.status_code == 302
    assert bid.receipts.count() == 1


def test_pages_and_papers_of_a_receipt_are_for_those_who_see_the_bid(w: World) -> None:
    bid = handed_in(w)
    receipt = bid.receipts.get()
    for user, status in [(bid.pi, 200), (w.teams[0].admin, 200), (w.rec_user, 404), (team(w).pi, 404)]:
        client = Client()
        client.force_login(user)
        for path in ("", "receipt.json", "receipt.pdf"):
            assert client.get(receipt.get_absolute_url() + path).status_code == status
    client = Client()
    client.force_login(bid.pi)
    page = client.get(receipt.get_absolute_url()).text
    assert receipt.snapshot_sha256 in page
    assert "这还不是申报成功" in page
    paper = client.get(receipt.get_absolute_url() + "receipt.pdf").content
    assert paper.startswith(b"%PDF")
    assert sha256(client.get(receipt.get_absolute_url() + "receipt.json").content).hexdigest()
    assert Receipt.objects.count() == 1
