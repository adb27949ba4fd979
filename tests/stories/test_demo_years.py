"""The demo years: every phase is there, played through the engine, and every invariant holds."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection

from attachments.queries import stored_files
from demo import load
from projects.models import (
    Acceptance,
    Bid,
    Certificate,
    Challenge,
    ChallengeList,
    Demand,
    Objection,
    RaceLane,
    Reconsideration,
)
from review.models import Expert, ScoreSheet
from workflows import invariants
from workflows.models import AuditEntry


@pytest.mark.django_db
def test_the_demo_years_show_every_phase_and_break_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    load.load(quiet=True)

    states = set(ChallengeList.objects.values_list("state", flat=True))
    assert states >= {
        "DRAFT", "COLLECTING", "APPRAISING", "DEMAND_NOTICE", "APPROVED", "PUBLISHED", "CLOSED", "REVIEWING",
        "DECIDING", "RESULT_NOTICE", "EXECUTING", "FINISHED",
    }  # fmt: skip
    assert ChallengeList.objects.values("agency").distinct().count() == 2
    assert Challenge.objects.count() >= 20
    assert set(Demand.objects.values_list("state", flat=True)) == set(Demand.State)
    assert Bid.objects.count() >= 120
    assert Expert.objects.count() >= 60
    assert Counter(RaceLane.objects.values_list("state", flat=True)) == {"RUNNING": 2, "ELIMINATED": 1}
    assert Acceptance.objects.filter(state="PASSED").exists()
    assert Certificate.objects.filter(kind="ACCEPTANCE", state="ISSUED").exclude(pdf_sha256="").exists()
    assert Objection.objects.filter(state__in=Objection.OPEN_STATES).count() == 1
    assert set(Reconsideration.objects.values_list("state", flat=True)) == {"UNDER_REVIEW", "KEPT"}
    assert invariants.broken() == {}
    for bid in Bid.objects.exclude(handed_in_at=None).filter(number__endswith="1"):
        late = stored_files(bid).filter(created_at__gt=bid.handed_in_at)
        assert not late.exists(), "papers come in before their bid does, in the demo as anywhere"

    # Loading again changes nothing.
    entries = AuditEntry.objects.count()
    call_command("load_demo")
    assert "未重复载入" in capsys.readouterr().out
    assert AuditEntry.objects.count() == entries

    # A score changed behind our back is found although the table looks sound.
    sheet = ScoreSheet.objects.filter(state="LOCKED").order_by("pk")[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE review_scoresheet SET total = total - 1 WHERE id = %s", [sheet.pk])
        cursor.execute("SELECT tally_review(%s, %s)", [sheet.assignment.round_id, sheet.bid_id])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert list(invariants.broken()) == ["score_is_what_was_submitted"]
