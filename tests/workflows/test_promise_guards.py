"""No promise below what is asked, no later paper below what was promised: the database refuses it in plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.indicators import Comparator, is_comparable, not_weaker
from projects.models import Bid, Indicator, IndicatorResponse, Milestone, Project
from tests import delivery_factories as f
from workflows.bid import BidFlow
from workflows.engine import perform
from workflows.formal_check_items import automatic_items

pytestmark = pytest.mark.django_db
#: One indicator of each kind: at least 100, at most 10, done, 20～40, exactly 3. What is promised is what is asked.
LOWER = {1: ("99.9999", None), 2: ("10.0001", None), 3: ("0", None), 4: ("19.9999", "40"), 5: ("3.0001", None)}
WIDER = {4: ("20", "40.0001")}
STRICTER = {1: ("100.0001", None), 2: ("9", None), 3: ("1", None), 4: ("25", "30"), 5: ("3", None)}


@pytest.fixture(scope="module")
def w_base(module_db: None) -> Iterator[f.World]:
    three = f.add_indicators

    def five(challenge: object) -> None:
        three(challenge)  # type: ignore[arg-type]
        more = {"challenge": challenge, "check_method": "第三方测试", "unit": "ppm"}
        Indicator.objects.create(no=4, name="温漂", comparator="range", target=20, target_high=40, **more)
        Indicator.objects.create(no=5, name="接口数", comparator="=", target=3, milestone_values={"1": "3"}, **more)

    class AsAsked:
        class objects:
            @staticmethod
            def create(*, bid: Bid, indicator: Indicator, promised: Decimal) -> None:
                IndicatorResponse.objects.create(
                    bid=bid, indicator=indicator, promised=promised, promised_high=indicator.target_high
                )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(f, "add_indicators", five)
        patched.setattr(f, "IndicatorResponse", AsAsked)
        w = f.world()
        f.active_project(w)
        yield w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def draft_of(w: f.World) -> Bid:
    challenge = f.published_list(w).challenges.get()
    with f.on(date(2026, 4, 1)):
        return f.complete_draft(w, challenge, f.team(w))


def refused(sql: str, *values: object) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(caught.value)


def new_edition(
    project: Project, no: int, ends: tuple[str, str | None], changes: dict[str, object] | None = None
) -> tuple[str, list[object]]:
    """SQL of an edition 2 that differs in one row."""
    rows = [dict(row) for row in project.task_books.get().indicators]
    row = next(row for row in rows if row["no"] == no)
    row["target"], row["target_high"] = ends
    if ends[1] is None:
        del row["target_high"]
    row.update(changes or {})
    sql = "INSERT INTO projects_taskbook (project_id, edition, indicators, budget_yuan, commitment) VALUES (%s, 2, %s, 1, 'x')"
    return sql, [project.pk, connection.ops.adapt_json_value(rows, None)]


@pytest.mark.parametrize(("no", "ends"), [*LOWER.items(), *WIDER.items()])
def test_rule_2_3_no_edition_of_a_task_book_is_below_the_promise(
    w: f.World, no: int, ends: tuple[str, str | None]
) -> None:
    sql, values = new_edition(w.projects[0], no, ends)
    assert "is below the promise" in refused(sql, *values)


@pytest.mark.parametrize(("no", "ends"), STRICTER.items())
def test_a_stricter_edition_is_taken(w: f.World, no: int, ends: tuple[str, str | None]) -> None:
    sql, values = new_edition(w.projects[0], no, ends)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    assert w.projects[0].task_books.count() == 2


@pytest.mark.parametrize(
    ("no", "changes"),
    [(1, {"comparator": "<="}), (1, {"unit": "次/秒"}), (1, {"is_must": False}), (1, {"no": 9}), (1, {"target": "NaN"}),
     (1, {"target": None}), (1, {"target_high": "200"}), (4, {"target_high": None})],
    ids=str,
)  # fmt: skip
def test_a_promise_is_not_dropped_by_another_sign_unit_number_or_weight(
    w: f.World, no: int, changes: dict[str, object]
) -> None:
    kept = {1: ("100", None), 4: ("20", "40")}[no]
    sql, values = new_edition(w.projects[0], no, kept, changes)
    assert "is below the promise" in refused(sql, *values)


def test_an_unsigned_task_book_is_never_lowered_either(w: f.World) -> None:
    sql, values = new_edition(w.projects[0], 1, ("100", None))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    assert "is below the promise" in refused("UPDATE projects_taskbook SET indicators = '[]' WHERE edition = 2")


@pytest.mark.parametrize(
    "sql",
    ["UPDATE projects_indicatorresponse SET promised = promised - 1", "DELETE FROM projects_indicatorresponse",
     "UPDATE projects_indicatorresponse SET promised = promised + 1"],
)  # fmt: skip
def test_promises_stay_once_the_bid_is_handed_in(w: f.World, sql: str) -> None:
    bid = w.projects[0].bid
    assert "never change" in refused(f"{sql} WHERE bid_id = %s", bid.pk)


@pytest.mark.parametrize(
    "change",
    ["target = target + 1", "comparator = '<='", "unit = '次'", "is_must = NOT is_must", "milestone_values = '{}'"],
)
def test_what_a_posted_challenge_asks_for_stays(w: f.World, change: str) -> None:
    sql = f"UPDATE projects_indicator SET {change} WHERE challenge_id = %s AND no = 1"
    assert "never changes" in refused(sql, w.projects[0].bid.challenge_id)


@pytest.mark.parametrize("no", LOWER)
def test_rule_2_3_no_bid_is_handed_in_below_what_is_asked_even_by_sql(w: f.World, no: int) -> None:
    """The snapshot is what counts: the one that is written says less than the challenge."""
    bid = draft_of(w)
    weak = "~".join(end for end in LOWER[no] if end)
    rows = [
        {
            "no": i.no,
            "promised": weak if i.no == no else "~".join(str(e) for e in (i.target, i.target_high) if e is not None),
        }
        for i in bid.challenge.indicators.all()
    ]
    sql = (
        "UPDATE projects_bid SET state = 'SUBMITTED', snapshot = %s, snapshot_sha256 = repeat('0', 64),"
        " handed_in_at = now() WHERE id = %s"
    )
    told = refused(sql, connection.ops.adapt_json_value({"responses": rows}, None), bid.pk)
    assert "promises less than was asked" in told
    rows.pop()
    assert "promises less" in refused(sql, connection.ops.adapt_json_value({"responses": rows}, None), bid.pk)


def test_a_correction_below_the_first_promise_is_refused(w: f.World) -> None:
    """In the database as in `promises_are_kept`: 120 was promised, 110 comes back, and 100 was asked for."""
    bid = draft_of(w)
    bid.responses.filter(indicator__no=1).update(promised=120)
    with f.on(date(2026, 4, 2)):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_bid SET state = 'CORRECTION' WHERE id = %s", [bid.pk])
    assert bid.snapshot is not None
    sql = (
        "UPDATE projects_bid SET state = 'FORMAL_CHECK', snapshot = jsonb_set(snapshot, '{responses,0,promised}',"
        " to_jsonb(%s::text)) WHERE id = %s"
    )
    assert "promised before" in refused(sql, "110", bid.pk)
    with connection.cursor() as cursor:
        cursor.execute(sql, ["120", bid.pk])
        assert cursor.rowcount == 1
    transaction.set_rollback(True)  # states by SQL have no entry


@pytest.mark.parametrize(("no", "ends"), [(1, ("29", None)), (4, ("19", "40")), (5, ("4", None))])
def test_no_node_asks_for_less_than_was_planned_or_promised(w: f.World, no: int, ends: tuple[str, str | None]) -> None:
    """Number 1 is planned at 30 for the first node, number 4 not at all: there the promise counts."""
    node = Milestone.objects.get(project=w.projects[0], no=1)
    indicator = w.projects[0].bid.challenge.indicators.get(no=no)
    node.indicators.filter(indicator=indicator).delete()
    sql = (
        "INSERT INTO projects_milestoneindicator (milestone_id, indicator_id, target, target_high, test_body)"
        " VALUES (%s, %s, %s, %s, '')"
    )
    assert "asks for less" in refused(sql, node.pk, indicator.pk, *ends)
    planned = {1: ("30", None), 4: ("20", "40"), 5: ("3", None)}[no]
    with connection.cursor() as cursor:
        cursor.execute(sql, [node.pk, indicator.pk, *planned])


ends = st.decimals(-50, 50, places=1)


@settings(max_examples=200)
@given(st.sampled_from(Comparator), ends, st.none() | ends, ends, st.none() | ends)
def test_the_database_compares_as_the_program_does(
    comparator: Comparator, low: Decimal, high: Decimal | None, own_low: Decimal, own_high: Decimal | None
) -> None:
    if comparator == Comparator.BOOLEAN:
        low, own_low = Decimal(low > 0), Decimal(own_low > 0)
    high = None if comparator != Comparator.RANGE else max(low, high or low)
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_weaker(%s, %s, %s, %s, %s)", [comparator, low, high, own_low, own_high])
        weaker = cursor.fetchone()[0]
    expected = not is_comparable(comparator, own_low, own_high) or not not_weaker(
        comparator, low, own_low, high, own_high
    )
    assert weaker is expected


def test_the_automatic_item_would_name_it_all_the_same(w: f.World) -> None:
    """No such bid can be handed in; a draft shows what the item would say (F07, domain 2.4)."""
    bid = draft_of(w)
    bid.responses.filter(indicator__no=1).update(promised=99)
    bid.responses.get(indicator__no=2).delete()
    found = {item.code: item.note for item in automatic_items(bid, date(2026, 4, 29)) if not item.passed}
    assert found["F07"] == "未响应或低于要求：单节点写入吞吐、写入延迟"
