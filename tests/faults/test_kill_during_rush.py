"""While bids are handed in, each part is killed with -9 and started again; not a word is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from config.stack.endpoints import PLACEHOLDERS
from tests.faults.rig import Rig, wait_until
from tests.faults.team import Team

pytestmark = pytest.mark.stack
BIDS, SECONDS = 60, 8.0


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for name in [*PLACEHOLDERS, "s3_public_endpoint"]:  # parts of the other tests, which must not die
        monkeypatch.delenv(name.upper(), raising=False)
    found = Rig()
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_every_receipt_given_out_survives_the_death_of_each_part(rig: Rig) -> None:
    teams = [Team(rig.port, d["uuid"], d["token"]) for d in rig.scene("set_up", str(BIDS))]
    rig.serve()
    deaths = [rig.kill_web_worker, rig.kill_store, rig.kill_broker, rig.kill_worker, rig.kill_web]
    random, begin = Random(7), time.monotonic()
    with ThreadPoolExecutor(max_workers=BIDS) as pool:
        given = [pool.submit(team.hand_in, begin + random.uniform(0, SECONDS)) for team in teams]
        for no, kill in enumerate(deaths, start=1):
            time.sleep(max(0.0, begin + no * SECONDS / (len(deaths) + 1) - time.monotonic()))
            kill()
        receipts = {future.result(): team.uuid for future, team in zip(given, teams, strict=True)}

    assert not [said for team in teams for said in team.refused]
    # The deaths were felt: some requests had to be sent again.
    assert sum(team.tries for team in teams) > 3 * BIDS
    found = rig.scene("look")
    assert found["receipts"] == receipts, "receipts in hand are not those on record"
    assert found["states"] == {"UNIT_REVIEW": BIDS}
    assert found["entries_per_bid"] == [1] * BIDS, "somebody was handed in twice"
    assert found["wrong"] == []
    assert found["chain"] is None
    # Whoever had to be told hears of it, although worker and broker died with messages on the way.
    wait_until(lambda: rig.undelivered() == 0)
