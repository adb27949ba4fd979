"""Award: two hands at once. A file of its own, because these tests commit for real."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Role
from projects.models import DecisionBatch, DecisionLetter, Tranche
from tests import delivery_factories as f
from workflows.decision_batch import DecisionBatchFlow, propose_batch
from workflows.engine import perform
from workflows.refused import Refused

THREE = ("90", "80", "60")


def at_once(*steps: Callable[[], object]) -> list[str]:
    """What becomes of steps that begin at the same moment: `done`, or the code of the refusal."""
    barrier, outcomes = threading.Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        try:
            barrier.wait()
            with f.on(f.ISSUED):
                step()
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_two_leaders_carry_out_at_once_and_one_wins() -> None:
    w = f.world()
    f.cleared_decision(w, scores=THREE)
    other = f.person("副厅长", Role.LEAD, agency=w.agency)
    with f.on(f.ISSUED):
        batch = propose_batch(w.decision, "ISSUE", by=w.officer, document_no="鲁科字〔2026〕29号")
    found = at_once(*[lambda by=by: perform(DecisionBatchFlow, batch.pk, "approve", by=by) for by in (w.lead, other)])
    assert found == ["done", "wrong_state"]
    assert len(w.projects) == 1
    assert Tranche.objects.count() == 3
    assert DecisionLetter.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_officers_propose_at_once_and_one_batch_waits() -> None:
    w = f.world()
    f.cleared_decision(w, scores=THREE)

    def propose(by: object, no: int) -> Callable[[], object]:
        return lambda: propose_batch(w.decision, "ISSUE", by=by, document_no=f"鲁科字〔2026〕{no}号")  # type: ignore[arg-type]

    found = at_once(propose(w.officer, 29), propose(w.second_officer, 30))
    assert found in (["conditions_unmet", "done"], ["done", "stale"])
    assert DecisionBatch.objects.filter(state="PROPOSED").count() == 1
