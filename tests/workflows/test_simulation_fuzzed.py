"""推演 under invented rules and planted faults: it always answers, what it calls sound can be played, and it names each fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Role, RoleGrant
from projects.models import ChallengeList
from projects.presets import PRESETS
from projects.rules import CriterionRule, Rules, StageRule
from review.models import Expert
from tests.delivery_factories import RACE_321, World, person
from tests.workflows.test_simulation import codes, draft, office, played
from workflows.clock import SHANGHAI

pytestmark = pytest.mark.django_db
FUZZED = settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)

stages = st.lists(
    st.builds(
        StageRule, months=st.integers(1, 24), lanes=st.integers(1, 4), lane_yuan=st.integers(0, 5_000_000),
        rule=st.sampled_from(["TOP_K", "GATE_ONLY", "TOP_K_AND_THRESHOLD"]), keep=st.integers(1, 4),
    ),
    max_size=3,
).map(tuple)  # fmt: skip


@st.composite
def rule_sets(draw: Any) -> Rules:
    """Such as an agency might write."""
    mode = draw(st.sampled_from(["OPEN_CHALLENGE", "HORSE_RACE"]))
    return replace(
        PRESETS[mode],
        min_open_days=draw(st.integers(0, 60)),
        unit_endorses=draw(st.booleans()),
        recommender_endorses=draw(st.booleans()),
        matching_ratio_percent=draw(st.sampled_from([0, 100, 400])),
        pass_score=draw(st.integers(0, 100)),
        quota_per_challenge=draw(st.integers(1, 3)),
        reserve_count=draw(st.integers(0, 2)),
        publicity_wd=draw(st.integers(3, 10)),
        payment_plan=draw(st.sampled_from([(100,), (40, 40, 20), (0, 0, 100), (50, 60), (30, 30, 30, 10)])),
        race_stages=draw(stages) if mode == "HORSE_RACE" else (),
        user_opinion_required=draw(st.booleans()),
    )


@st.composite
def wild_rule_sets(draw: Any) -> Rules:
    """Such as nobody in his senses would write; the fields are of the right kind, no more."""
    some = st.integers(0, 400)
    kinds = st.sampled_from(["TECHNICAL", "INDUSTRY", "FINANCE", "USER", "POET"])
    return replace(
        draw(rule_sets()),
        recommender_quota=draw(st.integers(0, 3)),
        max_partners=draw(some),
        lead_bids_per_pi_per_list=draw(st.integers(0, 2)),
        required_slots=draw(st.lists(st.sampled_from(["PROPOSAL", "PLEDGE", "AGREEMENT", "POEM"]), max_size=3).map(tuple)),
        formal_check_wd=draw(some),
        correction_wd=draw(some),
        preview_days=draw(some),
        panel_seats=draw(st.dictionaries(kinds, st.integers(0, 4))),
        standby_per_seat_type=draw(st.integers(0, 3)),
        criteria=draw(st.sampled_from([(), (CriterionRule("A", "甲", 60),), PRESETS["OPEN_CHALLENGE"].criteria])),
        aggregation=draw(st.sampled_from(["mean", "trim1", "median", "", "best"])),
        contract_days=draw(some),
        milestone_pass_score=draw(st.integers(0, 100)),
        report_grace_days=draw(some),
        collects_demands=draw(st.booleans()),
        appraisal_panel=draw(st.integers(0, 7)),
        appraisal_pass_score=draw(st.integers(0, 100)),
        demander_clean_years=draw(st.integers(0, 5)),
        list_signers=draw(st.lists(st.sampled_from(["OFF", "AGY", "SUP", "FIN", "LEAD", "POET"]), max_size=4).map(tuple)),
    )  # fmt: skip


@FUZZED
@given(rules=rule_sets())
def test_any_rule_set_gets_an_answer_and_what_is_called_sound_can_be_played(rules: Rules) -> None:
    with transaction.atomic():
        w = office(rules)
        person("需求", Role.DEM, org=w.demander)
        report = played(draft(w))
        assert report.is_complete or report.errors
        assert report.is_sound == (report.is_complete and not report.errors)
        if not [f for f in report.errors if f.code != "S01"]:
            assert report.is_complete, report.findings
        transaction.set_rollback(True)


@FUZZED
@given(rules=wild_rule_sets())
def test_however_wild_the_rules_the_answer_is_findings_with_their_cure(rules: Rules) -> None:
    with transaction.atomic():
        report = played(draft(office(rules)))
        assert report.is_complete or report.errors
        assert all(found.sentence and found.cure for found in report.findings)
        if rules.problems():
            assert "R01" in codes(report)
        transaction.set_rollback(True)


def without(role: Role) -> Callable[[World, ChallengeList], object]:
    return lambda w, row: RoleGrant.objects.filter(role=role).delete()


def closing(**later: int) -> Callable[[World, ChallengeList], object]:
    """The close moved away from a Tuesday five o'clock."""

    def plant(w: World, row: ChallengeList) -> None:
        close = datetime(2026, 4, 21, 17, tzinfo=SHANGHAI) + timedelta(**later)
        ChallengeList.objects.filter(pk=row.pk).update(bid_close_at=close, rec_close_at=close + timedelta(days=7))

    return plant


#: Code → what to do to a sound list so that it must be named.
FAULTS: dict[str, Callable[[World, ChallengeList], object]] = {
    "P01": without(Role.FIN),
    "P02": without(Role.REC),
    "P03": without(Role.DEM),
    "D02": closing(weeks=-6),
    "D05": closing(days=4),
    "E01": lambda w, row: Expert.objects.update(is_active=False),
    "M01": lambda w, row: ChallengeList.objects.filter(pk=row.pk).update(quota_target=9),
    "M02": lambda w, row: row.challenges.update(cap_yuan=0),
    "M03": lambda w, row: row.challenges.update(lanes=5),
    "M04": lambda w, row: row.challenges.update(cap_yuan=9_999_999),
    "I01": lambda w, row: row.challenges.get().indicators.update(is_must=False),
    "I02": lambda w, row: row.challenges.update(ip_terms=" "),
    "I03": lambda w, row: row.challenges.get().indicators.filter(no=1).update(milestone_values={"1": "很多"}),
    "I04": lambda w, row: row.challenges.get().indicators.filter(no=2).update(milestone_values={"1": "1"}),
    "C01": lambda w, row: row.challenges.get().indicators.all().delete() and row.challenges.all().delete(),
}
#: Planted together they would hide one another.
APART = (
    {"D02", "D05"}, {"M02", "M04"},
    *({"C01", other} for other in ("P03", "M02", "M03", "M04", "I01", "I02", "I03", "I04", "E01")),
)  # fmt: skip


def groups(order: list[str]) -> list[set[str]]:
    """All faults, a few at a time."""
    found: list[set[str]] = [set()]
    for code in order:
        for group in found:
            if len(group) < 5 and not any({code, other} <= apart for other in group for apart in APART):
                group.add(code)
                break
        else:
            found.append({code})
    return found


@settings(FUZZED, max_examples=2)
@given(order=st.permutations(sorted(FAULTS)))
def test_every_planted_fault_is_named_whatever_else_is_wrong(order: list[str]) -> None:
    for planted in [set(), *groups(order)]:
        with transaction.atomic():
            w = office(replace(RACE_321, user_opinion_required=True, list_signers=("OFF", "SUP")))
            row = draft(w)
            for code in sorted(planted, reverse=True):
                FAULTS[code](w, row)
            row.refresh_from_db()
            report = played(row)
            assert planted <= codes(report), report.findings
            assert report.is_sound == (not planted - {"D05", "M01", "I04"}), report.findings
            transaction.set_rollback(True)
