"""What each row of a table would do to the pool: new, changed (from what to what), same, or refused (where, why, cure).

Looks at everything, changes nothing; five queries for a table of any length. `workflows.expert_import` keeps
what it says, and carries out exactly that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from accounts.models import Agency, Organisation, User
from review.models import Expert
from review.pool.columns import COLUMNS, IDENTIFYING, OWN, CellFault, column_of, read_cell
from review.pool.people import People, people_of
from review.pool.reading import Row
from review.pool.units import Units, unit_key, units_of


class Kind(StrEnum):
    NEW = "NEW"
    CHANGED = "CHANGED"
    SAME = "SAME"
    REFUSED = "REFUSED"


@dataclass
class Fate:
    """One row's fate, as it is shown and kept. `changes`: [heading, from, to]; `faults`: [heading, why, cure]."""

    line: int
    name: str
    unit: str
    kind: str = Kind.SAME
    expert: int | None = None
    changes: list[list[str]] = field(default_factory=list)
    faults: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Plan:
    """A fate with the values to carry it out. `unit` is None where it is to be registered with `uscc`."""

    fate: Fate
    values: dict[str, Any]
    user: User | None = None
    entry: Expert | None = None
    unit: Organisation | None = None
    recommending: Organisation | None = None

    def refuse(self, heading: str, fault: CellFault) -> None:
        self.fate.kind = Kind.REFUSED
        self.fate.faults.append([heading, fault.why, fault.cure])


def plans_of(rows: Sequence[Row], agency: Agency) -> list[Plan]:
    """One plan per row, in the rows' order."""
    plans = [_read(row) for row in rows]
    _refuse_twins(plans)
    people = people_of(agency, _told(plans, "phone"), _told(plans, "email"))
    names = [*_told(plans, "organisation"), *_told(plans, "recommending_unit")]
    units = units_of(names, _told(plans, "uscc"))
    claimed: dict[int, int] = {}
    for plan in plans:
        if plan.fate.kind != Kind.REFUSED:
            _find_person(plan, people, claimed)
            _find_units(plan, units)
        if plan.fate.kind != Kind.REFUSED:
            _decide(plan)
    return plans


def _told(plans: Iterable[Plan], name: str) -> list[str]:
    return [plan.values[name] for plan in plans if plan.values.get(name)]


def _read(row: Row) -> Plan:
    fate = Fate(row.line, row.cells.get("姓名", ""), row.cells.get("工作单位", ""))
    plan = Plan(fate, {})
    for heading, text in row.cells.items():
        if (column := column_of(heading)) is None:
            continue
        try:
            plan.values[column.field] = read_cell(column, text)
        except CellFault as fault:
            plan.refuse(column.heading, fault)
    for heading, name in (("姓名", "name"), ("工作单位", "organisation")):
        if not row.cells.get(heading) and name not in plan.values:
            plan.refuse(heading, CellFault("没有填", "请填写"))
    if not any(column_of(h) and column_of(h).field in ("phone", "email") for h in row.cells):  # type: ignore[union-attr]
        plan.refuse("手机", CellFault("手机和邮箱都没有填", "至少填一项，据此认人、建立账户"))
    return plan


def _refuse_twins(plans: Iterable[Plan]) -> None:
    """The same person twice in one file: which of the two should hold? The first may; the others are refused."""
    seen: dict[tuple[str, str], int] = {}
    for plan in plans:
        for heading, name in (("手机", "phone"), ("邮箱", "email")):
            value = plan.values.get(name)
            if not value:
                continue
            first = seen.setdefault((name, value), plan.fate.line)
            if first != plan.fate.line:
                plan.refuse(heading, CellFault(f"与第 {first} 行相同", "同一人只留一行；两人请填各自的"))


def _find_person(plan: Plan, people: People, claimed: dict[int, int]) -> None:
    phone, email = plan.values.get("phone", ""), plan.values.get("email", "")
    heading = "邮箱" if email else "手机"
    try:
        plan.user = people.account(plan.values["name"], phone, email)
    except CellFault as fault:
        plan.refuse(heading, fault)
        return
    if plan.user is None:
        return
    first = claimed.setdefault(plan.user.pk, plan.fate.line)
    if first != plan.fate.line:  # one row told the phone, the other the e-mail
        plan.refuse(heading, CellFault(f"与第 {first} 行是同一人的账户", "同一人只留一行"))
    plan.entry = people.entries.get(plan.user.pk)
    if (phone and plan.user.phone != phone) or (email and plan.user.email.lower() != email):
        plan.fate.notes.append("手机或邮箱与本人账户不同，以账户为准")
    if plan.entry is not None and not plan.entry.is_active:
        plan.fate.notes.append("已移出专家库；导入只更新资料，不重新入库")


def _find_units(plan: Plan, units: Units) -> None:
    name, code = plan.values["organisation"], plan.values.get("uscc", "")
    try:
        plan.unit = units.find(name, code)
        if plan.unit is None and code and plan.values.get("unit_kind"):
            units.register(name, code)
            plan.fate.notes.append("将登记新单位")
        elif plan.unit is None:
            cure = "请核对名称；确为新单位的，填写统一社会信用代码和单位性质"
            plan.refuse("工作单位", CellFault(f"“{name}”没有登记", cure))
        elif unit_key(plan.unit.name) != unit_key(name):
            how = "曾用名或简称" if unit_key(name) in units.by_name else "代码"
            plan.fate.notes.append(f"按{how}认定为“{plan.unit.name}”")
    except CellFault as fault:
        plan.refuse("统一社会信用代码", fault)
    if recommending := plan.values.get("recommending_unit"):
        plan.recommending = units.by_name.get(unit_key(recommending))
        if plan.recommending is None:
            plan.refuse("推荐单位", CellFault(f"“{recommending}”没有登记", "请核对名称，或留空"))


def _decide(plan: Plan) -> None:
    if plan.entry is None:
        _need_what_a_new_entry_needs(plan)
        if plan.fate.kind != Kind.REFUSED:
            plan.fate.kind = Kind.NEW
            plan.fate.notes += [] if plan.user else ["将建立账户（未设密码）"]
        return
    plan.fate.expert = plan.entry.pk
    plan.fate.changes = _changes(plan, plan.entry)
    plan.fate.kind = Kind.CHANGED if plan.fate.changes else Kind.SAME


def _need_what_a_new_entry_needs(plan: Plan) -> None:
    for column in COLUMNS:
        if column.needed and not plan.values.get(column.field):
            plan.refuse(column.heading, CellFault("新专家须填此栏", "请填写"))
    if plan.values.get("seat_type") == Expert.SeatType.TECHNICAL and not plan.values.get("fields"):
        plan.refuse("技术领域", CellFault("技术专家须填技术领域", "至少填一个，抽取时按领域选人"))


def _changes(plan: Plan, entry: Expert) -> list[list[str]]:
    """[heading, from, to] of each fact that differs. What the table leaves empty stays as it is."""
    found = []
    was, now = entry.organisation, plan.unit
    if now is None or now.pk != was.pk:
        found.append(["工作单位", was.name, now.name if now else plan.values["organisation"]])
    if plan.recommending and plan.recommending.pk != entry.recommending_unit_id:
        before = entry.recommending_unit.name if entry.recommending_unit else ""
        found.append(["推荐单位", before, plan.recommending.name])
    for column in OWN:
        if column.field in plan.values and plan.values[column.field] != getattr(entry, column.field):
            before, after = getattr(entry, column.field), plan.values[column.field]
            found.append([column.heading, column.show(before), column.show(after)])
    return found


def own_values(plan: Plan) -> dict[str, Any]:
    """The facts of the entry itself that the row tells."""
    return {name: value for name, value in plan.values.items() if name not in IDENTIFYING}
