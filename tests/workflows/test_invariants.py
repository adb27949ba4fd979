"""Every invariant is broken once behind the engine's back, with the triggers off, and must be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Record
from projects.models import Bid, Certificate, PublicNotice, Tranche
from review.models import DrawRecord, Expert, ScoreSheet
from tests import delivery_factories as f
from workflows import invariants
from workflows.engine import FLOWS, perform
from workflows.models import AuditEntry
from workflows.tranche import TrancheFlow

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 6, 15)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    """A running race of two lanes, the first payment of each made."""
    w = f.world(f.RACE_21)
    f.running_race(w, 2)
    for project in w.projects:
        tranche = project.tranches.get(no=1)
        with f.on(PAID_ON):
            perform(TrancheFlow, tranche, "request", by=project.pi)
            perform(TrancheFlow, tranche, "approve", by=w.lead)
            perform(TrancheFlow, tranche, "pay", by=w.finance, paid_on=PAID_ON)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> Iterator[f.World]:
    with transaction.atomic():
        yield f.fresh(w_base)
        # Undone here already: at the test's end the deferred triggers judge once more.
        transaction.set_rollback(True)


@contextmanager
def triggers_off() -> Iterator[None]:
    """What a superuser can do; constraints still hold, and the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def execute(sql: str, *params: object) -> None:
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount == 1


def handed_in(w: f.World) -> Bid:
    return w.challenge.bids.filter(state__in=Bid.HANDED_IN).order_by("pk")[0]


def a_sheet(w: f.World) -> ScoreSheet:
    return ScoreSheet.objects.filter(bid=handed_in(w), state="LOCKED").order_by("pk")[0]


def expert_of(sheet: ScoreSheet) -> Expert:
    return sheet.assignment.expert


def paid(w: f.World) -> Tranche:
    return Tranche.objects.filter(project=w.projects[1], state="PAID").get()


# --- what a superuser may do, and the sentence that names the record ----------------------------------


def alter_a_state(w: f.World) -> str:
    project = w.projects[0]
    execute("UPDATE projects_project SET state = 'CLOSED' WHERE id = %s", project.pk)
    return f"projects.Project {project.pk}: CLOSED，链上是 {project.state}"


def insert_a_record_without_entry(w: f.World) -> str:
    columns = [field.column for field in PublicNotice._meta.concrete_fields if field.column not in ("id", "number")]
    names = ", ".join(columns)
    sql = (
        "INSERT INTO projects_publicnotice (number, {0}) SELECT 'FORGED', {0} FROM projects_publicnotice WHERE id = %s"
    )
    execute(sql.format(names), w.notice.pk)
    return f"projects.PublicNotice {PublicNotice.objects.get(number='FORGED').pk}: "


def delete_a_record(w: f.World) -> str:
    tranche = paid(w)
    execute("DELETE FROM projects_tranche WHERE id = %s", tranche.pk)
    return f"projects.Tranche {tranche.pk}: 链上第 "


def alter_a_snapshot(w: f.World) -> str:
    bid = handed_in(w)
    sql = "UPDATE projects_bid SET snapshot = jsonb_set(snapshot, '{title}', '\"换掉的题目\"') WHERE id = %s"
    execute(sql, bid.pk)
    return f"申请 {bid.pk} 的封存内容"


def alter_the_digest(w: f.World) -> str:
    bid = handed_in(w)
    execute("UPDATE projects_bid SET snapshot_sha256 = repeat('0', 64) WHERE id = %s", bid.pk)
    return f"申请 {bid.pk} 的封存内容"


def tally_anew(sheet: ScoreSheet) -> None:
    """Whoever alters a score has the tally agree with it."""
    execute("SELECT tally_review(%s, %s)", sheet.assignment.round_id, sheet.bid_id)


def alter_a_tally(w: f.World) -> str:
    sheet = a_sheet(w)
    execute("UPDATE review_reviewtally SET mean = mean - 1 WHERE bid_id = %s", sheet.bid_id)
    return f"申请 {sheet.bid_id} 的汇总行"


def alter_a_total(w: f.World) -> str:
    sheet = a_sheet(w)
    execute("UPDATE review_scoresheet SET total = total - 1 WHERE id = %s", sheet.pk)
    tally_anew(sheet)
    return f"评分表 {sheet.pk} 的总分 {sheet.total - 1}"


def alter_the_points(w: f.World) -> str:
    item = a_sheet(w).items.order_by("pk")[0]
    execute("UPDATE review_scoreitem SET value = value - 0.5 WHERE id = %s", item.pk)
    return f"评分表 {item.sheet_id} 的总分"


def alter_points_and_total_alike(w: f.World) -> str:
    """The table is sound in itself; only the entry of the submission knows better."""
    item = a_sheet(w).items.order_by("pk")[0]
    execute("UPDATE review_scoreitem SET value = value - 0.5 WHERE id = %s", item.pk)
    execute("UPDATE review_scoresheet SET total = total - 0.5 WHERE id = %s", item.sheet_id)
    tally_anew(item.sheet)
    return f"评分表 {item.sheet_id} 的总分"


def remove_the_points(w: f.World) -> str:
    sheet = a_sheet(w)
    for item in sheet.items.all():
        execute("DELETE FROM review_scoreitem WHERE id = %s", item.pk)
    return f"评分表 {sheet.pk} 的总分"


def raise_a_payment(w: f.World) -> str:
    project = w.projects[0]
    sql = "UPDATE projects_tranche SET amount_yuan = %s WHERE project_id = %s AND no = 1"
    execute(sql, project.award_yuan + 1, project.pk)
    return f"项目 {project.number} 计划拨付"


def lower_the_award(w: f.World) -> str:
    project = w.projects[0]
    execute("UPDATE projects_project SET award_yuan = 1 WHERE id = %s", project.pk)
    return f"项目 {project.number} 计划拨付"


def pay_for_a_milestone_not_passed(w: f.World) -> str:
    tranche = paid(w)
    milestone = tranche.project.milestones.get(no=1)
    execute("UPDATE projects_tranche SET milestone_id = %s WHERE id = %s", milestone.pk, tranche.pk)
    return f"{tranche.project.number} 第{tranche.no}笔 已拨付"


def seat_a_friend(w: f.World) -> str:
    draw = DrawRecord.objects.get(round__challenge=w.challenge)
    execute("UPDATE review_drawrecord SET record = jsonb_set(record, '{seats,0}', '\"friend\"') WHERE id = %s", draw.pk)
    return f"抽取记录 {draw.pk} 不能重放："


def alter_a_filter_of_the_draw(w: f.World) -> str:
    """The draw still follows from seed and candidates; only the chain knows how many were sorted out."""
    draw = DrawRecord.objects.get(round__challenge=w.challenge)
    execute("UPDATE review_drawrecord SET record = jsonb_set(record, '{filters,C01}', '99') WHERE id = %s", draw.pk)
    return f"抽取记录 {draw.pk} 与审计记录不符"


def let_an_expert_judge_his_unit(w: f.World) -> str:
    sheet = a_sheet(w)
    sql = "UPDATE review_expert SET organisation_id = %s WHERE id = %s"
    execute(sql, sheet.bid.organisation_id, expert_of(sheet).pk)
    return f"评分表 {sheet.pk} 的专家"


def let_an_expert_judge_himself(w: f.World) -> str:
    sheet = a_sheet(w)
    execute("UPDATE projects_bid SET pi_id = %s WHERE id = %s", expert_of(sheet).user_id, sheet.bid_id)
    return f"评分表 {sheet.pk} 的专家"


def let_an_expert_judge_what_he_is_blocked_from(w: f.World) -> str:
    sheet = a_sheet(w)
    sql = (
        "INSERT INTO review_conflictfinding (expert_id, bid_id, code, severity, evidence, found_at)"
        " VALUES (%s, %s, 'C04', 'BLOCK', '曾任职', %s)"
    )
    execute(sql, expert_of(sheet).pk, sheet.bid_id, sheet.created_at)
    return f"评分表 {sheet.pk} 的专家应当回避（C04）"


def alter_an_entry(w: f.World) -> str:
    seq = AuditEntry.objects.order_by("seq")[10].seq
    execute("UPDATE workflows_auditentry SET reason = '事后改写' WHERE seq = %s", seq)
    return f"第 {seq} 条记录的内容被改动"


def remove_an_entry(w: f.World) -> str:
    seq = AuditEntry.objects.order_by("seq")[10].seq
    execute("DELETE FROM workflows_auditentry WHERE seq = %s", seq)
    return f"第 {seq} 条记录缺失"


@dataclass(frozen=True)
class Break:
    how: Callable[[f.World], str]
    #: What must be found, and nothing else.
    found: str

    def __str__(self) -> str:
        return f"{self.found}-{self.how.__name__}"


BREAKS = [
    Break(alter_a_state, "state_is_what_the_chain_says"),
    Break(insert_a_record_without_entry, "state_is_what_the_chain_says"),
    Break(delete_a_record, "no_record_of_the_chain_is_gone"),
    Break(alter_a_snapshot, "handed_in_bid_matches_its_digest"),
    Break(alter_the_digest, "handed_in_bid_matches_its_digest"),
    Break(alter_a_total, "score_is_what_was_submitted"),
    Break(alter_the_points, "score_is_what_was_submitted"),
    Break(alter_points_and_total_alike, "score_is_what_was_submitted"),
    Break(remove_the_points, "score_is_what_was_submitted"),
    Break(alter_a_tally, "tally_is_what_the_sheets_say"),
    Break(raise_a_payment, "money_stays_within_the_award"),
    Break(lower_the_award, "money_stays_within_the_award"),
    Break(pay_for_a_milestone_not_passed, "paid_only_on_a_passed_milestone"),
    Break(seat_a_friend, "draw_replays_as_the_chain_has_it"),
    Break(alter_a_filter_of_the_draw, "draw_replays_as_the_chain_has_it"),
    Break(let_an_expert_judge_his_unit, "nobody_judges_his_own_unit"),
    Break(let_an_expert_judge_himself, "nobody_judges_his_own_unit"),
    Break(let_an_expert_judge_what_he_is_blocked_from, "nobody_judges_a_blocked_pair"),
    Break(alter_an_entry, "chain_verifies"),
    Break(remove_an_entry, "chain_verifies"),
]


def report() -> tuple[int, str]:
    """Exit code and output of the command."""
    out = StringIO()
    try:
        call_command("check_invariants", stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_sound_database_passes(w: f.World) -> None:
    assert invariants.broken() == {}
    code, said = report()
    assert code == 0
    assert said.splitlines() == [f"✓ {name}" for name in invariants.INVARIANTS]


def test_every_invariant_is_broken_here_once() -> None:
    assert {b.found for b in BREAKS} == set(invariants.INVARIANTS)


@pytest.mark.parametrize("case", BREAKS, ids=str)
def test_what_was_broken_is_found_and_named(w: f.World, case: Break) -> None:
    sentence = case.how(w)
    found = invariants.broken()
    assert list(found) == [case.found]
    assert any(sentence in line for line in found[case.found])
    code, said = report()
    assert code == 1
    assert f"✗ {case.found}\n" in said
    assert sentence in said
    assert said.count("✗") == 1


def stateful_models() -> list[type[Record]]:
    return sorted((flow.model for flow in FLOWS.values()), key=lambda model: model.__name__)


@pytest.mark.parametrize("model", stateful_models(), ids=lambda model: model.__name__)
def test_a_forged_state_of_any_machine_is_found(w: f.World, model: type[Record]) -> None:
    row = model._default_manager.order_by("pk").first()
    if row is None:
        pytest.skip("none in a running race")
    also = ", number = 'X', serial = 1, issued_on = now()" if model is Certificate else ""  # the database insists
    execute(f"UPDATE {model._meta.db_table} SET state = 'FORGED'{also} WHERE id = %s", row.pk)
    assert any(
        line.startswith(f"{model._meta.label} {row.pk}: FORGED，")
        for line in invariants.broken()["state_is_what_the_chain_says"]
    )


def test_the_command_names_the_first_twenty_of_many(w: f.World) -> None:
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_auditentry SET to_state = 'X'")
    assert len(invariants.broken()["state_is_what_the_chain_says"]) > 20
    code, said = report()
    lines = said.split("✗ state_is_what_the_chain_says\n")[1].split("\n✓")[0].splitlines()
    assert (code, len(lines)) == (1, 20)
