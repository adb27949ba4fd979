"""What a rule set lacks and what the automatic check noted: in English for who reads English, stored in Chinese."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.utils.translation import override

from projects.models import BidPartner, FormalCheck, RuleSet
from projects.presets import BANDED, HORSE_RACE, OPEN_CHALLENGE
from projects.rules import BandRule, CriterionRule, Rules, StageRule
from projects.sentences import sentence
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from workflows import formal_check_notes as notes
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.challenge_list_conditions import rule_set_is_sound
from workflows.engine import perform
from workflows.wording import worded

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def one(*bands: BandRule, points: int = 100, veto: bool = False) -> Rules:
    return replace(OPEN_CHALLENGE, criteria=(CriterionRule("ONE", "Goal", points, veto=veto, bands=bands),))


UNSOUND = [
    replace(
        OPEN_CHALLENGE, criteria=(), payment_plan=(50,), panel_seats={"TECHNICAL": 2}, aggregation="", publicity_wd=3,
        collects_demands=True, appraisal_panel=4, list_signers=("OFF", "OFF", "DEM"), quorum=9, invitation_hours=0,
        conflict_lookback_years={"C04": 99, "C99": 1}, defence=True, defence_minutes=(0, 1), defence_persons=0,
        class_weights={"TECHNICAL": 1},
    ),
    replace(OPEN_CHALLENGE, aggregation="grouped", class_weights={"MANAGEMENT": 0}, quorum=4),
    replace(OPEN_CHALLENGE, aggregation="grouped", class_weights={"TECHNICAL": 1}),
    replace(OPEN_CHALLENGE, panel_seats={"TECHNICAL": 3}, quorum=0),
    replace(OPEN_CHALLENGE, panel_seats={"TECHNICAL": 2}, odd_panel=False, aggregation="mean"),
    replace(HORSE_RACE, race_stages=()),
    replace(HORSE_RACE, race_stages=(StageRule(12, 3, 1, keep=2), StageRule(12, 1, 1))),
    one(BandRule("good", 0, 120), BandRule("good", 10, 5)),
    one(BandRule("low", 0, 50), BandRule("high", 50, 90)),
    one(BandRule("low", 0, 50)),
    one(BandRule("low", 0, 50), veto=True),
    replace(OPEN_CHALLENGE, assignment=""),
    replace(OPEN_CHALLENGE, bid_seats={"TECHNICAL": 3}),
    replace(OPEN_CHALLENGE, assignment="matched", bid_seats={"TECHNICAL": 8}, quorum=3, bids_per_expert=(3, 2)),
    replace(OPEN_CHALLENGE, assignment="matched", bid_seats={"TECHNICAL": 2}, odd_panel=False),
]  # fmt: skip


@pytest.mark.parametrize("rules", UNSOUND)
def test_every_problem_of_a_rule_set_is_told_in_english(rules: Rules) -> None:
    problems = rules.problems()
    assert problems
    with override("en"):
        told = [worded(problem) for problem in problems]
    assert [one for one in told if CHINESE.search(one)] == []
    with override("zh-hans"):
        assert [worded(problem) for problem in problems] == problems


def test_the_unsound_ones_have_every_problem_there_is() -> None:
    """A sentence that no example says would never be read in English here."""
    import inspect

    import projects.rules as module

    written = set(re.findall(r'_\(\s*"([^"]+)"', inspect.getsource(module)))
    said = {problem.pattern for rules in UNSOUND for problem in rules.problems()}
    assert written - said == {BANDED.criteria[0].bands[0].shown.pattern, "空"}


@pytest.mark.parametrize("pattern", notes.PATTERNS)
def test_every_note_of_the_automatic_check_is_shown_in_english(pattern: str) -> None:
    stored = str(sentence(pattern, slots=["诚信承诺书"], names=["Delay"], cap=1, given=2, most=4, least=3))
    with override("en"):
        assert CHINESE.search(notes.shown_note(stored)) is None
    with override("zh-hans"):
        assert notes.shown_note(stored) == stored


def test_what_was_noted_in_other_words_is_shown_as_it_was_stored() -> None:
    with override("en"):
        assert notes.shown_note("鲁科监〔2026〕3号") == "鲁科监〔2026〕3号"
        assert notes.shown_note("未签署承诺；某条旧的说明") == "The pledge is not signed; 某条旧的说明"


@pytest.mark.django_db
def test_the_page_speaks_english_and_the_record_chinese() -> None:
    r = f.closed(1)
    bid = r.bids[0]
    BidPartner.objects.create(bid=bid, organisation=made.organisation("Partner"), task="Test", budget_yuan=0)
    with on(f.CHECKED), override("en"):
        perform(BidFlow, bid, "begin_formal_check", by=r.w.officer)
    check = FormalCheck.objects.get(bid=bid)
    assert check.items.get(code="F10").note == "有联合单位而无联合申报协议"
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(r.w.officer)
    with on(f.CHECKED), override(None):
        html = client.get(check.get_absolute_url()).content.decode()
    assert "There are partners but no consortium agreement" in html
    assert "有联合单位而无联合申报协议" not in html


@pytest.mark.django_db
def test_a_list_says_in_the_readers_language_what_its_rule_set_lacks() -> None:
    w = made.world()
    row = made.published_list(w)
    row.rule_set = RuleSet(code="X", edition=1, data=replace(OPEN_CHALLENGE, publicity_wd=3).to_data())
    with override("en"):
        told = str(rule_set_is_sound(ChallengeListFlow(row)).message)
    assert told.startswith("Revise and publish the rule set first: The notice of proposed awards must last at least 5")
    assert CHINESE.search(told) is None
