"""The expert pool: who may be drawn (domain 3.4), leaves, credit, validity, and what is on record of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import IntegrityRecord
from config.keys import load_sealing_keys
from review.credit import GRADES, MOST_EARNED, POINTS, credit_grade, credit_score
from review.models import Expert, ExpertCredit, ExpertLeave
from review.models.expert import valid_until
from review.pool.standing import with_standing
from tests import delivery_factories as made
from tests import pool_factories as f
from tests import review_factories as reviews
from tests.delivery_factories import on
from tests.pool_factories import Pool
from tests.review_factories import DRAWN, Review
from workflows import pool
from workflows.clock import now
from workflows.models import AuditEntry, OutboxMessage
from workflows.panel_draw import eligible
from workflows.refused import Refused
from workflows.reminders import send_reminders

pytestmark = pytest.mark.django_db
REASON = "经核对原始记录，情况属实，特此登记"


@pytest.fixture
def p() -> Pool:
    return f.pool()


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return reviews.planned(reviews.under_review(reviews.closed(2)))


def drawn_from(r: Review) -> tuple[set[int], dict[str, int]]:
    with on(DRAWN):
        candidates, filters = eligible(r.round, now())
    return {int(candidate.id) for candidate in candidates}, filters


# --- who is drawn (3.4) -------------------------------------------------------------------------------


def test_rule_3_4_an_expert_on_leave_while_the_round_runs_is_not_drawn(base: Review) -> None:
    away, before, after = (reviews.expert(base.w) for _ in range(3))
    days = timedelta(days=1)
    ExpertLeave.objects.create(expert=away, starts_on=DRAWN + 12 * days, ends_on=DRAWN + 30 * days)
    ExpertLeave.objects.create(expert=before, starts_on=DRAWN - 9 * days, ends_on=DRAWN - days)
    ExpertLeave.objects.create(expert=after, starts_on=DRAWN + 60 * days, ends_on=DRAWN + 90 * days)
    fit, filters = drawn_from(base)
    assert {away.pk, before.pk, after.pk} & fit == {before.pk, after.pk}
    assert filters == {"ON_LEAVE": 1}


def test_rule_3_4_an_entry_that_has_expired_is_not_drawn(base: Review) -> None:
    over = reviews.expert(base.w, valid_until=DRAWN - timedelta(days=1))
    last_day = reviews.expert(base.w, valid_until=DRAWN)
    fit, filters = drawn_from(base)
    assert {over.pk, last_day.pk} & fit == {last_day.pk}
    assert filters == {"EXPIRED": 1}


def test_rule_3_4_nobody_is_drawn_for_more_bids_than_he_takes(base: Review) -> None:
    few, enough = reviews.expert(base.w, max_bids_per_round=1), reviews.expert(base.w, max_bids_per_round=2)
    fit, filters = drawn_from(base)
    assert {few.pk, enough.pk} & fit == {enough.pk}
    assert filters == {"ROUND_CAP": 1}


def test_rule_3_4_an_expert_of_the_lowest_grade_is_not_drawn(base: Review) -> None:
    unfair, late = reviews.expert(base.w), reviews.expert(base.w)
    with on(DRAWN - timedelta(days=30)):
        pool.note_credit(unfair, "UNFAIR", by=base.w.supervisor, note=REASON)
        pool.note_credit(late, "LATE", by=base.w.supervisor, note=REASON)
    fit, filters = drawn_from(base)
    assert {unfair.pk, late.pk} & fit == {late.pk}
    assert filters == {"CREDIT": 1}


def test_the_new_filters_are_on_record_and_stay_out_of_the_way_of_an_old_replay(base: Review) -> None:
    reviews.expert(base.w, valid_until=DRAWN - timedelta(days=1))
    r = reviews.drawn(base)
    record = r.round.draws.get().record
    assert record["filters"] == {"EXPIRED": 1}


# --- credit (2.5) -------------------------------------------------------------------------------------


def test_rule_3_4_credit_is_what_was_noted_within_three_years(p: Pool) -> None:
    entry = p.expert()
    today = date(2026, 5, 11)
    with on(today - timedelta(days=365 * 3 + 1)):
        pool.note_credit(entry, "LEAKED", by=p.w.supervisor, note=REASON)
    for days in (300, 200):
        with on(today - timedelta(days=days)):
            pool.note_credit(entry, "ON_TIME", by=p.secretary, note=REASON)
    with on(today - timedelta(days=100)):
        pool.note_credit(entry, "LATE", by=p.secretary, note=REASON)
    row: Any = with_standing(Expert.objects.all(), today).get(pk=entry.pk)
    assert (row.credit, row.grade) == (80 + 2 + 2 - 5, "B")


@given(st.integers(0, 500), st.integers(-300, 0))
def test_no_number_of_good_deeds_outweighs_a_grave_fault(earned: int, lost: int) -> None:
    score = credit_score(earned, lost)
    assert 0 <= score <= 80 + MOST_EARNED
    assert credit_grade(score) in GRADES
    assert credit_grade(credit_score(earned, lost + POINTS["LEAKED"])) == "D"


def test_the_database_counts_credit_as_the_rule_does(p: Pool) -> None:
    for events in ((), ("ON_TIME",) * 15, ("UNFAIR", *("THOROUGH",) * 20), ("LEAKED", "UNFAIR")):
        entry = p.expert()
        with on(DRAWN):
            for event in events:
                pool.note_credit(entry, event, by=p.w.supervisor, note=REASON)
        row: Any = with_standing(Expert.objects.all(), DRAWN).get(pk=entry.pk)
        points = [POINTS[event] for event in events]
        expected = credit_score(sum(n for n in points if n > 0), sum(n for n in points if n < 0))
        assert (row.credit, row.grade) == (expected, credit_grade(expected))


def test_what_was_noted_stays(p: Pool) -> None:
    pool.note_credit(p.expert(), "LATE", by=p.secretary, note=REASON)
    for statement in ("UPDATE review_expertcredit SET points = 2", "DELETE FROM review_expertcredit"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_grave_faults_are_the_supervisors_to_note_and_nobody_notes_his_own(p: Pool) -> None:
    entry = p.expert()
    for user, event in (
        (p.secretary, "UNFAIR"),
        (p.w.officer, "LATE"),
        (entry.user, "ON_TIME"),
        (f.pool().secretary, "LATE"),
    ):
        with pytest.raises(Refused, match="权限"):
            pool.note_credit(entry, event, by=user, note=REASON)
    with pytest.raises(Refused, match="10 个字"):
        pool.note_credit(entry, "LATE", by=p.secretary, note="迟")
    assert not ExpertCredit.objects.exists()


# --- leaves and shapes, in the database ---------------------------------------------------------------


def test_two_leaves_of_one_expert_never_overlap(p: Pool) -> None:
    one, other = p.expert(), p.expert()
    first, last = date(2026, 5, 1), date(2026, 5, 10)
    for entry in (one, other):
        ExpertLeave.objects.create(expert=entry, starts_on=first, ends_on=last)
    with pytest.raises(IntegrityError, match="leaves_do_not_overlap"), transaction.atomic():
        ExpertLeave.objects.create(expert=one, starts_on=last, ends_on=last + timedelta(days=3))
    ExpertLeave.objects.create(expert=one, starts_on=last + timedelta(days=1), ends_on=last + timedelta(days=3))
    with pytest.raises(IntegrityError, match="leave_in_order"), transaction.atomic():
        ExpertLeave.objects.create(expert=one, starts_on=last + timedelta(days=9), ends_on=last + timedelta(days=8))


@pytest.mark.parametrize(
    "facts", [{"birth_month": "1975"}, {"discipline_codes": ["5202"]}, {"discipline_codes": ["CS"]}]
)
def test_the_database_refuses_shapes_that_are_none(p: Pool, facts: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="shape"), transaction.atomic():
        p.expert(**facts)


# --- validity -----------------------------------------------------------------------------------------


def test_rule_3_4_confirming_renews_an_entry_for_three_years(p: Pool) -> None:
    entry = p.expert(valid_until=date(2026, 5, 1))
    with on(date(2026, 5, 11)):
        pool.confirm(entry, by=entry.user)
    entry.refresh_from_db()
    assert (entry.confirmed_on, entry.valid_until) == (date(2026, 5, 11), date(2029, 5, 11))
    assert AuditEntry.objects.get(object_type="review.expert", transition="confirm").role == "EXP"
    with pytest.raises(Refused, match="权限"):
        pool.confirm(entry, by=p.secretary)


def test_a_leap_day_is_confirmed_until_the_last_of_february(settings: Any) -> None:
    assert valid_until(date(2028, 2, 29)) == date(2031, 2, 28)
    settings.EXPERT_VALID_YEARS = 5
    assert valid_until(date(2026, 5, 11)) == date(2031, 5, 11)


def test_rule_3_4_the_expert_is_reminded_thirty_days_before_his_entry_expires(p: Pool) -> None:
    entry = p.expert(valid_until=date(2026, 6, 10))
    p.expert(valid_until=date(2026, 6, 10), is_active=False)
    p.expert(valid_until=date(2026, 8, 10))

    def told() -> list[Any]:
        return list(OutboxMessage.objects.filter(code="N19").values_list("recipient", flat=True))

    with on(date(2026, 5, 10)):
        send_reminders()
    assert told() == []
    for day in (date(2026, 5, 12), date(2026, 5, 13), date(2026, 6, 5), date(2026, 6, 6)):
        with on(day):
            send_reminders()
    assert told() == [entry.user.pk] * 2


def test_the_first_thing_that_keeps_an_expert_out_is_his_standing(p: Pool) -> None:
    today = date(2026, 5, 11)
    fine, away, over, barred, out = (p.expert() for _ in range(5))
    ExpertLeave.objects.create(expert=away, starts_on=today, ends_on=today)
    Expert.objects.filter(pk__in=[over.pk, barred.pk]).update(valid_until=date(2026, 5, 10))
    IntegrityRecord.objects.create(user=barred.user, conduct="x", decision_no="1", in_force_from=date(2026, 1, 1))
    Expert.objects.filter(pk=out.pk).update(is_active=False)
    rows = {row.pk: row.standing for row in with_standing(Expert.objects.filter(agency=p.agency), today)}  # type: ignore[attr-defined]
    assert rows == {fine.pk: "IN_POOL", away.pk: "ON_LEAVE", over.pk: "EXPIRED", barred.pk: "BARRED", out.pk: "OUT"}


def test_taking_an_expert_out_and_in_has_its_reason_on_record(p: Pool) -> None:
    entry = p.expert()
    pool.take_out(entry, by=p.secretary, reason=REASON)
    entry.refresh_from_db()
    assert entry.is_active is False
    with pytest.raises(Refused, match="已移出"):
        pool.take_out(entry, by=p.secretary, reason=REASON)
    pool.take_in(entry, by=p.secretary, reason=REASON)
    said = AuditEntry.objects.filter(object_type="review.expert").order_by("seq")
    assert [(entry.transition, entry.reason) for entry in said] == [("take_out", REASON), ("take_in", REASON)]


def test_another_unit_is_told_to_the_secretary_and_the_chain_names_the_facts_that_changed(p: Pool) -> None:
    entry, elsewhere = p.expert(), made.organisation("新单位")
    pool.edit(entry, by=entry.user, facts={"organisation": elsewhere, "title": entry.title, "honours": "院士"})
    assert AuditEntry.objects.get(transition="edit").payload == {"fields": ["honours", "organisation"]}
    assert OutboxMessage.objects.get(code="N19").recipient == p.secretary


def test_a_key_of_the_wrong_shape_is_refused_without_telling_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBANG_SEALING_KEYS", "not-a-key")
    with pytest.raises(ImproperlyConfigured, match="key 1") as refusal:
        load_sealing_keys("x")
    assert "not-a-key" not in str(refusal.value)
    monkeypatch.delenv("JIEBANG_SEALING_KEYS")
    assert load_sealing_keys("x") == load_sealing_keys("x") != load_sealing_keys("y")
