"""Carrying plans out: units, accounts, roles and entries, each in one statement however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.hashers import make_password

from accounts.models import Agency, Organisation, Role, RoleGrant, User
from review.models import Expert
from review.pool.fates import Kind, Plan, own_values

BATCH = 250
#: Smaller: each row of an update is looked for among all rows of its batch.
UPDATED = 100


def carry_out(plans: Sequence[Plan], agency: Agency) -> None:
    """Do what the plans say. For `workflows.expert_import` only, within its transaction."""
    new = [plan for plan in plans if plan.fate.kind == Kind.NEW]
    changed = [plan for plan in plans if plan.fate.kind == Kind.CHANGED]
    _register_units([*new, *changed])
    _open_accounts([plan for plan in new if plan.user is None])
    grants = [RoleGrant(user=plan.user, role=Role.EXP, agency=agency) for plan in new]
    RoleGrant.objects.bulk_create(grants, batch_size=BATCH, ignore_conflicts=True)
    Expert.objects.bulk_create([_entry(plan, agency) for plan in new], batch_size=BATCH)
    _update(changed)


def _register_units(plans: Sequence[Plan]) -> None:
    """Several rows may tell of the same new unit: the first registers it."""
    made: dict[str, Organisation] = {}
    for plan in plans:
        if plan.unit is None:
            code = plan.values["uscc"]
            unit = Organisation(
                uscc=code,
                name=plan.values["organisation"],
                kind=plan.values["unit_kind"],
                region=plan.values.get("region", ""),
            )
            plan.unit = made.setdefault(code, unit)
    Organisation.objects.bulk_create(made.values(), batch_size=BATCH)


def _open_accounts(plans: Sequence[Plan]) -> None:
    """Accounts without a password: nobody can sign in before one is set with the person's knowledge."""
    for plan in plans:
        values = plan.values
        plan.user = User(
            username=values.get("email") or values["phone"], name=values["name"], email=values.get("email", ""),
            phone=values.get("phone", ""), job_title=values.get("title", ""), organisation=plan.unit,
            password=make_password(None),
        )  # fmt: skip
    User.objects.bulk_create([plan.user for plan in plans if plan.user], batch_size=BATCH)


def _entry(plan: Plan, agency: Agency) -> Expert:
    unit = plan.unit
    assert unit is not None  # registered above
    return Expert(
        agency=agency, user=plan.user, organisation=unit, recommending_unit=plan.recommending, **own_values(plan)
    )


def _update(plans: Sequence[Plan]) -> None:
    """Only the columns in which some row differs. What a row does not tell is written as it was: the entries are
    locked since before they were read."""
    names: set[str] = set()
    rows = []
    for plan in plans:
        entry = plan.entry
        assert entry is not None
        told = {**own_values(plan), "organisation": plan.unit}
        if plan.recommending is not None:
            told["recommending_unit"] = plan.recommending
        for name, value in told.items():
            if getattr(entry, name) != value:
                setattr(entry, name, value)
                names.add(name)
        rows.append(entry)
    if rows:
        Expert.objects.bulk_update(rows, sorted(names), batch_size=UPDATED)
