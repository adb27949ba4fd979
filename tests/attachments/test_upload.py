"""Promise, PUT, proof: what becomes STORED is exactly what was promised, and nothing else stays behind."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from attachments import store
from attachments.models import Attachment
from attachments.queries import stored_slots
from attachments.refused import FileRefused
from attachments.upload import (
    FILES_PER_HOLDER,
    begin_upload,
    clean_name,
    complete_upload,
    remove_file,
    remove_orphans,
    store_file,
)
from tests.attachments.files import FILLING_IN, Draft, archive, pdf, send, sha256
from tests.delivery_factories import REC_CLOSE, on, submitted_bid
from workflows.bid import BidFlow
from workflows.engine import perform


def begin(draft: Draft, data: bytes, name: str = "申报书.pdf", **changes: Any) -> Any:
    promised = {"slot": "PROPOSAL", "size": len(data), "sha256": sha256(data), **changes}
    with on(FILLING_IN):
        return begin_upload(draft.team.pi, draft.bid, file_name=name, **promised)


def complete(draft: Draft, attachment: Attachment) -> Attachment:
    with on(FILLING_IN):
        return complete_upload(draft.team.pi, attachment)


def keys_in_store() -> set[str]:
    from django.conf import settings

    return {str(o.object_name) for o in store.client().list_objects(settings.S3_BUCKET, recursive=True)}


def test_a_file_is_stored_when_the_bytes_are_what_was_promised(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    assert stored_slots(draft.bid) == set()
    status, _headers, _body = send("PUT", ticket.upload_url, data)
    assert status == 200
    file = complete(draft, ticket.attachment)
    assert (file.status, file.size, file.sha256) == ("STORED", len(data), sha256(data))
    assert store.read_all(file.object_key) == data
    assert stored_slots(draft.bid) == {"PROPOSAL"}


def test_completing_twice_is_completing_once(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    send("PUT", ticket.upload_url, data)
    first = complete(draft, ticket.attachment)
    again = complete(draft, Attachment.objects.get(pk=first.pk))
    assert again.object_key == first.object_key
    assert store.read_all(first.object_key) == data


def test_the_address_cannot_change_a_file_that_was_proven(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    send("PUT", ticket.upload_url, data)
    file = complete(draft, ticket.attachment)
    assert send("PUT", ticket.upload_url, b"%PDF-another")[0] == 200
    assert store.read_all(file.object_key) == data


def test_completing_before_the_bytes_arrived_keeps_the_upload_open(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    with pytest.raises(FileRefused, match="还没有传到文件存储"):
        complete(draft, ticket.attachment)
    send("PUT", ticket.upload_url, data)
    assert complete(draft, ticket.attachment).status == "STORED"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (pdf() + b"more", "没有传完整"),
        (pdf()[:-1], "没有传完整"),
        (pdf().replace(b"%PDF-1.3", b"%PDF-1.4"), "在上传途中有改动"),
    ],
)
def test_other_bytes_than_promised_leave_nothing_behind(draft: Draft, sent: bytes, sentence: str) -> None:
    ticket = begin(draft, pdf())
    before = keys_in_store()
    send("PUT", ticket.upload_url, sent)
    with pytest.raises(FileRefused, match=sentence):
        complete(draft, ticket.attachment)
    assert not Attachment.objects.filter(pk=ticket.attachment.pk).exists()
    assert keys_in_store() == before


def test_a_page_that_calls_itself_pdf_is_deleted_with_a_sentence(draft: Draft) -> None:
    page = b"<!doctype html><script>alert(document.cookie)</script>"
    ticket = begin(draft, page, "说明.pdf")
    send("PUT", ticket.upload_url, page)
    with pytest.raises(FileRefused, match=r"“说明\.pdf”：文件内容不是 PDF 格式，请用原软件重新导出后上传"):
        complete(draft, ticket.attachment)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "木马.exe"}, "请转换为以下格式之一"),
        ({"name": "页面.html"}, "请转换为以下格式之一"),
        ({"size": 0}, "空文件"),
        ({"size": 200 * 1024 * 1024 + 1}, "超过 200 MB，请压缩或拆分"),
        ({"sha256": "短"}, "SHA-256"),
        ({"slot": "OBJECTION"}, "材料类别"),
        ({"slot": ""}, "材料类别"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_at_once(draft: Draft, changes: dict, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        begin(draft, pdf(), **changes)
    assert not Attachment.objects.exists()


def test_a_holder_takes_a_bounded_number_of_files(draft: Draft) -> None:
    for _ in range(FILES_PER_HOLDER):
        begin(draft, pdf())
    with pytest.raises(FileRefused, match="材料不得超过 50 个"):
        begin(draft, pdf())


@pytest.mark.django_db
def test_only_who_fills_in_the_bid_adds_files_and_only_while_it_is_open(draft: Draft) -> None:
    w, t = draft.world, draft.team
    stranger = submitted_bid(w, draft.bid.challenge).pi
    for person in (stranger, w.officer, w.lead, w.rec_user, w.dem_user):
        with on(FILLING_IN), pytest.raises(FileRefused, match="现在不能增删材料"):
            store_file(draft.bid, "PROPOSAL", "a.pdf", pdf(), person)
    with on(FILLING_IN):
        assert store_file(draft.bid, "AGREEMENT", "协议.docx", archive("word/document.xml"), t.admin).pk
    with on(REC_CLOSE), pytest.raises(FileRefused, match="现在不能增删材料"):
        store_file(draft.bid, "PROPOSAL", "a.pdf", pdf(), t.pi)


def test_an_upload_that_is_completed_after_the_bid_was_handed_in_does_not_get_in(draft: Draft) -> None:
    bid = submitted_bid(draft.world, draft.bid.challenge)
    data, key = pdf(), "0" * 8
    file = Attachment.objects.create(
        holder=bid, slot="OTHER", file_name="迟到.pdf", content_type="application/pdf", size=len(data),
        sha256=sha256(data), object_key=f"incoming/{key}", uploaded_by=bid.pi,
    )  # fmt: skip
    with on(FILLING_IN), pytest.raises(FileRefused, match="现在不能增删材料"):
        complete_upload(bid.pi, file)
    assert "OTHER" not in stored_slots(bid)


def test_a_reader_cannot_destroy_an_upload_by_completing_it(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    send("PUT", ticket.upload_url, data)
    with on(FILLING_IN), pytest.raises(FileRefused):
        complete_upload(draft.world.officer, ticket.attachment)
    assert complete(draft, ticket.attachment).status == "STORED"


def test_bytes_at_hand_and_files_on_disk_are_stored_by_the_same_rules(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "承诺书.pdf"
    path.write_bytes(pdf(3))
    with on(FILLING_IN):
        from_path = store_file(draft.bid, "PLEDGE", path.name, path, draft.team.pi)
        from_bytes = store_file(draft.bid, "PROPOSAL", "申报书.pdf", pdf(3), draft.team.pi)
        with pytest.raises(FileRefused, match="不是 PDF 格式"):
            store_file(draft.bid, "PROPOSAL", "申报书.pdf", b"not a pdf", draft.team.pi)
    assert from_path.sha256 == from_bytes.sha256 == sha256(path.read_bytes())
    assert store.read_all(from_path.object_key) == path.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_a_removed_draft_file_is_gone_from_the_store(draft: Draft) -> None:
    with on(FILLING_IN):
        file = store_file(draft.bid, "PROPOSAL", "申报书.pdf", pdf(), draft.team.pi)
        remove_file(draft.team.pi, file)
    assert not Attachment.objects.exists()
    assert store.size_of(file.object_key) is None


def test_a_file_that_the_snapshot_names_is_taken_off_but_kept(draft: Draft) -> None:
    with on(FILLING_IN):
        file = store_file(draft.bid, "PROPOSAL", "申报书.pdf", pdf(), draft.team.pi)
    bid = draft.bid
    bid.snapshot = {"files": [{"key": file.object_key}]}
    bid.save(update_fields=["snapshot"])
    with on(FILLING_IN):
        remove_file(draft.team.pi, file)
    file.refresh_from_db()
    assert file.status == "REMOVED"
    assert stored_slots(bid) == set()
    assert store.read_all(file.object_key) == pdf()


def test_files_cannot_be_taken_out_after_the_close(draft: Draft) -> None:
    with on(FILLING_IN):
        file = store_file(draft.bid, "PROPOSAL", "申报书.pdf", pdf(), draft.team.pi)
    with on(REC_CLOSE), pytest.raises(FileRefused, match="现在不能增删材料"):
        remove_file(draft.team.pi, file)
    assert stored_slots(draft.bid) == {"PROPOSAL"}


def test_uploads_that_nobody_completed_are_swept_after_a_day(draft: Draft) -> None:
    data = pdf()
    ticket = begin(draft, data)
    send("PUT", ticket.upload_url, data)
    with on(FILLING_IN):
        kept = store_file(draft.bid, "PLEDGE", "承诺书.pdf", data, draft.team.pi)
    assert remove_orphans() == 0
    assert remove_orphans(timezone.now() + timedelta(days=1, minutes=1)) == 1
    assert remove_orphans(timezone.now() + timedelta(days=1, minutes=1)) == 0
    assert store.size_of(ticket.attachment.object_key) is None
    assert store.read_all(kept.object_key) == data


def test_a_store_that_is_down_is_said_in_words(draft: Draft, settings: Any) -> None:
    settings.S3_ENDPOINT = "http://127.0.0.1:9"
    with pytest.raises(FileRefused, match="文件存储暂时不可用") as refusal:
        begin(draft, pdf())
    assert refusal.value.status == 503


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        (r"C:\Users\张三\申报书.pdf", "申报书.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("报\u202e告fdp.exe.pdf", "报告fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_names_are_cleaned_of_folders_controls_and_direction_marks(given: str, clean: str) -> None:
    assert clean_name(given) == clean


@pytest.mark.django_db(transaction=True)
def test_handing_in_and_completing_at_once_agree_on_what_was_handed_in(draft: Draft) -> None:
    """Whatever the order, a STORED file of a bid that was handed in is named by its snapshot."""
    data = pdf()
    bid = complete_draft(draft)
    ticket = begin(draft, data, "补充.pdf", slot="OTHER")
    send("PUT", ticket.upload_url, data)
    ready, outcomes = threading.Barrier(2), []

    def run(action: Any) -> None:
        ready.wait()
        try:
            action()
        except FileRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    def hand_in() -> None:
        with on(FILLING_IN):
            perform(BidFlow, bid.pk, "hand_in", by=draft.team.pi, pledge=True)

    threads = [
        threading.Thread(target=run, args=(action,)) for action in (hand_in, lambda: complete(draft, ticket.attachment))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bid.refresh_from_db()
    named = {row["slot"] for row in bid.snapshot["files"]}
    assert stored_slots(bid) == named
    assert ("OTHER" in named) == (outcomes == [])


def complete_draft(draft: Draft) -> Any:
    """A draft with everything that handing in asks for."""
    from projects.models import IndicatorResponse

    bid = draft.bid
    bid.recommender, bid.summary, bid.route, bid.team = draft.world.recommender, "摘要", "路线", "团队"
    bid.requested_yuan = 1_000_000
    bid.save()
    for indicator in bid.challenge.indicators.all():
        IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=indicator.target)
    with on(FILLING_IN):
        for slot in ("PROPOSAL", "PLEDGE"):
            store_file(bid, slot, f"{slot}.pdf", pdf(), draft.team.pi)
    return bid
