"""Quotas of bidding (domain 2.3) while two act at once. A file of its own, because these tests commit for real."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from accounts.models import Role
from projects.models import Bid
from projects.presets import PRESETS
from tests import delivery_factories as f
from workflows.bid import BidFlow
from workflows.engine import perform, start
from workflows.refused import Refused

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 4, 10)


def at_once(*deeds: Callable[[], object]) -> list[Refused]:
    """Do them all at the same moment; return who was refused."""
    barrier, refused = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        try:
            barrier.wait()
            with f.on(DAY):
                deed()
        except Refused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_of_two_who_take_a_recommenders_last_place_one_is_refused() -> None:
    w = f.world(replace(PRESETS["OPEN_CHALLENGE"], recommender_quota=1))
    challenge = f.published_list(w).challenges.get()
    clerks = [w.rec_user, f.person("推荐", Role.REC, org=w.recommender)]
    bids = []
    with f.on(DAY):
        for t in (f.team(w), f.team(w)):
            bids.append(bid := f.complete_draft(w, challenge, t))
            perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
            perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=True)
    (refusal,) = at_once(
        *(
            lambda bid=bid, by=by: perform(BidFlow, bid.pk, "recommend", by=by, endorsement="同意推荐")
            for bid, by in zip(bids, clerks, strict=True)
        )
    )
    assert "推荐名额（1 项）已用完" in " ".join(refusal.sentences)
    assert Bid.objects.filter(state="SUBMITTED").count() == 1


def test_of_two_bids_that_one_pi_opens_at_once_one_is_refused() -> None:
    w = f.world()
    first, second = f.published_list(w, challenges=2).challenges.order_by("pk")
    t = f.team(w)
    (refusal,) = at_once(
        *(
            lambda challenge=challenge: start(
                BidFlow, Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="申请"), by=t.pi
            )
            for challenge in (first, second)
        )
    )
    assert "限牵头 1 项" in " ".join(refusal.sentences)
    assert Bid.objects.count() == 1
