"""推演: who crosses the line under other rules, errors that name the cure, and scenarios that stay as they were kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from projects.models import Bid
from review.models import SavedScenario, ScoreSheet
from review.queries import scenarios_visible_to
from tests import review_factories as made
from tests.delivery_factories import on
from tests.review.analysed import closed, collating, list_path, path, reader, scoring, text
from tests.review_factories import Review
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.saved_scenarios import keep_scenario
from workflows.score_books import records_of

pytestmark = pytest.mark.django_db
#: The weights as published (`PRESETS`), as the form sends them.
FORM = {"rule": "mean", "quota": "1", "pass_score": "75", "reserve_count": "1"}
KEPT = {**FORM, "name": "取算术平均", "note": "应组长要求"}


@pytest.fixture(scope="module")
def shut(module_db: None) -> Review:
    """A round that has closed; what a test keeps with it is gone after the test."""
    return closed()


def ask(user: Any, r: Review, **changes: str) -> Any:
    return reader(user).get(path(r), {**FORM, **changes})


def keep(user: Any, url: str, **changes: str) -> Any:
    return reader(user).post(url, {**KEPT, **changes})


# --- who crosses the line -------------------------------------------------------------------------------


def test_under_the_mean_the_bid_with_one_low_score_leaves_and_another_enters(shut: Review) -> None:
    r = shut  # trimmed: 91.00 before 88.00; mean: 81.20 after 88.00 and 85.00
    page = ask(r.w.officer, r).content.decode()
    assert "1 项进线" in page
    assert "1 项出线" in page
    assert "91.00 → <b>81.20</b>" in page
    assert "1 → <b>3</b>" in page


def test_the_published_rules_change_nothing_and_a_harmless_change_is_called_that(shut: Review) -> None:
    r = shut
    assert "与公布的规则相同，结论没有变化" in ask(r.w.officer, r, rule="trim1").content.decode()
    assert "决定经得起这样的改动" in ask(r.w.officer, r, rule="trim1", pass_score="70").content.decode()


def test_more_places_and_a_higher_line_move_bids_across(shut: Review) -> None:
    r = shut
    assert "1 项进线" in ask(r.w.officer, r, rule="trim1", quota="2").content.decode()
    assert "1 项出线" in ask(r.w.officer, r, rule="trim1", pass_score="95").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"w_GOAL": "15"}, "指标权重合计应为 100，现为 95：请在某项指标上增加 5。"),
        ({"w_GOAL": "20.5"}, "指标权重合计应为 100，现为 100.5：请在某项指标上减少 0.5。"),
        ({"rule": "grouped", "k_TECHNICAL": "60"}, "专家类别权重合计应为 100%，现为 60%：请在某一类上增加 40。"),
        ({"w_GOAL": "很多"}, "请填写数字"),
        ({"rule": "best"}, "best"),
        ({"quota": "-1"}, "0"),
        ({"pass_score": "101"}, "100"),
    ],
)
def test_a_form_that_cannot_be_computed_names_what_to_mend_and_keeps_what_was_entered(
    shut: Review, changes: dict[str, str], sentence: str
) -> None:
    r = shut
    answer = ask(r.w.officer, r, **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "项进线" not in page
    answer = keep(r.w.officer, path(r, "scenarios/"), **changes)
    assert answer.status_code == 422
    assert not SavedScenario.objects.exists()


# --- kept with the file ---------------------------------------------------------------------------------


def test_a_kept_scenario_opens_with_the_same_figures_and_is_on_record(shut: Review) -> None:
    r = shut
    answer = keep(r.w.officer, path(r, "scenarios/"))
    kept = SavedScenario.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{path(r)}?saved={kept.pk}#what-if"
    page = text(r.w.officer, path(r), saved=kept.pk)
    assert "91.00 → <b>81.20</b>" in page
    assert "重新计算的结果与存档时的摘要一致" in page
    entry = AuditEntry.objects.get(object_type="review.savedscenario", object_id=str(kept.pk))
    assert (entry.actor_id, entry.role, entry.reason) == (r.w.officer.pk, "OFF", "应组长要求")
    assert entry.payload["result_digest"] == kept.result_digest
    assert entry.payload["about"] == f"review.reviewround:{r.round.pk}"


def test_keeping_touches_no_score_no_state_and_no_version(shut: Review) -> None:
    def facts(r: Review) -> list[Any]:
        bids = list(Bid.objects.order_by("pk").values_list("pk", "score", "state", "version"))
        return [
            bids,
            list(ScoreSheet.objects.order_by("pk").values_list("pk", "total", "state", "version")),
            r.round.version,
        ]

    r = shut
    before = facts(r)
    keep(r.w.officer, path(r, "scenarios/"))
    assert SavedScenario.objects.exists()
    assert facts(r) == before
    assert "不改变任何分数和结论" in ask(r.w.officer, r).content.decode()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE review_savedscenario SET note = 'x'",
        "UPDATE review_savedscenario SET scenario = '{}', digest = ''",
        "DELETE FROM review_savedscenario",
        "TRUNCATE review_savedscenario",
        "UPDATE review_savedscenario SET note = 'x' WHERE false",
    ],
)
def test_what_was_kept_cannot_be_changed_even_by_sql(shut: Review, sql: str) -> None:
    r = shut
    keep(r.w.officer, path(r, "scenarios/"))
    with (
        pytest.raises(DatabaseError, match="review_savedscenario"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert SavedScenario.objects.get().note == "应组长要求"


def test_a_scenario_belongs_to_one_round_or_one_list(shut: Review) -> None:
    r = shut
    keep(r.w.officer, path(r, "scenarios/"))
    columns = "round_id, challenge_list_id, scenario, digest, book_digest, result_digest, note, by_id, role, at"
    for values in ("NULL, NULL", f"round_id, {r.w.challenge_list.pk}"):
        sql = f"INSERT INTO review_savedscenario ({columns}) SELECT {values}, {columns.split(', ', 2)[2]} FROM review_savedscenario"
        with (
            pytest.raises(DatabaseError, match="one_round_or_list"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_the_export_holds_rules_figures_and_digests(shut: Review) -> None:
    r = shut
    keep(r.w.officer, path(r, "scenarios/"))
    kept = SavedScenario.objects.get()
    answer = reader(r.w.officer).get(f"/scenarios/{kept.pk}/scenario.json")
    found = json.loads(answer.content)
    assert found["kept"]["result"] == found["result_digest"] == kept.result_digest
    assert found["result"]["after"]["rule"] == "mean"
    first, third = r.bids[0].number, r.bids[3].number
    assert (found["result"]["leaving"], found["result"]["entering"]) == ([first], [third])
    assert found["result"]["scores"][first] == ["91.00", "81.20"]


def test_a_whole_list_has_scenarios_of_its_own(shut: Review) -> None:
    r = shut
    assert keep(r.w.lead, list_path(r, "scenarios/")).status_code == 302
    kept = SavedScenario.objects.get()
    assert (kept.challenge_list, kept.round, kept.role) == (r.w.challenge_list, None, "LEAD")
    assert "1 项进线" in text(r.w.lead, list_path(r), saved=kept.pk)
    assert reader(r.w.lead).get(path(r), {"saved": kept.pk}).status_code == 404


def test_who_may_not_look_may_not_keep_nor_read_what_was_kept() -> None:
    r = collating()
    assert keep(r.secretary, path(r, "scenarios/")).status_code == 302
    kept = SavedScenario.objects.get()
    outsiders = (r.w.officer, r.w.teams[0].pi, made.expert(r.w).user)
    for user in outsiders:
        assert keep(user, path(r, "scenarios/")).status_code in (403, 404)
        assert reader(user).get(f"/scenarios/{kept.pk}/scenario.json").status_code == 404
        assert not scenarios_visible_to(user).exists()
        records = records_of([r.round])
        with pytest.raises(Refused):
            keep_scenario(r.round, records, records.published, by=user)
    assert SavedScenario.objects.count() == 1


def test_what_was_kept_of_a_round_that_was_broken_off_stays_with_secretary_and_supervisor() -> None:
    r = scoring(2)
    with on(made.SCORED):
        made.score(r.seats("PLEDGED")[0], "90", "80")
        keep(r.secretary, path(r, "scenarios/"))
        perform(ReviewRoundFlow, r.round, "abort", by=r.w.supervisor, reason=made.REASON)
    kept = SavedScenario.objects.get()
    assert not scenarios_visible_to(r.w.officer).exists()
    assert reader(r.w.officer).get(path(r)).status_code == 403
    assert scenarios_visible_to(r.secretary).exists()
    assert "还没有专家提交评分" in text(r.secretary, path(r))
    assert reader(r.secretary).get(f"/scenarios/{kept.pk}/scenario.json").status_code == 404


def test_a_chair_who_kept_one_is_not_named_to_the_staff() -> None:
    r = collating()
    chair = r.chair
    chair.name = "组长真名"
    chair.save(update_fields=["name"])
    keep(chair, path(r, "scenarios/"))
    made.close(r)
    assert SavedScenario.objects.get().role == "CHR"
    assert "组长真名" in text(r.secretary, path(r))
    assert "组长真名" not in text(r.w.officer, path(r))
    assert "取算术平均" in text(r.w.officer, path(r))
