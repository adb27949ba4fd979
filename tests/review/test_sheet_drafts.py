"""Drafts of a sheet, field by field (decision 0023): merged, never lost, one word in the chain; and time of reading (D5)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as each
from hypothesis import strategies as st

from projects.draft_writing import Change, Written
from review.calibration.conduct import too_fast
from review.models import ScoreSheet, SheetReading
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import SCORED, UNTIL, Review, given
from workflows import clock
from workflows.clock import travel
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.score_sheet import ScoreSheetFlow
from workflows.sheet_conduct import readings
from workflows.sheet_drafts import note_beat, note_document_opened
from workflows.sheet_writing import draft_form, texts_of, write_sheet_cells

ONE, TWO = uuid4(), uuid4()


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1)))))))


@pytest.fixture
def mine(base: Review, db: None) -> ScoreSheet:
    return f.sheet(base.seats()[0])


def write(row: ScoreSheet, path: str, base: str, text: str, client: UUID = ONE, **more) -> Written:
    change = Change(path, base, text, more.pop("change_id", None) or uuid4(), **more)
    with on(SCORED):
        (found,) = write_sheet_cells(row, [change], by=row.assignment.expert.user, client=client)
    return found


def shown(row: ScoreSheet) -> dict[str, str]:
    row.refresh_from_db()
    with on(SCORED):
        return texts_of(row, draft_form(row, row.assignment.expert.user))


def entries(row: ScoreSheet) -> list[str]:
    found = AuditEntry.objects.filter(object_type="review.scoresheet", object_id=str(row.pk)).order_by("seq")
    return list(found.values_list("transition", flat=True))


def test_only_the_first_word_and_the_submission_enter_the_chain(mine):
    for n in range(20):
        write(mine, "comment", "稿" * n, "稿" * (n + 1))
    write(mine, "score_goal", "", "18.5")
    mine.refresh_from_db()
    assert (mine.state, mine.comment, mine.items.get().value) == ("DRAFT", "稿" * 20, Decimal("18.5"))
    assert entries(mine) == ["create", "save_draft"]
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "submit", by=mine.assignment.expert.user, **given("86"))
    assert entries(mine) == ["create", "save_draft", "submit"]


def test_two_windows_that_change_different_fields_do_not_touch_each_other(mine):
    write(mine, "score_goal", "", "18", ONE)
    write(mine, "score_team", "", "15", TWO)
    assert {item.criterion: item.value for item in mine.items.all()} == {"GOAL": Decimal(18), "TEAM": Decimal(15)}


def test_two_windows_in_one_comment_are_merged_by_sentence(mine):
    write(mine, "comment", "", "甲句。乙句。丙句。")
    write(mine, "comment", "甲句。乙句。丙句。", "甲句改。乙句。丙句。", ONE)
    found = write(mine, "comment", "甲句。乙句。丙句。", "甲句。乙句。丙句改。", TWO)
    assert (found.outcome, found.text) == ("merged", "甲句改。乙句。丙句改。")


def test_points_changed_in_both_windows_are_a_conflict_shown_and_kept_in_the_history(mine):
    write(mine, "score_goal", "", "18", ONE)
    found = write(mine, "score_goal", "", "12", TWO)
    assert (found.outcome, found.text) == ("conflict", "18")
    assert shown(mine)["score_goal"] == "18"
    assert list(mine.edits.filter(outcome="CONFLICT").values_list("text", flat=True)) == ["12"]


def test_a_change_that_is_sent_twice_is_written_once_even_after_another_one(mine):
    same = uuid4()
    write(mine, "score_goal", "", "18", ONE, change_id=same)
    write(mine, "score_goal", "18", "19", TWO)
    assert write(mine, "score_goal", "", "18", ONE, change_id=same).outcome == "saved"
    assert shown(mine)["score_goal"] == "19"


def test_what_is_no_points_stays_as_typed_with_its_fault(mine):
    write(mine, "score_goal", "", "18")
    found = write(mine, "score_goal", "18", "20.5")
    assert (found.outcome, found.fault) == ("saved", "“目标与榜题一致性”最高 20 分；请调低给分。")
    assert shown(mine)["score_goal"] == "20.5"
    assert mine.items.get().value == 18


def test_ticked_grounds_make_a_veto_of_the_draft(mine):
    write(mine, "veto_safety", "", "on")
    mine.refresh_from_db()
    assert (mine.is_vetoed, mine.veto_grounds) == (True, ["SAFETY"])
    write(mine, "veto_safety", "on", "")
    mine.refresh_from_db()
    assert (mine.is_vetoed, mine.veto_grounds) == (False, [])


def test_a_draft_of_the_api_replaces_what_was_typed_on_the_page(mine):
    write(mine, "score_goal", "", "18")
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "save_draft", by=mine.assignment.expert.user, score_goal="12.5", comment="稿")
    assert shown(mine)["score_goal"] == "12.5"
    assert mine.cells.get(path="score_goal").seq > 1, "open pages are told"


def test_nobody_else_nothing_else_and_nothing_after_the_hour_is_written(base, mine):
    assert write(mine, "score_beauty", "", "5").outcome == "refused"
    other = base.seats()[1].expert.user
    change = [Change("score_goal", "", "5", uuid4())]
    with on(SCORED), pytest.raises(Refused):
        write_sheet_cells(mine, change, by=other, client=TWO)
    with travel(UNTIL), pytest.raises(Refused, match="评分已截止"):
        write_sheet_cells(mine, change, by=mine.assignment.expert.user, client=ONE)
    assert mine.items.count() == 0
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "submit", by=mine.assignment.expert.user, **given("86"))
    with pytest.raises(Refused, match="已提交"):
        write(mine, "score_goal", "20", "5")


EDITS = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(["score_goal", "score_team", "comment"]), st.integers(0, 20)),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@each(edits=EDITS)
def test_whatever_two_windows_write_stands_or_is_in_the_history(base, db, edits):
    """Each window begins from what it last saw of a field; nothing that was typed disappears without a trace."""
    mine = f.sheet(base.seats()[2])
    start = shown(mine)
    seen = [dict(start), dict(start)]
    for window, path, n in edits:
        text = f"第{n}句。" if path == "comment" else str(n)
        found = write(mine, path, seen[window][path], text, (ONE, TWO)[window])
        now = shown(mine)
        history = list(mine.edits.filter(path=path).values_list("text", flat=True))
        assert text == now[path] or text in history or text in now[path]
        seen[window][path] = found.text
        assert found.text == now[path], "an answer says what stands"


# --- reading ------------------------------------------------------------------------------------


def test_rule_3_7_the_first_opening_and_the_seconds_of_use_are_kept_and_handed_in(mine):
    with on(SCORED, 9):
        now = clock.now()
        note_document_opened(mine, now)
        note_document_opened(mine, now + timedelta(minutes=5))
        assert note_beat(mine, 15, now) == 15
        assert note_beat(mine, 15, now + timedelta(seconds=5)) == 20, "two windows cannot count the same seconds twice"
        assert note_beat(mine, 900, now + timedelta(hours=1)) == 50, "no more at once than a page reports"
        perform(ScoreSheetFlow, mine, "submit", by=mine.assignment.expert.user, **given("86"))
    (reading,) = readings([mine])
    assert (reading.spent, reading.opened_at) == (timedelta(seconds=50), now)
    assert [flag.code for flag in too_fast([reading])] == ["D5"]
    assert too_fast([replace(reading, spent=timedelta(minutes=3))]) == []
    payload = AuditEntry.objects.get(
        object_id=str(mine.pk), transition="submit", object_type="review.scoresheet"
    ).payload
    assert payload["active_seconds"] == 50
    assert note_beat(mine, 15, now + timedelta(hours=2)) == 0
    with pytest.raises(Exception, match="never changes"):
        commit_sql("UPDATE review_sheetreading SET seconds = 900 WHERE sheet_id = %s", mine.pk)


def test_a_sheet_that_came_another_way_has_no_reading_and_no_flag(mine):
    with on(SCORED):
        perform(ScoreSheetFlow, mine, "submit", by=mine.assignment.expert.user, **given("86"))
    assert not SheetReading.objects.filter(sheet=mine).exists()
    assert readings([mine]) == []
