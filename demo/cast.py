"""The people of the demo: agencies with their offices, bidders, recommenders, demanders, experts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Agency, Division, Organisation, Role, RoleGrant, User
from accounts.uscc import generate_uscc
from demo import names, words
from demo.topics import PLANS
from projects.models import RuleSet
from projects.presets import PRESETS
from review.models import Expert

#: Rule sets that each office has of each preset: suffix of the key, words in the name, what differs.
VARIANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("", "", {}),
    ("_COLLECTING", "征集需求，", {"collects_demands": True}),
    (
        "_MATCHED",
        "匹配分工，",
        {
            "assignment": "matched",
            "panel_seats": {"TECHNICAL": 5, "INDUSTRY": 2, "FINANCE": 2},
            "bid_seats": {"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1},
            "bids_per_expert": (2, 6),
        },
    ),
    ("_DEFENCE", "设答辩，", {"defence": True, "defence_minutes": (15, 15)}),
)

PASSWORD = "jiebang-demo-2026"  # noqa: S105  printed by `make demo`; the demo has no secrets
Kind = Organisation.Kind


@dataclass
class Office:
    """One agency and those who act for it."""

    agency: Agency
    division: Division
    officer: User
    second: User
    lead: User
    secretary: User
    supervisor: User
    finance: User
    #: Has no hand in lists, and so may look into objections and reconsiderations.
    legal: User
    rule_sets: dict[str, RuleSet] = field(default_factory=dict)


@dataclass
class Bidder:
    organisation: Organisation
    admin: User
    investigators: list[User]


@dataclass
class Cast:
    offices: dict[str, Office]
    bidders: list[Bidder]
    recommenders: list[tuple[Organisation, User]]
    demanders: dict[str, Organisation]
    citizen: User


class Casting:
    """Makes people one after another; the same seed gives the same cast."""

    def __init__(self, seed: int = 2026) -> None:
        self.random = Random(seed)  # noqa: S311  invented data, no secret
        self.hashed = make_password(PASSWORD)
        self.names: Iterator[str] = names.people()
        self.serial = 0

    def organisation(self, name: str, kind: Kind, region: str = "", **more: object) -> Organisation:
        self.serial += 1
        prefix = {Kind.ENTERPRISE: "91", Kind.GOVERNMENT: "11"}.get(kind, "12")
        uscc = generate_uscc(f"MA{self.serial:07d}", prefix=prefix)
        profile = {
            "legal_person": next(self.names), "contact_name": next(self.names), "contact_phone": f"0531-0000{self.serial:04d}",
            "introduction": words.introduction(name, self.random), **more,
        }  # fmt: skip
        return Organisation.objects.create(uscc=uscc, name=name, kind=kind, region=region, **profile)

    def user(self, username: str, organisation: Organisation | None = None) -> User:
        return User.objects.create(
            username=username, name=next(self.names), password=self.hashed, organisation=organisation,
            email=f"{username}@jiebang.example", phone=f"1380000{self.random.randrange(10000):04d}",
        )  # fmt: skip

    def grant(self, user: User, role: Role, **scope: object) -> User:
        RoleGrant.objects.create(user=user, role=role, **scope)
        return user

    def office(self, code: str, name: str, short: str, mark: str) -> Office:
        organisation = self.organisation(name, Kind.GOVERNMENT)
        agency = Agency.objects.create(
            code=code, organisation=organisation, short_name=short, document_mark=mark,
            contact=f"{short}高新技术处 0531-0000{self.random.randrange(10000):04d}",
        )  # fmt: skip
        division = Division.objects.create(agency=agency, name="高新技术处")

        def staff(tag: str, role: Role) -> User:
            return self.grant(self.user(f"{code}-{tag}", organisation), role, agency=agency)

        office = Office(
            agency, division, staff("officer", Role.OFF), staff("officer2", Role.OFF), staff("lead", Role.LEAD),
            staff("secretary", Role.SEC), staff("supervisor", Role.SUP), staff("finance", Role.FIN),
            staff("legal", Role.OFF),
        )  # fmt: skip
        for kind, preset in PRESETS.items():
            for suffix, more, changes in VARIANTS:
                rules, key = replace(preset, **changes), f"{kind}{suffix}"
                office.rule_sets[key] = RuleSet.objects.create(
                    agency=agency, code=key.lower().replace("_", "-"), name=f"{rules.programme}（{more}{short}）",
                    mode=rules.mode, data=rules.to_data(), published_at=timezone.now(),
                )  # fmt: skip
        return office

    def bidder(self, number: int, name: str, kind: Kind, region: str) -> Bidder:
        organisation = self.organisation(name, kind, region)
        admin = self.grant(self.user(f"org{number:02d}", organisation), Role.ORG, organisation=organisation)
        investigators = []
        for letter in "abc":
            pi = self.user(f"pi{number:02d}{letter}", organisation)
            investigators.append(self.grant(pi, Role.PI, organisation=organisation))
        return Bidder(organisation, admin, investigators)

    def experts(self, office: Office, units: list[Organisation], per_type: dict[str, int]) -> None:
        """A pool in which every field has enough technical experts from different units."""
        fields = ["AI", "COMPUTING", "SOFTWARE", "CHIP", "NETWORK", "SECURITY", "DATA", "MANUFACTURING", "AGRICULTURE"]
        number = 0
        for seat_type, how_many in per_type.items():
            for i in range(how_many):
                number += 1
                unit = units[(number * 7 + i) % len(units)]
                user = self.user(f"{office.agency.code}-expert{number:02d}", unit)
                self.grant(user, Role.EXP, agency=office.agency)
                known = [fields[(i + k) % len(fields)] for k in range(4)] if seat_type == "TECHNICAL" else []
                Expert.objects.create(
                    agency=office.agency, user=user, organisation=unit, seat_type=seat_type, fields=known,
                    title=self.random.choice(["教授", "研究员", "正高级工程师", "副教授", "高级会计师"]), max_panels_per_year=30,
                )  # fmt: skip


def hire() -> Cast:
    """Everybody, made once."""
    casting = Casting()
    offices = {
        "sd": casting.office("sd", "岱海省科学技术厅（示例）", "省科技厅", "岱科字"),
        "qd": casting.office("qd", "琴岛市大数据发展管理局（示例）", "市大数据局", "琴数字"),
    }
    named = [(f"{n}{names.SUFFIX}", Kind.ENTERPRISE, region) for n, region in names.ENTERPRISES]
    named += [(f"{n}（示例）", Kind.UNIVERSITY, "") for n in names.UNIVERSITIES]
    named += [(f"{n}（示例）", Kind.INSTITUTE, "") for n in names.INSTITUTES]
    bidders = [casting.bidder(i, *row) for i, row in enumerate(named, start=1)]
    recommenders = []
    for i, city in enumerate(names.CITIES, start=1):
        organisation = casting.organisation(f"{city}（示例）", Kind.GOVERNMENT, is_recommender=True)
        recommenders.append(
            (organisation, casting.grant(casting.user(f"rec{i}", organisation), Role.REC, organisation=organisation))
        )
    demanders: dict[str, Organisation] = {}
    for topic in {t.demander: t for plan in PLANS for t in plan.topics}.values():
        organisation = casting.organisation(f"{topic.demander}（示例）股份有限公司", Kind.ENTERPRISE)
        casting.grant(casting.user(f"dem{len(demanders) + 1:02d}", organisation), Role.DEM, organisation=organisation)
        demanders[topic.demander] = organisation
    units = [casting.organisation(f"{n}（示例）", names.kind_of(n)) for n in names.REVIEWING_UNITS]
    for office in offices.values():
        casting.experts(office, units, {"TECHNICAL": 27, "INDUSTRY": 8, "FINANCE": 8})
    for tag, role in (("sysadmin", Role.SYS), ("security", Role.SAF), ("auditor", Role.AUD)):
        casting.grant(casting.user(tag), role)
    return Cast(offices, bidders, recommenders, demanders, casting.user("citizen"))
