"""Tranche: two hands at once. A file of its own, because these tests commit for real."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection

from projects.models import Project, Tranche
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.project import ProjectFlow
from workflows.refused import Refused
from workflows.tranche import TrancheFlow

DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.active_project(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def first_of(project: Project) -> Tranche:
    return project.tranches.get(no=1)


def approved(w: f.World, tranche: Tranche) -> Tranche:
    with f.on(DAY):
        perform(TrancheFlow, tranche, "request", by=tranche.project.pi)
        perform(TrancheFlow, tranche, "approve", by=w.lead)
    return tranche


@pytest.mark.django_db(transaction=True)
def test_paying_and_terminating_at_once_leaves_paid_or_cancelled_never_both() -> None:
    w = f.world()
    project = f.active_project(w)
    tranche = approved(w, first_of(project))
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def act(flow: type, pk: int, step: str, by: object, **inputs: object) -> None:
        try:
            barrier.wait()
            with f.on(DAY):
                perform(flow, pk, step, by=by, **inputs)
            outcomes.append(step)
        except (Refused, IntegrityError):
            outcomes.append(f"no {step}")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=(TrancheFlow, tranche.pk, "pay", w.finance), kwargs={"paid_on": DAY}),
        threading.Thread(target=act, args=(ProjectFlow, project.pk, "terminate", w.lead), kwargs={"reason": f.REASON}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tranche.refresh_from_db()
    assert "terminate" in outcomes
    assert tranche.state == ("PAID" if "pay" in outcomes else "CANCELLED")
