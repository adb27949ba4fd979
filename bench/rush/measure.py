"""The rush and its figures, and the same rush on a bare INSERT to hold them against."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Count, F, Min
from minio.deleteobjects import DeleteObject

from attachments import store
from bench.figures import figure, share
from bench.rush import servers
from bench.rush.arrivals import in_time, too_late
from bench.rush.bare import TABLE
from bench.rush.bids import Draft, prepare
from bench.rush.open_loop import Shot, fire, post
from demo.cast import Cast
from projects.models import Bid, ChallengeList, Receipt
from workflows.audit import verify
from workflows.models import AuditEntry, OutboxMessage, PerformedRequest
from workflows.reminders import send_reminders

SEED = 2026
LATE_SHARE = 60  # one late request for so many in time
TWICE_SHARE = 50  # one of so many is sent twice, by somebody who did not wait for the answer
TWICE_AFTER = 0.3  # seconds
DESCRIPTORS = 16384


def rush(cast: Cast, bids: int, seconds: float) -> None:
    """Print the figures of `bids` submits in the last `seconds` before a close, and of as many INSERTs."""
    raise_descriptor_limit()
    late = max(1, bids // LATE_SHARE)
    # Reminders of the last two hours are sent before: that takes a moment.
    close_at = datetime.now(UTC) + timedelta(hours=9)
    drafts = prepare(cast, bids + late, close_at, SEED)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            servers.web(os.environ) as port,
            servers.worker(os.environ, Path(folder)),
        ):
            close = _set_close(seconds + 15 + bids / 400)
            shots = _shots(drafts, port, close, bids, seconds)
            fire(shots, port, "submits")
        _report(shots, drafts, close)
        submit = [shot.milliseconds for shot in shots if shot.due < close and shot.status == 200]
        with servers.web(os.environ, "bench.rush.bare") as port:
            bare = _bare(port, bids, seconds)
        _compare(submit, bare)
    finally:
        _empty_bucket()


def raise_descriptor_limit() -> None:
    """Thousands of people have a connection each; the servers inherit the limit."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _set_close(seconds: float) -> float:
    """Let the list close so many seconds from now, with all reminders sent as they would be by then."""
    close = round(time.time() + seconds, 1)
    ChallengeList.objects.filter(number="RUSH-01").update(bid_close_at=datetime.fromtimestamp(close, UTC))
    send_reminders()
    OutboxMessage.objects.filter(delivered_at=None).update(delivered_at=F("created_at"))
    return close


def _shots(drafts: list[Draft], port: int, close: float, bids: int, seconds: float) -> list[Shot]:
    """In the order of `drafts`: those in time, the late ones, then the second tries."""
    dues = [*in_time(bids, seconds, SEED), *too_late(len(drafts) - bids, SEED)]
    shots = [
        Shot(close + due, post(
            port, f"/api/v1/bids/{draft.uuid}/transitions/hand_in/", b'{"pledge": true}',
            Authorization=f"Token {draft.token}", Idempotency_Key=str(uuid.uuid4()),
        ))
        for draft, due in zip(drafts, dues, strict=True)
    ]  # fmt: skip
    return shots + [Shot(shot.due + TWICE_AFTER, shot.request) for shot in shots[:bids:TWICE_SHARE]]


def _report(shots: list[Shot], drafts: list[Draft], close: float) -> None:
    first = shots[: len(drafts)]
    given = _receipts()
    in_hand = [draft.pk in given for draft in drafts]
    timely = [n for n, shot in enumerate(first) if 0 < shot.sent < close]
    answers = Counter(_answer(first[n]) for n in timely)
    lost = [n for n in timely if _answer(first[n]) == "none" and not in_hand[n]]
    promised_nothing = [n for n in timely if _answer(first[n]) == "accepted" and not in_hand[n]]
    last = max(shot.answered for shot in shots)
    figure("rush: accepted", answers["accepted"], "bids", sent_in_time=len(timely),
           refused=answers["refused"], unanswered=answers["none"], lost=len(lost) + len(promised_nothing),
           codes=dict(Counter(str(first[n].problem().get("detail"))[:60] for n in timely if first[n].status >= 400)))  # fmt: skip
    late = [n for n, shot in enumerate(first) if shot.sent >= close]
    late_answers = Counter(_answer(first[n]) for n in late)
    figure("rush: late", len(late), "bids", refused=late_answers["refused"], accepted=late_answers["accepted"])
    figure("rush: receipts", sum(count for count, _ in given.values()), "receipts",
           bids=len(given), twice=sum(count > 1 for count, _ in given.values()), sent_twice=len(shots) - len(first),
           requests_performed=PerformedRequest.objects.count(),
           without_snapshot=Bid.objects.exclude(state="DRAFT").filter(pk__in=list(given), snapshot_sha256="").count())  # fmt: skip
    lag = [(given[drafts[n].pk][1].timestamp() - first[n].sent) * 1000 for n in timely if in_hand[n]]
    figure("rush: receipt's instant after sending", share(lag, 0.99), "ms p99", maximum=round(max(lag), 2))
    figure("rush: last answer after the close", last - close, "s",
           generator_lag_ms_p99=round(share([(s.sent - s.due) * 1000 for s in shots if s.sent], 0.99), 2))  # fmt: skip
    entries = AuditEntry.objects.order_by("seq")
    fault = verify(entries.iterator(chunk_size=2000))
    figure("rush: verify_audit", entries.count(), "entries", fault=fault and fault.sentence)


def _receipts() -> dict[int, tuple[int, datetime]]:
    """Bid → how many receipts it has, and the instant on the first."""
    found = Receipt.objects.filter(bid__challenge__challenge_list__number="RUSH-01").order_by()
    rows = found.values_list("bid").annotate(receipts=Count("pk"), at=Min("received_at"))
    return {bid: (count, at) for bid, count, at in rows}


def _answer(shot: Shot) -> str:
    if shot.status == 200:
        return "accepted"
    # A refusal says why; anything else leaves people in the dark.
    return "refused" if 400 <= shot.status < 500 and shot.problem().get("detail") else "none"


def _bare(port: int, count: int, seconds: float) -> list[float]:
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    end = time.time() + seconds + 3
    shots = [Shot(end + due, post(port, "/", b"one row")) for due in in_time(count, seconds, SEED)]
    fire(shots, port, "bare INSERT")
    return [shot.milliseconds for shot in shots if shot.status == 200]


def _compare(submit: list[float], bare: list[float]) -> None:
    ratios = {f"ratio_p{p}": round(share(submit, p / 100) / share(bare, p / 100), 1) for p in (50, 95, 99)}
    for name, found, more in (("rush: submit", submit, ratios), ("rush: bare INSERT", bare, {})):
        percentiles = {f"p{p}": round(share(found, p / 100), 1) for p in (50, 99)}
        figure(name, share(found, 0.95), "ms p95", **percentiles, **more, answered=len(found))


def _empty_bucket() -> None:
    client, bucket = store.client(), os.environ["S3_BUCKET"]
    names = (DeleteObject(found.object_name or "") for found in client.list_objects(bucket, recursive=True))
    for _ in client.remove_objects(bucket, names):
        pass
    client.remove_bucket(bucket)
