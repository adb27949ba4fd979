"""Award: two hands at once. A file of its own, because these tests commit for real."""

import threading

import pytest
from django.db import connection

from projects.models import (
    Tranche,
)
from tests import delivery_factories as f
from workflows.award import AwardDecisionFlow
from workflows.engine import perform
from workflows.refused import Refused

THREE = ("90", "80", "60")


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.proposed_decision(w, scores=THREE)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


@pytest.mark.django_db(transaction=True)
def test_two_leaders_issue_at_once_and_one_wins() -> None:
    w = f.world()
    f.cleared_decision(w, scores=THREE)
    barrier, outcomes = threading.Barrier(2), []

    def issue(no: int) -> None:
        try:
            barrier.wait()
            with f.on(f.ISSUED):
                perform(AwardDecisionFlow, w.decision.pk, "issue", by=w.lead, document_no=f"鲁科字〔2026〕{no}号")
            outcomes.append("issued")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue, args=(no,)) for no in (29, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["issued", "wrong_state"]
    assert len(w.projects) == 1
    assert Tranche.objects.count() == 3
