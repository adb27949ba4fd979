"""A list goes through its approval chain: in order, by different people, for the text that was signed."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts.models import Role, RoleGrant, User
from projects.models import ChallengeList, ListSignature, RuleSet
from projects.presets import OPEN_CHALLENGE
from tests import delivery_factories as made
from tests.delivery_factories import World, on
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.refused import Refused
from workflows.simulation.simulate import simulate

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 10)


@pytest.fixture
def w() -> World:
    """A list that waits for its approval; officer and supervisor sign before the leader."""
    return made.world(replace(OPEN_CHALLENGE, list_signers=("OFF", "SUP")))


@pytest.fixture
def row(w: World) -> ChallengeList:
    return made.appraised_list(w)


def do(row: ChallengeList, transition: str, by, **inputs) -> None:
    with on(DAY):
        perform(ChallengeListFlow, row, transition, by=by, **inputs)


def test_rule_2_1_the_leader_approves_only_what_all_have_signed_in_order(w, row):
    with pytest.raises(Refused, match="还缺会签：业务处室经办人"):
        do(row, "approve", w.lead)
    with pytest.raises(Refused):
        do(row, "sign", w.supervisor, note="")
    do(row, "sign", w.officer, note="已核")
    with pytest.raises(Refused, match="还缺会签"):
        do(row, "approve", w.lead)
    do(row, "sign", w.supervisor, note="")
    do(row, "approve", w.lead)
    row.refresh_from_db()
    assert row.state == "APPROVED"
    assert list(ListSignature.objects.values_list("role", "signer")) == [
        ("OFF", w.officer.pk),
        ("SUP", w.supervisor.pk),
    ]


def test_a_list_that_was_changed_is_signed_anew(w, row):
    do(row, "sign", w.officer, note="")
    do(row, "sign", w.supervisor, note="")
    row.challenges.update(cap_yuan=1)
    with pytest.raises(Refused, match="还缺会签"):
        do(row, "approve", w.lead)
    assert ListSignature.objects.count() == 2


def test_nobody_signs_twice_nor_approves_what_he_signed(w, row):
    for role in (Role.SUP, Role.LEAD):
        RoleGrant.objects.create(user=w.officer, role=role, agency=w.agency)
    busy = User.objects.get(pk=w.officer.pk)
    do(row, "sign", busy, note="")
    with pytest.raises(Refused, match="须由另一人签署"):
        do(row, "sign", busy, note="")
    do(row, "sign", w.supervisor, note="")
    with pytest.raises(Refused, match="会签人不能再批准"):
        do(row, "approve", busy)


def test_the_chain_is_shown_to_the_office_and_to_nobody_else(w, row):
    do(row, "sign", w.officer, note="已核对指标")
    client = Client()
    client.force_login(w.officer)
    html = client.get(row.get_absolute_url()).content.decode()
    assert "已核对指标" in html
    assert "待签" in html


@pytest.mark.parametrize("signers", [("PI",), ("OFF", "OFF")])
def test_a_chain_of_strangers_or_twice_the_same_is_no_sound_rule(signers):
    assert any("会签" in problem for problem in replace(OPEN_CHALLENGE, list_signers=signers).problems())


def test_the_simulation_signs_too(w, row):
    assert RuleSet.objects.get(pk=row.rule_set_id).rules.list_signers == ("OFF", "SUP")
    with on(DAY):
        report = simulate(row)
    assert report.is_complete, report.findings


@pytest.mark.parametrize(
    "sql", ["UPDATE projects_listsignature SET role = 'AGY'", "DELETE FROM projects_listsignature"]
)
def test_a_signature_is_never_changed(w, row, sql):
    do(row, "sign", w.officer, note="")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
