"""The figures, one JSON line each, in the scratch database: `python -m bench.run WHAT` (`bench.parts`), `… write SECONDS NO` as a writer."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from bench.bulk import LIST, load_bids
from bench.conflicts import conflicts
from bench.figures import figure
from bench.parts import ALGORITHMS, CHOICES, measure_algorithm
from bench.reviews import load_reviews
from bench.rush.measure import rush
from demo.cast import Cast, hire
from projects.models import ChallengeList
from workflows.audit import verify
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.models import AuditEntry

SECONDS = 10
BIDS = 10_000
RUSH_BIDS, RUSH_SECONDS = 6000, 60.0
REASON = "性能测试中按程序取消，无实际影响"


def write(seconds: float, number: int) -> int:
    """Transitions of one writer: create, start collecting, cancel. Chain, outbox and flush included."""
    from accounts.models import Agency, User

    agency = Agency.objects.get(code="sd")
    officer, lead = User.objects.get(username="sd-officer"), User.objects.get(username="sd-lead")
    division, rule_set = agency.divisions.get(), agency.rule_sets.get(mode="OPEN_CHALLENGE")
    done, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        row = ChallengeList(
            agency=agency, division=division, rule_set=rule_set, number=f"W{number}-{done}", title="测量", year=2026
        )
        start(ChallengeListFlow, row, by=officer)
        perform(ChallengeListFlow, row, "open_collection", by=officer)
        perform(ChallengeListFlow, row, "cancel", by=lead, reason=REASON)
        done += 3
    return done


def transitions(writers: int) -> None:
    command = [sys.executable, "-m", "bench.run", "write", str(SECONDS)]
    running = [
        subprocess.Popen([*command, f"{writers}{n}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        for n in range(writers)
    ]
    # Nobody is measured while another is still starting: each says when it is warm, and all begin together.
    for process in running:
        process.stdout.readline()  # type: ignore[union-attr]
    for process in running:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    done = sum(int(process.communicate()[0]) for process in running)
    figure("transitions per second", done / SECONDS, "1/s", writers=writers)


def chain() -> None:
    count, began = AuditEntry.objects.count(), time.monotonic()
    fault = verify(AuditEntry.objects.order_by("seq").iterator(chunk_size=2000))
    figure(
        "verify_audit", count / (time.monotonic() - began), "entries/s", entries=count, fault=fault and fault.sentence
    )


def page(name: str, path: str, username: str | None, **more: object) -> None:
    from accounts.models import User

    client = Client()
    if username:
        client.force_login(User.objects.get(username=username))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200  # also warms the caches
    asked = len(queries)  # later requests reset the log
    times = sorted(_timed(lambda: client.get(path)) for _ in range(40))
    figure(
        name,
        times[37] * 1000,
        "ms p95",
        median=round(statistics.median(times) * 1000, 2),
        queries=asked,
        bids=BIDS,
        **more,
    )


def reviews(cast: Cast) -> None:
    """The overview of reviews with ten thousand bids and fifty thousand sheets, as it opens and as it is sorted."""
    sheets = load_reviews(cast)
    with override_settings(ALLOWED_HOSTS=["testserver"], WHITENOISE_AUTOREFRESH=True):
        for name, query in (("first page", ""), ("widest spread first", "?sort=-spread"), ("page 150", "?page=150")):
            page(f"overview of reviews, {name}", f"/review-overview/{query}", "sd-secretary", reviews=sheets)
        analysis(sheets)


def analysis(sheets: int) -> None:
    """The analysis of the whole list: with nothing known yet, with another what-if, and the draws that are asked for."""
    from accounts.models import User

    client, path = Client(), f"/lists/{LIST}/analysis/"
    client.force_login(User.objects.get(username="sd-officer"))
    queries = ("", "?rule=mean", "?rule=median&quota=3", "confidence/")
    seconds = [_timed(partial(client.get, path + query)) for query in queries]
    names = ("first", "what-if", "another what-if", "draws and weightings, 200 each")
    for name, spent in zip(names, seconds, strict=True):
        figure(f"analysis of a list, {name}", spent, "s", bids=BIDS, reviews=sheets)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def certificates() -> None:
    from datetime import date

    from projects.documents.certificate import render_certificates
    from projects.documents.content import CertificateContent

    batch = [
        CertificateContent(
            kind="AWARD",
            number=f"岱科立〔2026〕{n:04d}号",
            holder="泰岳智算（示例）科技有限公司",
            project_number=f"P{n}",
            project_title="面向政务大模型的国产智算集群混合训练调度",
            pi="王建国",
            issuer="岱海省科学技术厅（示例）",
            issued_on=date(2026, 6, 10),
            token=f"token-{n:016d}",
        )
        for n in range(100)
    ]
    seconds = _timed(lambda: render_certificates(batch))
    figure("certificates", len(batch) / seconds, "1/s", batch=len(batch))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=CHOICES)
    parser.add_argument("--bids", type=int, default=RUSH_BIDS)
    parser.add_argument("--seconds", type=float, default=RUSH_SECONDS)
    options = parser.parse_args()
    for name in ALGORITHMS:
        if options.what in ("all", name):
            measure_algorithm(name)
    if options.what in ALGORITHMS:
        return
    call_command("migrate", verbosity=0)
    cast = hire()
    if options.what in ("all", "conflicts"):
        conflicts(cast)
    if options.what == "conflicts":
        return
    if options.what == "all":
        engine()
    if options.what in ("all", "pages"):
        pages(cast)
    if options.what in ("all", "rush"):
        rush(cast, options.bids, options.seconds)


def engine() -> None:
    for writers in (1, 8):
        transitions(writers)
    chain()
    certificates()


def pages(cast: Cast) -> None:
    """First pages of the long tables, with 10,000 bids and 50,000 reviews."""
    load_bids(cast, BIDS)
    with override_settings(ALLOWED_HOSTS=["testserver"], WHITENOISE_AUTOREFRESH=True):
        page("officer's bid list, first page", "/bids/", "sd-officer")
        page("public list of challenges, first page", "/challenges/", None)
    reviews(cast)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(0.5, int(f"9{sys.argv[3]}"))
        print("warm", flush=True)
        sys.stdin.readline()
        print(write(float(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
