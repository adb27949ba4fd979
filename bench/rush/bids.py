"""Bids that only wait for their submit: content, answers to every indicator and real files in the store."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone
from rest_framework.authtoken.models import Token
from tqdm import tqdm

from accounts.models import Organisation, Role, RoleGrant, User
from accounts.uscc import generate_uscc
from attachments import store
from attachments.models import Attachment
from demo.cast import Cast
from projects.models import Bid, Challenge, ChallengeList, Indicator, IndicatorResponse

PER_UNIT = 30  # one live bid per lead and challenge: as many challenges as a unit has bids
SLOTS = ("PROPOSAL", "PLEDGE")
INDICATORS = (("吞吐率", ">=", 100, "万次/秒"), ("时延", "<=", 10, "毫秒"), ("开源", "bool", 1, ""))
WORDS = "异构算力调度模型训练推理加速可靠传输协议安全审计指标验证平台工程化应用示范团队条件经费预算进度安排"


@dataclass(frozen=True)
class Draft:
    """A bid as its PI has it before him: where to post, with which token."""

    pk: int
    uuid: str
    token: str


def prepare(cast: Cast, count: int, close_at: datetime, seed: int, slots: tuple[str, ...] = SLOTS) -> list[Draft]:
    """`count` drafts of as many PIs, complete with files in `slots`, in one published list that closes at `close_at`."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        drafts = _rows(cast, count, close_at, Random(seed), slots)  # noqa: S311
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("ANALYZE")
    return drafts


def _rows(cast: Cast, count: int, close_at: datetime, random: Random, slots: tuple[str, ...]) -> list[Draft]:
    now, office = timezone.now(), cast.offices["sd"]
    row = ChallengeList.objects.create(
        agency=office.agency, division=office.division, rule_set=office.rule_sets["OPEN_CHALLENGE"], number="RUSH-01",
        title="截止前一分钟", year=2026, state="PUBLISHED", created_at=now, published_at=now - timedelta(days=30),
        bid_close_at=close_at, rec_close_at=close_at + timedelta(days=1),
    )  # fmt: skip
    challenges = Challenge.objects.bulk_create(
        Challenge(
            challenge_list=row, number=f"RUSH-01-{n:02d}", title=f"榜题{n}", field="AI", months=24, cap_yuan=10_000_000,
            demander=next(iter(cast.demanders.values())), background="背景", content="内容", state="OPEN", created_at=now,
        )
        for n in range(PER_UNIT)
    )  # fmt: skip
    indicators = Indicator.objects.bulk_create(
        Indicator(challenge=challenge, no=no, name=name, comparator=sign, target=target, unit=unit, check_method="测试")
        for challenge in challenges
        for no, (name, sign, target, unit) in enumerate(INDICATORS, start=1)
    )
    people = _people(count)
    recommenders = [organisation for organisation, _ in cast.recommenders]
    bids = Bid.objects.bulk_create(
        (
            Bid(
                challenge=challenges[n % PER_UNIT], organisation=pi.organisation, pi=pi, title=f"截止前提交的申请{n}",
                recommender=recommenders[n % len(recommenders)], summary=_text(random, 400), route=_text(random, 1500),
                team=_text(random, 600), route_tag="自研", requested_yuan=2_000_000, matching_yuan=500_000,
                state="DRAFT", created_at=now,
            )
            for n, pi in enumerate(people)
        ),
        batch_size=1000,
    )  # fmt: skip
    asked = {c.pk: [i for i in indicators if i.challenge_id == c.pk] for c in challenges}
    IndicatorResponse.objects.bulk_create(
        (
            IndicatorResponse(bid=bid, indicator=i, promised=i.target, present_level="国内先进", proof="第三方测试报告")
            for bid in bids
            for i in asked[bid.challenge_id]
        ),
        batch_size=5000,
    )
    _files(bids, slots)
    tokens = Token.objects.bulk_create((Token(user=pi, key=secrets.token_hex(20)) for pi in people), batch_size=5000)
    return [Draft(bid.pk, str(bid.uuid), token.key) for bid, token in zip(bids, tokens, strict=True)]


def _people(count: int) -> list[User]:
    units = Organisation.objects.bulk_create(
        Organisation(
            name=f"揭榜单位{n}（示例）",
            uscc=generate_uscc(f"RU{n:07d}"),
            kind=Organisation.Kind.ENTERPRISE,
            legal_person=f"法人{n}",
            contact_phone="0531-0000",
        )
        for n in range((count - 1) // PER_UNIT + 1)
    )
    admins = User.objects.bulk_create(
        User(username=f"rush-org{n}", name=f"管理员{n}", password="!", organisation=unit)  # noqa: S106  no log-in
        for n, unit in enumerate(units)
    )
    people = User.objects.bulk_create(
        (
            User(
                username=f"rush-pi{n}",
                name=f"负责人{n}",
                password="!",  # noqa: S106  no log-in
                organisation=units[n // PER_UNIT],
                phone="13800000000",
            )
            for n in range(count)
        ),
        batch_size=1000,
    )
    RoleGrant.objects.bulk_create(
        (
            RoleGrant(user=user, role=role, organisation_id=user.organisation_id)
            for role, users in ((Role.ORG, admins), (Role.PI, people))
            for user in users
        ),
        batch_size=5000,
    )
    return people


def _text(random: Random, length: int) -> str:
    return "".join(random.choices(WORDS, k=length))


def _files(bids: list[Bid], slots: tuple[str, ...]) -> None:
    """One small file per slot and bid, through the store's own interface."""
    holder, rows, contents = ContentType.objects.get_for_model(Bid), [], []
    for bid in bids:
        for slot in slots:
            data, key = f"%PDF-1.7\n% {slot} {bid.pk}\n%%EOF\n".encode(), uuid.uuid4()
            contents.append(data)
            rows.append(
                Attachment(
                    uuid=key, holder_type=holder, holder_id=bid.pk, slot=slot, file_name=f"{slot}.pdf",
                    content_type="application/pdf", size=len(data), sha256=hashlib.sha256(data).hexdigest(),
                    object_key=f"files/{key}", status=Attachment.Status.STORED, uploaded_by_id=bid.pi_id,
                )
            )  # fmt: skip
    with ThreadPoolExecutor(max_workers=8) as pool:
        done = pool.map(lambda r, d: store.put(r.object_key, d, r.content_type), rows, contents)
        for _ in tqdm(done, total=len(rows), desc="files", disable=None):
            pass
    Attachment.objects.bulk_create(rows, batch_size=5000)
