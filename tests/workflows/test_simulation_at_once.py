"""While a list is rehearsed, others go on writing to the chain."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection

from tests.workflows.test_simulation import draft, office
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.simulation.rehearsal import rehearsal

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_waits_for_a_rehearsal() -> None:
    w = office()
    rehearsed, real = draft(w), draft(w)
    before = AuditEntry.objects.count()

    def write() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            perform(ChallengeListFlow, real, "open_collection", by=w.officer)
        finally:
            connection.close()

    with rehearsal():
        perform(ChallengeListFlow, rehearsed, "open_collection", by=w.officer)
        writer = Thread(target=write)
        writer.start()
        writer.join()
    real.refresh_from_db()
    rehearsed.refresh_from_db()
    assert (real.state, rehearsed.state) == ("COLLECTING", "DRAFT")
    assert AuditEntry.objects.count() == before + 1
