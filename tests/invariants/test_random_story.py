"""Random legal and illegal transitions by random actors on all machines, and what must hold all the same.

A failure prints the shortest story that shows it. Everything happens on the real database, in
transactions that are rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from projects.queries import VISIBLE
from review.models import Assignment, ConflictRuling
from tests.delivery_factories import REASON
from tests.invariants import books, checks
from tests.invariants.oracle import BUSINESS
from tests.invariants.stages import STAGES, Stage
from tests.invariants.story import RandomStory, Tally
from workflows.engine import FLOWS

pytestmark = pytest.mark.django_db
EXAMPLES, STEPS = 5, 25

#: The same stories on every machine and in every run.
STORIES = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.fixture(scope="module")
def stages(module_db: None) -> dict[str, Stage]:
    made = {name: build() for name, build in STAGES.items()}
    checks.judge_as_commit()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # fifteen agencies, of which the planner knows nothing
    return made


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture
def strangers(stages: dict[str, Stage]) -> dict[str, list[Any]]:
    """For each stage, everybody of the next one."""
    names = list(stages)
    return {name: stages[names[(at + 1) % len(names)]].people for at, name in enumerate(names)}


@pytest.fixture
def storyteller(stages: dict[str, Stage], strangers: dict[str, list[Any]], tally: Tally) -> Callable[[str], type]:
    def tell(name: str) -> type:
        return type("Story", (RandomStory,), {"stage": stages[name], "strangers": strangers[name], "tally": tally})

    return tell


@pytest.mark.parametrize("name", list(STAGES))
def test_whatever_anybody_tries_the_records_stay_true(name: str, storyteller: Callable[[str], type]) -> None:
    run_state_machine_as_test(storyteller(name), settings=STORIES)


def test_a_doubt_that_is_confirmed_after_the_collation_leaves_true_books(storyteller: Callable[[str], type]) -> None:
    """Chance comes by here too seldom: the member leaves with his scores, and the panel without a quorum is aborted."""
    story = storyteller("concluding")()
    try:
        w = story.stage.w
        ruling = ConflictRuling.objects.get(state="OPEN", finding__expert__agency=w.agency)
        story._perform(ruling, "confirm", story.stage.secretary, {"reason": REASON})
        seat = Assignment.objects.select_related("round").get(
            expert=ruling.finding.expert_id, round__challenge__challenge_list__agency=w.agency
        )
        assert (seat.state, set(seat.sheets.values_list("state", flat=True))) == ("RECUSED", {"VOID"})
        story._perform(seat.round, "abort", w.officer, {"reason": REASON})
        seat.round.refresh_from_db()
        assert seat.round.state == "ABORTED"
    finally:
        story.teardown()


@pytest.mark.parametrize("deed", [RandomStory.spoil_every_field, RandomStory.send_strangers])
def test_in_every_phase(deed: Callable[..., None], storyteller: Callable[[str], type]) -> None:
    """Garbage in any field is taken or refused; nobody moves a record of an agency that is not his."""
    asked: set[tuple[str, str, str]] = set()
    for name in STAGES:
        story = storyteller(name)()
        try:
            deed(story, asked)
        finally:
            story.teardown()
    assert len(asked) > 20


def test_nobody_sees_what_is_none_of_his_business(stages: dict[str, Stage]) -> None:
    """Every office of every agency, two teams, an expert and the public; each model is seen by somebody."""
    seen = checks.sees_only_his_own(None)
    for stage in stages.values():
        for user in stage.faces:
            seen += checks.sees_only_his_own(user)
    assert set(seen) == {model._meta.label_lower for model in VISIBLE}
    assert set(BUSINESS) == {model._meta.model_name for model in VISIBLE}


def test_every_machine_has_moved_and_has_refused(tally: Tally) -> None:
    if not tally.moved:
        pytest.skip("looks back at the stories: run the whole module")
    print(f"moved {dict(tally.moved)}, refused {dict(tally.refused)}, why {dict(tally.codes)}")  # noqa: T201
    assert {slug for slug in FLOWS if not tally.moved[slug]} == set()
    assert {slug for slug in FLOWS if not tally.refused[slug]} == set()
    assert set(tally.codes) == checks.CODES
    assert set(books.labels().values()) == set(FLOWS)
