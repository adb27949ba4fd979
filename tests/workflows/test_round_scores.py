"""Rounds under the rules that look beyond one bid's totals (domain 3.2): what is shown is what is decided."""

from dataclasses import replace
from decimal import Decimal

import pytest

from projects.presets import OPEN_CHALLENGE
from review.views.scores import score_table
from tests import review_factories as f
from tests.review_factories import Review
from workflows.models import AuditEntry

SHARES = {"TECHNICAL": 70, "INDUSTRY": 15, "FINANCE": 15}


def scored(rules, bids, rows_of) -> Review:
    r = f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(bids, rules=rules)))))))
    return f.collated(r, *[rows_of(seat, n) for n, seat in enumerate(r.seats())])


def disclosed(r: Review) -> list[dict]:
    entry = AuditEntry.objects.filter(transition="close", object_type="review.reviewround").latest("seq")
    return list(entry.payload["scores"].values())


@pytest.mark.django_db
def test_a_round_weighted_by_class_is_decided_as_it_was_shown():
    points = {"TECHNICAL": ("90", "80"), "INDUSTRY": ("70", "80"), "FINANCE": ("60", "80")}
    r = scored(
        replace(OPEN_CHALLENGE, aggregation="grouped", class_weights=SHARES), 2, lambda seat, n: points[seat.seat_type]
    )
    shown = score_table(r.round, r.secretary)
    f.close(r)
    assert [bid.score for bid in r.bids] == [Decimal("82.50"), Decimal("80.00")]
    assert [line.score for line in shown.lines] == [Decimal("82.50"), Decimal("80.00")]
    assert "技术 90.00×70%" in disclosed(r)[0]["note"]


@pytest.mark.django_db
def test_a_normalised_round_compares_experts_over_their_common_bids():
    given = [90, 85, 80, 95, 70]
    r = scored(replace(OPEN_CHALLENGE, aggregation="norm"), 5, lambda seat, n: tuple(str(v - 4 * n) for v in given))
    shown = {line.bid.pk: line.score for line in score_table(r.round, r.secretary).lines}
    f.close(r)
    assert [bid.score for bid in r.bids] == [Decimal(v - 8) for v in given]  # severity is gone, the common level stays
    assert shown == {bid.pk: bid.score for bid in r.bids}
    assert "5 项共同申报" in disclosed(r)[0]["note"]
