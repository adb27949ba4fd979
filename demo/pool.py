"""The experts' records, filled in: what they know, how they did, who is away, expired or barred."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from accounts.id_number import id_number_fault
from accounts.models import IntegrityRecord
from demo import expertise
from demo.cast import Cast
from review.credit import POINTS
from review.models import Expert, ExpertCredit, ExpertIdentity, ExpertLeave
from review.models.expert import valid_until
from workflows.clock import SHANGHAI

#: What is out of the ordinary, by the number of the expert in his pool. All late in their class, so that
#: the demo's panels are filled without them.
EXPIRED, SOON, AWAY, BARRED, POOR, OUT = {24, 34}, {20, 21}, {23, 42}, {25}, {26}, {33}
ORDINARY = (
    ("ON_TIME", "按时提交全部评分表"),
    ("THOROUGH", "意见具体，被评审组采纳"),
    ("ON_TIME", ""),
    ("RETURNED", "意见过短，退回补充一次"),
)


def fill_pool(cast: Cast, today: date) -> None:
    """Complete every expert of both agencies. A randomness of its own: the rest of the demo stays as it is."""
    random = Random(20260)  # noqa: S311  invented data, no secret
    for office in cast.offices.values():
        rows = list(Expert.objects.filter(agency=office.agency).select_related("user").order_by("pk"))
        for number, row in enumerate(rows):
            _describe(row, random)
            _date(row, number, today, random)
        Expert.objects.bulk_update(rows, _FILLED, batch_size=100)
        ExpertCredit.objects.bulk_create(
            [credit for number, row in enumerate(rows) for credit in _credits(row, number, today, random)]
        )
        _set_apart(rows, today)
        ExpertIdentity.objects.bulk_create(_identity(row, number) for number, row in enumerate(rows) if number % 2)


_FILLED = [
    "title", "position", "gender", "birth_month", "education", "degree", "graduated_from", "speciality", "discipline_codes",
    "keywords", "languages", "achievements", "honours", "region", "employment", "confirmed_on", "valid_until",
    "integrity_checked_on", "is_active",
]  # fmt: skip


def _describe(row: Expert, random: Random) -> None:
    pick = random.choice
    age = random.randint(38, 63)
    row.gender, row.birth_month = pick(["FEMALE", "MALE", "MALE"]), f"{2026 - age}-{random.randint(1, 12):02d}"
    row.education, row.degree = pick([("DOCTORAL", "DOCTOR"), ("DOCTORAL", "DOCTOR"), ("MASTER", "MASTER")])
    row.graduated_from, row.speciality = f"{pick(expertise.SCHOOLS)}（示例）", pick(expertise.SPECIALITIES)
    row.languages, row.region = ["英语", *pick([[], [], ["日语"], ["德语"]])], pick(expertise.REGIONS)
    row.honours, row.employment = pick(expertise.HONOURS), "REHIRED" if age > 60 else "EMPLOYED"
    if row.seat_type == Expert.SeatType.TECHNICAL:
        _technical(row, random)
        return
    codes, words, titles, positions, work = expertise.OTHERS[row.seat_type]
    row.discipline_codes, row.keywords = list(codes), random.sample(words, 3)
    row.title, row.position = pick(titles), pick(positions)
    row.achievements = work.format(n=random.randint(8, 40), m=random.randint(1, 5))


def _technical(row: Expert, random: Random) -> None:
    main = [expertise.TECHNICAL[name] for name in row.fields[:2]]
    row.discipline_codes = list(dict.fromkeys([main[0][0][0], main[0][0][1], main[1][0][0]]))
    row.keywords = random.sample(main[0][1], 4) + random.sample(main[1][1], 2)
    row.title, row.position = random.choice(expertise.TECHNICAL_TITLES), random.choice(expertise.TECHNICAL_POSITIONS)
    first, second = main[0][2]
    row.achievements = expertise.WORK.format(
        a=first, b=second, n=random.randint(2, 6), m=random.randint(2, 5), word=row.keywords[0], other=row.keywords[4],
        papers=random.randint(20, 90), patents=random.randint(4, 30),
    )  # fmt: skip


def _date(row: Expert, number: int, today: date, random: Random) -> None:
    row.confirmed_on = today - timedelta(days=random.randint(30, 700))
    row.integrity_checked_on = today - timedelta(days=random.randint(5, 300))
    row.valid_until = valid_until(row.confirmed_on)
    if number in EXPIRED | SOON:
        row.valid_until = today + timedelta(days=25 if number in SOON else -40)
        row.confirmed_on = row.valid_until - timedelta(days=3 * 365)
    row.is_active = number not in OUT


def _credits(row: Expert, number: int, today: date, random: Random) -> list[ExpertCredit]:
    noon = datetime.combine(today, time(12), SHANGHAI)
    told: list[tuple[str, str]] = [random.choice(ORDINARY) for _ in range(random.randint(0, 6))]
    if number in POOR:
        told.append(("UNFAIR", "两份评分表文字雷同，经复核评审不客观"))
    if number % 11 == 3:
        told += [("LATE", "逾期两日，经催办后提交"), ("DECLINED_LATE", "接受后因出差谢绝")]
    return [
        ExpertCredit(expert=row, event=event, points=POINTS[event], note=note,
                     noted_at=noon - timedelta(days=20 + 45 * n + random.randint(0, 30)))
        for n, (event, note) in enumerate(told)
    ]  # fmt: skip


def _set_apart(rows: list[Expert], today: date) -> None:
    for number, row in enumerate(rows):
        if number in AWAY:
            ends_on = today + timedelta(days=40)
            ExpertLeave.objects.create(
                expert=row, starts_on=today - timedelta(days=5), ends_on=ends_on, reason="国外访问研究"
            )
        if number in BARRED:
            IntegrityRecord.objects.create(
                user=row.user, conduct="在其他评审中未按规定申报利害关系", decision_no="岱科监〔2026〕9 号（示例）",
                in_force_from=today - timedelta(days=60), in_force_to=today + timedelta(days=670),
            )  # fmt: skip


def _identity(row: Expert, number: int) -> ExpertIdentity:
    """Numbers of nobody: a region without counties, a bank without branches."""
    stem = f"370000{(row.birth_month or '1975-01').replace('-', '')}01{100 + number:03d}"
    whole = next(stem + check for check in "0123456789X" if not id_number_fault(stem + check))
    facts: dict[str, Any] = {"number": whole, "bank": "岱海银行（示例）", "account": f"00002026{row.pk:08d}"}
    return ExpertIdentity(expert=row, kind=ExpertIdentity.Kind.ID_CARD, consented_at=row.user.date_joined, **facts)
