"""Two experts decline at once. A file of its own, because it commits for real."""

import threading

import pytest
from django.db import connection

from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import DRAWN
from workflows.assignment import AssignmentFlow
from workflows.engine import perform
from workflows.invariants import draw_replays_as_the_chain_has_it


@pytest.mark.django_db(transaction=True)
def test_two_who_decline_at_once_are_each_replaced_by_somebody_else() -> None:
    r = f.drawn(f.planned(f.under_review(f.closed(1))))
    leaving = [seat for seat in r.seats() if seat.seat_type == "TECHNICAL"][:2]
    barrier, faults = threading.Barrier(2), []

    def decline(pk: int, user: object) -> None:
        try:
            barrier.wait()
            with on(DRAWN, 11):
                perform(AssignmentFlow, pk, "decline", by=user, decline_reason="出国")
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=decline, args=(seat.pk, seat.expert.user)) for seat in leaving]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len({seat.expert_id for seat in r.seats()}) == 5
    assert not {seat.pk for seat in leaving} & {seat.pk for seat in r.seats()}
    steps = r.round.draws.latest("pk").record["redraws"]
    assert [step["source"] for step in steps] == ["standby", "pool"]
    assert list(draw_replays_as_the_chain_has_it()) == []
