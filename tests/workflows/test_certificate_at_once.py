"""Certificate: two hands at once. A file of its own, because these tests commit for real."""

import threading
from datetime import date

import pytest
from django.db import connection

from projects.models import Certificate
from tests import delivery_factories as f
from workflows.certificate import CertificateFlow
from workflows.engine import perform

DAY = date(2026, 6, 15)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.active_project(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def several_awards(w: f.World, count: int) -> list[Certificate]:
    f.issued_decision(w, scores=("90",) * count, lanes=count, requested_yuan=1_000_000)
    return [p.certificates.get() for p in w.projects]


@pytest.mark.django_db(transaction=True)
def test_issued_at_once_they_still_get_numbers_without_gaps() -> None:
    w = f.world(quota=5)
    certificates = several_awards(w, 5)
    barrier = threading.Barrier(5)

    def issue(pk: int) -> None:
        try:
            barrier.wait()
            with f.on(DAY):
                perform(CertificateFlow, pk, "issue", by=w.lead)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue, args=(c.pk,)) for c in certificates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == [1, 2, 3, 4, 5]
