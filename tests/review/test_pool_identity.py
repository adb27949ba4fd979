"""Identity and bank numbers: sealed at rest, masked wherever they are printed, whole to very few (domain 8.3)."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.id_number import bank_account_fault, id_number_fault, plain_number
from accounts.sealing import SealBroken, Sealed, seal, unseal
from review.models import Expert, ExpertIdentity
from review.queries import identities_to_be_paid_by
from tests import delivery_factories as made
from tests import pool_factories as f
from tests import review_factories as reviews
from tests.pool_factories import CARD, ID_NUMBER, Pool
from workflows import pool
from workflows.models import AuditEntry
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
REASON = "发放 5 月评审费，核对收款账户"


@pytest.fixture
def p() -> Pool:
    return f.pool()


def keep(entry: Expert) -> ExpertIdentity:
    pool.keep_identity(entry, by=entry.user, kind="ID_CARD", number=ID_NUMBER, bank="岱海银行", account=CARD)
    return ExpertIdentity.objects.get(expert=entry)


def raw() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM review_expertidentity i")
        return str(cursor.fetchall())


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_database_holds_no_digit_of_them(p: Pool) -> None:
    keep(p.expert())
    told = raw()
    assert ID_NUMBER not in told
    assert CARD not in told
    assert ID_NUMBER[-6:] not in told
    with pytest.raises(IntegrityError, match="identity_is_sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE review_expertidentity SET account = %s", [CARD])


def test_whatever_prints_them_gets_the_last_four(p: Pool, caplog: pytest.LogCaptureFixture) -> None:
    found = keep(p.expert())
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").warning("%s %r %s", found.number, found.account, found)
    dumped = serializers.serialize("json", [found])
    for told in (caplog.text, str(found), f"{found.number}", repr(found.__dict__), dumped):
        assert ID_NUMBER not in told
        assert CARD not in told
    assert str(found.account) == "••••0128"
    assert found.account.reveal() == CARD
    assert unseal(json.loads(dumped)[0]["fields"]["account"]) == CARD


def test_a_sealed_column_is_not_searched(p: Pool) -> None:
    with pytest.raises(FieldError, match="sealed"):
        ExpertIdentity.objects.filter(account=CARD).exists()


def test_nothing_of_them_is_in_the_chain(p: Pool) -> None:
    keep(p.expert())
    entry = AuditEntry.objects.get(transition="keep_identity")
    assert entry.payload == {}


def test_a_new_key_seals_anew_and_the_old_one_may_go(p: Pool, settings: Any) -> None:
    entry = p.expert()
    keep(entry)
    old, new = settings.SEALING_KEYS, Fernet.generate_key().decode()
    settings.SEALING_KEYS = [new, *old]
    out = io.StringIO()
    call_command("reseal", stdout=out)
    assert out.getvalue().startswith("1 ")
    settings.SEALING_KEYS = [new]
    assert ExpertIdentity.objects.get().number.reveal() == ID_NUMBER
    settings.SEALING_KEYS = old
    with pytest.raises(SealBroken) as broken:
        ExpertIdentity.objects.get().number.reveal()
    assert ID_NUMBER not in str(broken.value)


@given(st.text(max_size=60))
def test_what_is_sealed_is_opened_again_and_never_looks_the_same(text: str) -> None:
    token = seal(text)
    assert Sealed(token).reveal() == text
    assert seal(text) != token
    assert str(Sealed(token)) == "••••" + (text[-4:] if len(text) > 4 else "")


# --- pages ----------------------------------------------------------------------------------------------


def test_the_expert_gives_them_with_a_consent_of_its_own_sees_them_whole_and_takes_them_back(p: Pool) -> None:
    entry = p.expert()
    url = f"/expert-profile/{p.agency.code}/identity/"
    client = client_of(entry.user)
    facts = {
        "kind": "ID_CARD",
        "number": "１１０１０５ 19491231 002x",
        "bank": "岱海银行",
        "account": "6222 0212 3456 7890 128",
    }
    refused = client.post(url, facts)
    assert refused.status_code == 422
    assert not ExpertIdentity.objects.exists()
    assert client.post(url, {**facts, "consent": "on"}).status_code == 302
    page = client.get(url)
    assert page["Cache-Control"] == "no-store"
    assert ID_NUMBER not in page.content.decode()
    assert "••••002X" in page.content.decode()
    assert ID_NUMBER in client.post(url, {"show": "1"}).content.decode()
    client.post(url, {"drop": "1"})
    assert not ExpertIdentity.objects.exists()


def test_nobody_else_opens_the_page_of_an_expert(p: Pool) -> None:
    entry = p.expert()
    keep(entry)
    for user in (p.secretary, p.w.supervisor, p.w.officer, p.w.finance):
        assert client_of(user).get(f"/expert-profile/{p.agency.code}/identity/").status_code == 404


def test_finance_sees_them_only_after_the_result_is_told_masked_and_whole_with_a_reason_on_record() -> None:
    r = reviews.collated(
        reviews.scoring(
            reviews.in_preview(reviews.pledged(reviews.drawn(reviews.planned(reviews.under_review(reviews.closed(2))))))
        )
    )
    for n, seat in enumerate(r.seats(), start=1):
        seat.expert.user.name = f"金丝雀专家{n}"
        seat.expert.user.save()
    entry = r.chair.expert_records.get()
    keep(entry)
    first, second = r.bids
    reviews.close(r, ballot=f"{first.number},{second.number}")
    finance = r.w.finance
    assert "金丝雀专家" not in client_of(finance).get("/expert-fees/").content.decode()
    assert client_of(finance).get(f"/expert-fees/{entry.pk}/").status_code == 404
    with pytest.raises(Refused, match="权限"):
        pool.reveal_identity(entry, by=finance, reason=REASON)

    with connection.cursor() as cursor:  # the result is told: as the award's own flow leaves it
        cursor.execute("SET LOCAL session_replication_role = replica; UPDATE projects_bid SET state = 'NOT_AWARDED'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    page = client_of(finance).get("/expert-fees/").content.decode()
    assert "金丝雀专家" in page
    assert "••••002X" in page
    assert ID_NUMBER not in page
    url = f"/expert-fees/{entry.pk}/"
    assert ID_NUMBER not in client_of(finance).get(url).content.decode()
    assert client_of(finance).post(url, {"reason": "看看"}).status_code == 422
    shown = client_of(finance).post(url, {"reason": REASON})
    assert ID_NUMBER in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    said = AuditEntry.objects.get(transition="reveal_identity")
    assert (said.actor_id, said.reason, said.payload) == (finance.pk, REASON, {})
    for user in (r.w.officer, r.secretary, made.world().finance):
        assert not identities_to_be_paid_by(user).exists()
        assert client_of(user).get(url).status_code == 404


# --- numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [ID_NUMBER, "370000199001010011"])
def test_numbers_of_the_standard_are_right_and_with_one_digit_changed_wrong(number: str) -> None:
    assert id_number_fault(number) == ""
    for place in range(17):
        changed = f"{number[:place]}{(int(number[place]) + 1) % 10}{number[place + 1 :]}"
        fault = id_number_fault(changed)
        assert fault
        assert changed not in fault


def test_bank_accounts() -> None:
    assert bank_account_fault(CARD) == bank_account_fault("000020260000001") == ""
    assert bank_account_fault(CARD[:-1] + "9")
    assert bank_account_fault("622")
    assert plain_number(" ６２２２-02 ") == "622202"
