"""Bands, veto grounds and reasons of a sheet (domain 3.1.b, 3.1.f): gaps are gaps, and who stops a bid says why."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from projects.draft_writing import Change
from projects.presets import PRESETS
from projects.rules import BandRule, CriterionRule, Rules
from review.calibration.conduct import band_breaches
from review.models import ScoreItem, ScoreSheet
from tests import review_factories as f
from tests.delivery_factories import commit_sql, on
from tests.review_factories import COMMENT, LONG, SCORED, Review
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused
from workflows.score_sheet import ScoreSheetFlow
from workflows.sheet_conduct import ticked_bands
from workflows.sheet_writing import write_sheet_cells

BANDED = PRESETS["BANDED"]
STANDING = BANDED.criteria[0]
TOP = {
    "score_standing": "18",
    "score_technology": "26",
    "score_basis": "17",
    "score_market": "13",
    "score_benefit": "12",
}


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(1, rules=BANDED)))))))


@pytest.fixture
def mine(base: Review, db: None) -> ScoreSheet:
    return f.sheet(base.seats()[0])


def step(row: ScoreSheet, name: str = "submit", **more: Any) -> ScoreSheet:
    inputs = {**TOP, "recommendation": "RECOMMEND", "comment": COMMENT, **more}
    with on(SCORED):
        return perform(ScoreSheetFlow, row, name, by=row.assignment.expert.user, **inputs)


def faults(row: ScoreSheet, **more: Any) -> dict[str, list[str]]:
    with pytest.raises(Refused) as caught:
        step(row, **more)
    assert ScoreItem.objects.filter(sheet=row).count() == 0, "nothing is left behind"
    return caught.value.fields


# --- rule sets ----------------------------------------------------------------------------------


def banded(*bands: BandRule) -> list[str]:
    return CriterionRule("ONE", "企业状况", 20, bands=bands).band_problems()


@pytest.mark.parametrize(
    ("bands", "sentence"),
    [
        ((BandRule("高", 12, 20), BandRule("低", 0, 12)), "“企业状况”的档次“低”（0–12 分）与“高”（12–20 分）重叠"),
        ((BandRule("高", 12, 21),), "“企业状况”的档次“高”（12–21 分）应在 0–20 分之间，且下限不高于上限"),
        ((BandRule("高", 20, 12),), "且下限不高于上限"),
        ((BandRule("高", 16, 20), BandRule("高", 0, 8)), "“企业状况”的档次名称应各不相同，1–40 字"),
        ((BandRule(" ", 0, 20),), "“企业状况”的档次名称应各不相同，1–40 字"),
        ((BandRule("低", 0, 8),), "“企业状况”最高档应到满分 20 分，现到 8 分"),
    ],
)
def test_bands_that_no_sheet_could_be_filled_in_with_keep_a_rule_set_from_being_published(bands, sentence):
    assert any(sentence in problem for problem in banded(*bands))
    rules = replace(BANDED, criteria=(replace(STANDING, name="企业状况", bands=bands), *BANDED.criteria[1:]))
    assert any(sentence in problem for problem in rules.problems())


def test_a_veto_item_has_no_bands():
    veto = CriterionRule("VETO", "一票否决", 0, veto=True, bands=(BandRule("有", 0, 0),))
    assert veto.band_problems() == ["一票否决项“一票否决”不计分，不能设档次"]


def test_bands_survive_storage_and_older_sets_have_none():
    assert Rules.from_data(BANDED.to_data()).criteria == BANDED.criteria
    assert CriterionRule(code="GOAL", name="目标", max_score=20, veto=False).bands == ()


@each(st.integers(0, 40))
def test_the_nearest_allowed_points_are_never_above_and_always_in_a_band(halves):
    points = Decimal(halves) / 2
    found = STANDING.at_most(points)
    assert any(band.low <= found <= band.high for band in STANDING.bands)
    assert found <= points


# --- points and bands ---------------------------------------------------------------------------


def test_rule_3_1_points_outside_the_ticked_band_are_refused_by_name_and_range(mine):
    found = faults(mine, score_standing="15", band_standing="国内前三")
    assert found["score_standing"] == ["“企业状况”勾选的是“国内前三”（16–20 分），给分 15 不在其中，请改分或改档。"]
    assert step(mine, score_standing="16", band_standing="国内前三").state == "SUBMITTED"


@pytest.mark.parametrize("value", ["8.5", "9", "11.5", "15.5"])
def test_rule_3_1_points_in_a_gap_between_bands_are_refused_with_all_bands_named(mine, value):
    (sentence,) = faults(mine, score_standing=value)["score_standing"]
    assert "不在任何一档之内" in sentence
    assert "“国内前三”（16–20 分）、“国内前十”（12–15 分）、“其他”（0–8 分）" in sentence


@pytest.mark.parametrize(
    ("value", "label"), [("0", "其他"), ("8", "其他"), ("12", "国内前十"), ("15", "国内前十"), ("20", "国内前三")]
)
def test_a_band_that_was_not_ticked_is_the_one_in_which_the_points_lie(mine, value, label):
    step(mine, score_standing=value, comment=LONG)
    assert mine.items.get(criterion="STANDING").band == label


def test_a_band_that_the_criterion_does_not_have_is_refused(mine):
    assert "band_standing" in faults(mine, band_standing="世界第一")


def test_a_draft_may_contradict_its_band_until_it_is_handed_in(mine):
    step(mine, "save_draft", score_standing="15", band_standing="国内前三")
    assert mine.items.get(criterion="STANDING").band == "国内前三"
    (flag,) = band_breaches(ticked_bands([mine]))
    assert flag.code == "D7"
    assert "“企业状况”勾选“国内前三”（16–20 分），给分 15.0" in flag.message


def test_the_bands_are_in_the_audit_entry_and_no_sql_changes_them(mine):
    step(mine, band_standing="国内前三")
    entry = AuditEntry.objects.get(object_type="review.scoresheet", object_id=str(mine.pk), transition="submit")
    assert entry.payload["bands"] == {
        "STANDING": "国内前三", "TECHNOLOGY": "领先", "BASIS": "扎实", "MARKET": "广阔", "BENEFIT": "增长 40% 以上",
    }  # fmt: skip
    with pytest.raises(Exception, match="never change"):
        commit_sql("UPDATE review_scoreitem SET band = '其他' WHERE sheet_id = %s", mine.pk)


# --- vetoes and reasons -------------------------------------------------------------------------


def test_rule_3_1_a_veto_names_its_grounds_one_by_one_and_gives_its_reason(mine):
    assert faults(mine, veto=True, comment=LONG)["veto"] == [
        "一票否决须指明是哪一项：科研诚信、安全、科技伦理、未覆盖榜题全部必达指标；请勾选。"
    ]
    assert faults(mine, veto_ethics=True, comment=LONG)["veto_reason"] == [
        "一票否决须逐项说明理由，不少于 20 字；请补写理由。"
    ]
    step(mine, veto_ethics=True, veto_coverage=True, veto_reason="理" * 20, comment=LONG)
    assert (mine.is_vetoed, mine.veto_grounds, mine.veto_reason) == (True, ["ETHICS", "COVERAGE"], "理" * 20)
    with pytest.raises(Exception, match="never change"):
        commit_sql("UPDATE review_scoresheet SET veto_grounds = '[\"SAFETY\"]' WHERE id = %s", mine.pk)


def test_the_database_knows_no_veto_without_grounds(mine):
    step(mine)
    with pytest.raises(Exception, match=r"veto_names_its_grounds|never change"):
        commit_sql("UPDATE review_scoresheet SET is_vetoed = true WHERE id = %s", mine.pk)


@pytest.mark.parametrize(
    ("points", "needs"),
    [
        ({"score_standing": "20", "score_technology": "29", "score_basis": "16", "score_market": "13", "score_benefit": "12"}, True),  # 90
        ({"score_standing": "20", "score_technology": "28.5", "score_basis": "16", "score_market": "13", "score_benefit": "12"}, False),
        ({"score_standing": "8", "score_technology": "18", "score_basis": "12", "score_market": "11", "score_benefit": "11"}, False),  # 60
        ({"score_standing": "8", "score_technology": "17", "score_basis": "12", "score_market": "11", "score_benefit": "11"}, True),
    ],
)  # fmt: skip
def test_rule_3_1_totals_of_ninety_and_more_or_below_sixty_are_explained(mine, points, needs):
    if needs:
        (sentence,) = faults(mine, **points, comment="理" * 49)["comment"]
        assert "须在评审意见中说明理由，不少于 50 字" in sentence
    assert step(mine, **points, comment="理" * (50 if needs else 20)).state == "SUBMITTED"


def test_a_band_is_ticked_by_its_expert_alone_until_the_submission(mine):
    """A page that shows no band would otherwise conflict with one that nobody ticked."""
    with on(SCORED):
        for path, text in (("score_standing", "15"), ("band_standing", "国内前三"), ("score_standing", "17")):
            base = "15" if text == "17" else ""
            (found,) = write_sheet_cells(
                mine, [Change(path, base, text, uuid4())], by=mine.assignment.expert.user, client=uuid4()
            )
            assert found.outcome == "saved"
    assert found.fault == ""
    item = mine.items.get()
    assert (item.value, item.band) == (17, "国内前三")
