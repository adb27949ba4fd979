"""Edits that race with handing in are either in the frozen content or refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from projects.models import Bid, IndicatorResponse
from tests import delivery_factories as made
from tests.api.callers import API, caller
from tests.delivery_factories import on
from workflows.bid import BidFlow
from workflows.engine import start

EDITORS = 6


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_is_what_was_frozen_whoever_wins() -> None:
    w = made.world()
    challenge = made.published_list(w).challenges.get()
    team = made.team(w)
    with on(date(2026, 4, 10)):
        bid = Bid(
            challenge=challenge, organisation=team.organisation, pi=team.pi, recommender=w.recommender,
            title="引擎", summary="原文", route="路线", team="团队", requested_yuan=1,
        )  # fmt: skip
        start(BidFlow, bid, by=team.pi)
        for indicator in challenge.indicators.all():
            IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=indicator.target)
        for slot in ("PROPOSAL", "PLEDGE"):
            made.store_file(bid, slot, team.pi)
    path, line = f"{API}/bids/{bid.uuid}/", Barrier(EDITORS + 1)
    token = caller(team.pi)._credentials

    def ask(number: int) -> Any:
        client = caller()
        client.credentials(**token)
        # A context of its own: each thread sets its clock itself.
        with on(date(2026, 4, 10), 11):
            line.wait()
            try:
                if number == EDITORS:
                    return client.post(f"{path}transitions/hand_in/", {"pledge": True})
                return client.patch(path, {"summary": f"改动{number}", "requested_yuan": number + 2})
            finally:
                connection.close()

    with ThreadPoolExecutor(EDITORS + 1) as pool:
        answers = list(pool.map(ask, range(EDITORS + 1)))
    assert answers[-1].status_code == 200
    assert {a.status_code for a in answers[:-1]} <= {200, 409}
    bid.refresh_from_db()
    assert bid.snapshot is not None
    assert (bid.snapshot["summary"], bid.snapshot["requested_yuan"]) == (bid.summary, bid.requested_yuan)
