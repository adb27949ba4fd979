"""Sweeps: two hands at once. A file of its own, because these tests commit for real."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection

from tests import delivery_factories as f
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI, travel
from workflows.engine import start
from workflows.models import AuditEntry, OutboxMessage
from workflows.sweeps import sweep_all

CLOSE = datetime.combine(f.BID_CLOSE, time(17), SHANGHAI)


def drafted(w: f.World) -> f.Team:
    from projects.models import Bid

    challenge = f.published_list(w).challenges.get()
    team = f.team(w)
    with f.on(date(2026, 3, 10)):
        bid = Bid(challenge=challenge, organisation=team.organisation, pi=team.pi, title="草稿")
        start(BidFlow, bid, by=team.pi)
    return team


@pytest.mark.django_db(transaction=True)
def test_sweeps_side_by_side_do_each_thing_once() -> None:
    w = f.world()
    drafted(w)
    other = f.world()
    f.noticed_decision(other)
    barrier = threading.Barrier(3)
    done: list[int] = []

    def sweep() -> None:
        try:
            barrier.wait()
            with travel(CLOSE - timedelta(hours=1)):
                done.append(sweep_all())
            barrier.wait()
            with f.on(date(2026, 6, 6)):
                done.append(sweep_all())
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = list(OutboxMessage.objects.filter(key__isnull=False).values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 2
    assert AuditEntry.objects.filter(object_type="projects.publicnotice", transition="end").count() == 1
