"""A lapsed challenge is posted again once, linked, with revised targets (domain 2.2)."""

from datetime import date

import pytest

from accounts.models import Division
from projects.models import Challenge, ChallengeList
from tests import delivery_factories as made
from tests.delivery_factories import REC_CLOSE, World, on
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.refused import Refused
from workflows.state import SYSTEM

pytestmark = pytest.mark.django_db
LATER = date(2026, 6, 1)


@pytest.fixture
def w() -> World:
    return made.world()


@pytest.fixture
def lapsed(w: World) -> Challenge:
    """Nobody has bid for it."""
    row = made.published_list(w)
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, row, "close", by=SYSTEM)
    found = row.challenges.get()
    assert found.state == "LAPSED"
    return found


def next_list(w: World, number: str = "SD-2026-09") -> ChallengeList:
    with on(LATER):
        row = ChallengeList(
            agency=w.agency, division=Division.objects.get_or_create(agency=w.agency, name="高新技术处")[0], rule_set=w.rule_set, number=number, title="第二批",
            year=2026, contact="0531", quota_target=1,
        )  # fmt: skip
        return start(ChallengeListFlow, row, by=w.officer)


def post_again(w: World, old: Challenge, into: ChallengeList) -> Challenge:
    with on(LATER):
        perform(ChallengeFlow, old, "repost", by=w.officer, challenge_list=into.pk)
    return Challenge.objects.get(reposted_from=old)


def test_the_draft_has_the_same_text_and_targets_and_a_link(w, lapsed):
    new = post_again(w, lapsed, next_list(w))
    assert (new.state, new.number, new.title) == ("DRAFT", "SD-2026-09-01", lapsed.title)
    facts = ("no", "name", "comparator", "target", "unit")
    assert list(new.indicators.values_list(*facts)) == list(lapsed.indicators.values_list(*facts))
    lapsed.refresh_from_db()
    assert lapsed.state == "LAPSED"


def test_rule_2_2_a_lapsed_challenge_is_posted_again_only_once(w, lapsed):
    new = post_again(w, lapsed, next_list(w))
    with on(LATER), pytest.raises(Refused, match="只能重新发榜一次"):
        perform(ChallengeFlow, lapsed, "repost", by=w.officer, challenge_list=next_list(w, "SD-2026-10").pk)
    assert new.reposted_from == lapsed


def test_not_into_a_list_of_another_agency_nor_into_one_that_is_approved(w, lapsed):
    other = made.world()
    for foreign in (next_list(other, "QD-2026-09"), lapsed.challenge_list):
        with on(LATER), pytest.raises(Refused) as found:
            perform(ChallengeFlow, lapsed, "repost", by=w.officer, challenge_list=foreign.pk)
        assert "challenge_list" in found.value.fields


def test_rule_2_2_its_list_is_not_approved_before_the_targets_are_revised(w, lapsed):
    into = next_list(w)
    new = post_again(w, lapsed, into)
    with on(LATER):
        perform(ChallengeListFlow, into, "open_collection", by=w.officer)
        perform(ChallengeListFlow, into, "appraise", by=w.officer)
        with pytest.raises(Refused, match="须先修订考核指标，请修订：SD-2026-09-01"):
            perform(ChallengeListFlow, into, "approve", by=w.lead)
        row = new.indicators.first()
        row.target -= 1
        row.save()
        perform(ChallengeListFlow, into, "approve", by=w.lead)
    new.refresh_from_db()
    assert new.state == "IN_LIST"
