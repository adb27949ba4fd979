"""Objection: two hands at once. A file of its own, because these tests commit for real."""

import threading
from datetime import date

import pytest
from django.db import connection

from accounts.models import Role, User
from projects.models import Objection, PublicNotice
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.objection import ObjectionFlow, file_objection
from workflows.sweeps import sweep_all

DAY, AFTER = date(2026, 6, 3), date(2026, 6, 8)


GROUNDS = "该项目已获省重点研发计划支持，属于重复立项"
SHOWN = "该项目是否已获其他财政支持"


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.noticed_decision(w, scores=("90", "80", "60"))
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def objected(w: f.World, *, rank: int = 1, by: object = None, day: date = DAY) -> Objection:
    bid = w.decision.rows.get(rank=rank).bid
    with f.on(day):
        return file_objection(
            w.notice, by=by or f.person("群众"), author_name="李某", author_contact="13800000000",
            grounds=GROUNDS, bid=bid,
        )  # fmt: skip


def investigator(w: f.World) -> User:
    return f.person("调查", Role.OFF, agency=w.agency)


def heard(w: f.World, objection: Objection, by: User | None = None) -> User:
    by = by or investigator(w)
    with f.on(AFTER):
        perform(ObjectionFlow, objection, "register", by=w.officer, name_is_real=True)
        perform(ObjectionFlow, objection, "accept", by=w.officer, shown_grounds=SHOWN)
        perform(ObjectionFlow, objection, "investigate", by=w.officer, investigator=by.pk)
        perform(ObjectionFlow, objection, "hear", by=by, other_party_reply="两个项目内容不同")
    return by


@pytest.mark.django_db(transaction=True)
def test_of_two_last_objections_closed_at_once_one_settles_the_notice() -> None:
    w = f.world()
    f.noticed_decision(w)
    objections = [objected(w), objected(w)]
    with f.on(AFTER):
        sweep_all()
        for objection in objections:
            by = heard(w, objection)
            perform(ObjectionFlow, objection, "dismiss", by=by, finding="经核查，反映的情况不属实")
            perform(ObjectionFlow, objection, "answer", by=w.officer, reply="经核查，您反映的情况不属实")
    barrier = threading.Barrier(2)

    def close(objection: Objection) -> None:
        try:
            barrier.wait()
            with f.on(AFTER):
                perform(ObjectionFlow, objection.pk, "close", by=w.officer)
        finally:
            connection.close()

    threads = [threading.Thread(target=close, args=(o,)) for o in objections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.notice.state == PublicNotice.State.SETTLED
    assert w.decision.state == "CLEARED"
