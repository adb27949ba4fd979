"""The conflict matrix of 2,000 bids and 500 experts, loading included. Facts of every kind are planted first."""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import IntegrityRecord, Organisation, UnitAlias, UnitLink, User
from accounts.uscc import generate_uscc
from bench.figures import figure
from demo.cast import Cast
from projects.models import Bid, BidAvoidance, BidEditor, BidPartner, Challenge, ChallengeList
from review.conflicts import Finding, find_conflicts
from review.models import Expert, ExpertTie

UNITS, CHALLENGES = 1501, 100
ON = date(2026, 5, 11)


def conflicts(cast: Cast, bids: int = 2000, experts: int = 500) -> None:
    pool, wanted = _load(cast, bids, experts)
    with CaptureQueriesContext(connection) as queries:
        found = _found(pool, wanted)
    asked = len(queries)
    burnt = time.process_time()
    times = sorted(_timed(pool, wanted) for _ in range(7))
    burnt = time.process_time() - burnt
    figure(
        "conflict matrix", times[3], "s median", worst=round(times[-1], 2), cpu=round(burnt / 7, 2), bids=bids, experts=experts,
        queries=asked, findings=len(found), rules=len({one.code for one in found}),
    )  # fmt: skip


def _found(pool: list[int], wanted: list[int]) -> list[Finding]:
    people = list(Expert.objects.filter(pk__in=pool).order_by("pk"))
    rows = list(Bid.objects.filter(pk__in=wanted).select_related("challenge").order_by("pk"))
    return find_conflicts(people, rows, ON)


def _timed(pool: list[int], wanted: list[int]) -> float:
    began = time.perf_counter()
    _found(pool, wanted)
    return time.perf_counter() - began


def _load(cast: Cast, bids: int, experts: int) -> tuple[list[int], list[int]]:
    """Ids of the experts and bids. With the triggers off, as only here."""
    print(f"loading {bids} bids and {experts} experts", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    units = Organisation.objects.bulk_create(
        Organisation(uscc=generate_uscc(f"CF{n:07d}"), name=f"测量单位{n:04d}", kind="INSTITUTE") for n in range(UNITS)
    )
    people = User.objects.bulk_create(
        User(username=f"conflict-{n}", name=f"测量人{n}", organisation=units[n % UNITS]) for n in range(bids + experts)
    )
    rows = _bids(cast, units, people[:bids])
    pool = Expert.objects.bulk_create(
        Expert(agency=cast.offices["sd"].agency, user=user, organisation=units[n * 3 % UNITS], seat_type="TECHNICAL")
        for n, user in enumerate(people[bids:])
    )
    _facts(units, people, rows, pool)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
    return [expert.pk for expert in pool], [bid.pk for bid in rows]


def _bids(cast: Cast, units: list[Organisation], people: list[User]) -> list[Bid]:
    office, now = cast.offices["sd"], timezone.now()
    row = ChallengeList.objects.create(
        agency=office.agency, division=office.division, rule_set=office.rule_sets["OPEN_CHALLENGE"], number="CONFLICT-01",
        title="回避测量", year=2026, state="REVIEWING", created_at=now,
    )  # fmt: skip
    challenges = Challenge.objects.bulk_create(
        Challenge(
            challenge_list=row, number=f"CONFLICT-01-{n:03d}", title=f"回避测量{n}", field="AI", months=24,
            cap_yuan=1_000_000, demander=units[-1 - n % 20], background="背景", content="内容", state="UNDER_REVIEW", created_at=now,
        )
        for n in range(CHALLENGES)
    )  # fmt: skip
    return Bid.objects.bulk_create(
        Bid(
            challenge=challenges[n % CHALLENGES], organisation=units[n % UNITS], pi=pi, title=f"回避测量申请{n}",
            number=f"CONFLICT-{n:05d}", state="IN_ROUND", snapshot={}, snapshot_sha256="0" * 64, handed_in_at=now, created_at=now,
        )
        for n, pi in enumerate(people)
    )  # fmt: skip


def _facts(units: list[Organisation], people: list[User], rows: list[Bid], pool: list[Expert]) -> None:
    """Two partners a bid, four ties an expert, aliases, branches, avoid lists; staffs and bars for a few."""
    now = timezone.now()
    BidPartner.objects.bulk_create(
        BidPartner(bid=bid, organisation=units[(n * 7 + k * 11 + 1) % UNITS], task="任务")
        for n, bid in enumerate(rows)
        for k in range(2)
    )
    BidEditor.objects.bulk_create(BidEditor(bid=bid, user=people[n - 1], added_at=now) for n, bid in enumerate(rows))
    UnitAlias.objects.bulk_create(
        UnitAlias(unit=unit, kind="FORMER", name=f"曾用名{n}", normalised=f"曾用名{n}") for n, unit in enumerate(units)
    )
    UnitLink.objects.bulk_create(
        UnitLink(unit=units[n], parent=units[n + 1], kind="BRANCH" if n % 20 else "SUBSIDIARY")
        for n in range(0, UNITS - 1, 10)
    )
    kinds = ["EMPLOYED", "DIRECTOR", "SHAREHOLDER", "OTHER", "CONSULTANT"]
    ExpertTie.objects.bulk_create(
        ExpertTie(
            expert=expert, kind=kinds[(n + k) % 5], organisation=units[(n * 5 + k * 101) % UNITS], source="DECLARED",
            until=ON - timedelta(days=400 * k), created_at=now,
        )
        for n, expert in enumerate(pool)
        for k in range(4)
    )  # fmt: skip
    ExpertTie.objects.bulk_create(
        ExpertTie(
            expert=expert, kind=["RELATIVE", "ADVISOR_STUDENT", "COAUTHOR"][n % 3], person_name=people[n].name,
            unit_name=f"测量单位{n % UNITS:04d}计算机学院" if n % 2 else f"曾用名{n % UNITS}", source="DECLARED", created_at=now,
        )
        for n, expert in enumerate(pool)
    )  # fmt: skip
    BidAvoidance.objects.bulk_create(
        BidAvoidance(
            bid=bid, place=1, person_name=people[len(rows) + n % len(pool)].name, unit_name=f"测量单位{n * 3 % UNITS:04d}",
            reason="竞争关系", decision="ACCEPTED", decision_reason="情况属实，予以采纳",
        )
        for n, bid in enumerate(rows)
    )  # fmt: skip
    IntegrityRecord.objects.bulk_create(
        IntegrityRecord(user=expert.user, conduct="失信", decision_no=f"测〔2026〕{n}号", in_force_from=ON)
        for n, expert in enumerate(pool[:5])
    )
