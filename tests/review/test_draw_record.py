"""抽取记录, from the platform to a stranger: committed before it is drawn, replayed after, naming nobody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from review.draw import ReplayMismatch, replay
from review.models import DrawRecord
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN, REASON, SCORED, Review
from workflows.anchors import anchor_head
from workflows.assignment import AssignmentFlow
from workflows.canonical import canonical_json, sha256_of
from workflows.draw_checks import check
from workflows.draw_document import as_json, document_of
from workflows.draw_shape import read
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.panel_draw import public_entropy
from workflows.review_round import ReviewRoundFlow

SCRIPT = Path(configured.BASE_DIR) / "scripts" / "replay-draw"


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.planned(f.under_review(f.closed(2)))


@pytest.fixture
def r(base: Review, db: None, settings: Any) -> Review:
    settings.S3_AUDIT_BUCKET = f"draws-{uuid4().hex}"  # anchors cannot be taken back, the chain of a test is
    return base


def drawn(r: Review, called_out: str = "") -> DrawRecord:
    with on(DRAWN):
        perform(ReviewRoundFlow, r.round, "begin_draw", by=r.w.officer, witness=r.w.supervisor.pk)
        perform(ReviewRoundFlow, r.round, "draw", by=r.w.supervisor, called_out=called_out)
    return r.round.draws.get()


def with_a_redraw(r: Review, reason: str = "出国") -> DrawRecord:
    with on(DRAWN, 11):
        gone = r.technical
        perform(AssignmentFlow, gone, "decline", by=gone.expert.user, decline_reason=reason)
    return r.round.draws.latest("pk")


def ended(r: Review) -> None:
    with on(SCORED):
        perform(ReviewRoundFlow, r.round, "abort", by=r.w.officer, reason=REASON)


def get(user: User, draw: DrawRecord, name: str = "draw_record") -> Any:
    client = Client()
    client.force_login(user)
    with on(SCORED, 18):
        return client.get(reverse(name, args=[draw.pk]))


def replayed_by_a_stranger(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, env={"PYTHONIOENCODING": "utf-8"}, check=False)


# --- order --------------------------------------------------------------------------------------


def test_the_commitment_stands_in_the_chain_before_the_draw_and_binds_seed_and_candidates(r):
    draw = drawn(r)
    entries = AuditEntry.objects.filter(object_type="review.reviewround", object_id=str(r.round.pk))
    committed, made_ = entries.get(transition="begin_draw"), entries.get(transition="draw")
    assert committed.seq < made_.seq
    for name in ("seed_commitment", "candidate_digest", "filters"):
        assert committed.payload[name] == draw.record[name]
    assert "draw_digest" not in committed.payload


def test_another_digest_of_a_single_sealed_bid_would_have_given_another_draw(r):
    draw = drawn(r)
    digests = sorted(bid.snapshot_sha256 for bid in r.bids)
    assert draw.record["public_entropy"] == sha256_of(digests) == public_entropy(r.round)
    other = {**draw.public_record(), "public_entropy": sha256_of(sorted(["f" * 64, *digests[1:]]))}
    with pytest.raises(ReplayMismatch, match="lots_digest"):
        replay(other, bytes.fromhex(draw.seed_hex))


def test_what_the_witness_calls_out_is_mixed_in_and_on_record(r):
    draw = drawn(r, called_out="七月三日，晴")
    assert draw.record["public_entropy"] == f"{public_entropy(r.round)}|七月三日，晴"
    entry = AuditEntry.objects.get(object_type="review.reviewround", object_id=str(r.round.pk), transition="draw")
    assert entry.payload["called_out"] == "七月三日，晴"
    ended(r)
    check(json.loads(as_json(DrawRecord.objects.get(pk=draw.pk))))


def test_a_redraw_is_an_entry_of_the_round_made_by_nobody_and_moves_one_seat(r):
    first = drawn(r)
    before = {seat.expert_id for seat in r.seats()}
    gone = r.technical.expert_id
    last = with_a_redraw(r)
    assert len({seat.expert_id for seat in r.seats()} - before) == 1
    assert before - {seat.expert_id for seat in r.seats()} == {gone}
    entry = AuditEntry.objects.get(object_type="review.reviewround", transition="redraw", object_id=str(r.round.pk))
    assert (entry.actor_id, entry.role) == (None, "SYSTEM")
    assert entry.payload["redraw"] == last.record["redraws"][0]
    assert last.record["seats"] == first.record["seats"], "the record keeps the original draw"


# --- the document -------------------------------------------------------------------------------


def test_a_stranger_replays_draw_and_redraw_from_the_download_down_to_the_anchor(r, tmp_path):
    drawn(r, called_out="703")
    draw = with_a_redraw(r)
    ended(r)
    anchor_head()
    answer = get(r.w.supervisor, draw)
    path = tmp_path / "record.json"
    path.write_bytes(answer.content)
    done = replayed_by_a_stranger(path)
    assert done.returncode == 0, done.stderr
    assert "递补 1：" in done.stdout
    assert done.stdout.count("的锚点") == 3
    assert answer.headers["Content-Disposition"].startswith("attachment")
    document = json.loads(answer.content)
    assert canonical_json(document).encode() == answer.content
    forged = {**document, "record": {**document["record"], "unit_cap": 2}}
    path.write_text(json.dumps(forged), encoding="utf-8")
    assert replayed_by_a_stranger(path).returncode == 1


def test_the_seed_is_in_the_document_only_once_the_round_is_over(r):
    draw = drawn(r)
    sealed = get(r.w.supervisor, draw).content.decode()
    assert draw.seed_hex not in sealed
    assert json.loads(sealed)["seed"] is None
    ended(r)
    opened = json.loads(get(r.w.supervisor, draw).content)
    assert opened["seed"] == draw.seed_hex
    assert opened["revealed_at"].startswith(f"{SCORED}")


def test_the_document_is_for_those_who_see_the_draw(r):
    draw = drawn(r)
    for user, status in [(r.w.supervisor, 200), (r.secretary, 200), (r.w.officer, 200), (r.w.lead, 200)]:
        assert get(user, draw).status_code == status
    for user in (r.bids[0].pi, r.seats()[0].expert.user, made.world().supervisor):
        assert get(user, draw).status_code == 404
    assert Client().get(reverse("draw_record", args=[draw.pk])).status_code == 302


def numbers(value: Any) -> set[str]:
    """Every run of digits that stands for itself in a document: what a key of the database would look like."""
    return set(re.findall(r"(?<![0-9a-f])\d+(?![0-9a-f])", canonical_json(value)))


def test_the_document_names_no_expert_no_unit_and_none_of_their_keys_whoever_asks(r):
    drawn(r)
    draw = with_a_redraw(r, reason="与申请单位有合作")
    ended(r)
    pool = list(r.w.agency.experts.select_related("user", "organisation"))
    for user in (r.w.officer, r.w.lead, r.secretary, r.w.supervisor):
        text = get(user, draw).content.decode()
        assert not any(e.user.name in text or e.organisation.name in text for e in pool)
        assert "与申请单位有合作" not in text
    record = json.loads(text)["record"]
    ids = {part for row in record["candidates"] for part in (row[0], row[2])}
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in ids)
    assert DrawRecord.EXPERTS not in record
    assert not {str(e.pk) for e in pool} & numbers(record["candidates"])


def test_the_same_expert_has_another_code_in_every_draw(r):
    first = drawn(r)
    ended(r)
    again = f.drawn(_second_round(r)).round.draws.get()
    assert set(first.experts().values()) == set(again.experts().values())
    assert not set(first.experts()) & set(again.experts())


def _second_round(r: Review) -> Review:
    from review.models import ReviewRound
    from workflows.engine import start

    with on(DRAWN):
        row = ReviewRound(challenge=r.challenge, no=2, criteria=[], secretary=r.secretary)
        start(ReviewRoundFlow, row, by=r.w.officer)
    return r


def test_a_site_secret_that_changed_after_the_draw_leaves_record_and_redraw_as_they_are(r, settings):
    drawn(r)
    settings.SECRET_KEY = "another secret of this site"
    draw = with_a_redraw(r)
    ended(r)
    check(document_of(DrawRecord.objects.get(pk=draw.pk)))


def test_a_record_from_before_the_codes_still_replays_and_is_not_handed_out(r):
    draw = drawn(r)
    seed, old = bytes.fromhex(draw.seed_hex), draw.public_record()
    assert replay(old, seed).record == old
    older = DrawRecord.objects.create(
        round=draw.round, seed_commitment=draw.seed_commitment, seed_hex=draw.seed_hex, witness=draw.witness,
        record=_with_keys(draw),
    )  # fmt: skip
    assert older.experts() == {str(pk): pk for pk in draw.experts().values()}
    assert get(r.w.supervisor, older).status_code == 404
    page = get(r.w.officer, older, "draw").content.decode()
    assert "早于匿名编号启用" in page
    assert not re.search(r'class="code">\d+<', page)


def _with_keys(draw: DrawRecord) -> dict[str, Any]:
    keys = {name: str(pk) for name, pk in draw.experts().items()}
    text = canonical_json(draw.public_record())
    return json.loads(re.sub("[0-9a-f]{16}(?![0-9a-f])", lambda m: keys.get(m[0], m[0]), text))


# --- the page -----------------------------------------------------------------------------------


def test_the_page_tells_the_draw_from_the_commitment_to_the_seed(r):
    f.expert(r.w, max_panels_per_year=0)
    f.expert(r.w, is_active=False)
    drawn(r, called_out="703")
    draw = with_a_redraw(r)
    page = get(r.w.supervisor, draw, "draw").content.decode()
    story = page[page.index('<ol class="jb-story">') : page.index("<aside")]
    heads = re.findall(r"<h2>(.*?)</h2>", story)
    assert heads == ["承诺", "抽取", "递补 1", "公开种子"]
    assert "年度上限 <b>−1</b>" in page
    assert "不在库 <b>−1</b>" in page
    assert "现场报出的“703”" in page
    assert "评审结束后公开" in page
    assert "replay-draw record.json" in page
    assert reverse("draw_record", args=[draw.pk]) in page
    assert draw.seed_hex not in page
    ended(r)
    assert draw.seed_hex in get(r.w.supervisor, draw, "draw").content.decode()


def test_names_stand_beside_the_codes_for_secretary_and_supervisor_and_for_nobody_else(r):
    draw = drawn(r)
    names = {seat.expert.user.name for seat in r.seats()}
    another = made.person("别的秘书", Role.SEC, agency=r.w.agency)
    for user in (r.w.supervisor, r.secretary):
        page = get(user, draw, "draw").content.decode()
        assert all(name in page for name in names)
    for user in (r.w.officer, r.w.lead, another):
        page = get(user, draw, "draw").content.decode()
        assert not any(name in page for name in names)
        assert draw.record["seats"][0] in page


def test_the_page_of_an_earlier_record_leads_to_the_newest(r):
    first = drawn(r)
    last = with_a_redraw(r)
    assert reverse("draw", args=[last.pk]) in get(r.w.supervisor, first, "draw").content.decode()
    assert "此后又有递补" not in get(r.w.supervisor, last, "draw").content.decode()


def test_the_page_costs_the_same_however_many_were_in_the_draw(r):
    for _ in range(12):
        f.expert(r.w)
    draw = drawn(r)
    client = Client()
    client.force_login(r.w.supervisor)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(reverse("draw", args=[draw.pk])).status_code == 200
    assert len(seen) <= 10, "\n".join(q["sql"][:120] for q in seen)


def test_what_is_downloaded_is_read_back_as_it_was_written(r):
    text = as_json(drawn(r))
    assert canonical_json(read(text)) == text
