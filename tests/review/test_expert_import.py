"""A table of experts: each row's fate is told before anything is written, and exactly that is written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organisation, Role, UnitAlias, User
from accounts.uscc import generate_uscc
from review.models import Expert, ExpertImport
from review.pool.fates import plans_of
from review.pool.preview import read_import, rows_of
from tests import delivery_factories as made
from tests import pool_factories as f
from tests.delivery_factories import on
from tests.pool_factories import Pool, csv_of, fates, faults, xlsx_of
from workflows.engine import perform
from workflows.expert_import import ExpertImportFlow
from workflows.models import AuditEntry
from workflows.pool import edit
from workflows.refused import Refused
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def p() -> Pool:
    return f.pool()


def apply(row: ExpertImport, by: User) -> ExpertImport:
    return perform(ExpertImportFlow, row, "apply", by=by)


def test_new_changed_same_and_refused_rows_are_told_apart(p: Pool) -> None:
    same = p.expert("甲", title="教授", keywords=["求解器"])
    changed = p.expert("乙", title="讲师", keywords=["网格"])
    row = p.upload(
        csv_of(
            p.row("甲", same.user.email), p.row("乙", changed.user.email), p.row("丙", "bing@example.cn"),
            p.row("丁", "ding@", 职称=""),
        )
    )  # fmt: skip
    assert fates(row) == [("甲", "SAME"), ("乙", "CHANGED"), ("丙", "NEW"), ("丁", "REFUSED")]
    assert row.preview[1]["changes"] == [["职称", "讲师", "教授"], ["研究方向", "网格", "求解器"]]
    assert "邮箱 “ding@”不是邮箱地址 请核对" in faults(row)[0]
    assert (row.new_count, row.changed_count, row.same_count, row.refused_count) == (1, 1, 1, 1)
    assert Expert.objects.filter(agency=p.agency).count() == 2, "looking changes nothing"


def test_what_was_shown_is_what_is_written_and_a_new_expert_gets_an_account_without_password(p: Pool) -> None:
    changed = p.expert("乙", title="讲师")
    row = p.upload(csv_of(p.row("乙", changed.user.email), p.row("丙", "Bing@Example.cn"), p.row("丁", "不是邮箱")))
    apply(row, p.secretary)
    changed.refresh_from_db()
    assert changed.title == "教授"
    new = Expert.objects.get(agency=p.agency, user__name="丙")
    assert (new.keywords, new.fields, new.organisation) == (["求解器"], ["SOFTWARE"], p.unit)
    assert (new.user.email, new.user.username, new.user.has_usable_password()) == (
        "bing@example.cn", "bing@example.cn", False,
    )  # fmt: skip
    assert new.user.role_grants.get().role == Role.EXP
    assert not User.objects.filter(name="丁").exists()
    assert (row.state, row.rows) == ("APPLIED", [])


def test_the_same_file_again_changes_nothing(p: Pool) -> None:
    data = csv_of(p.row("丙", "bing@example.cn"), p.row("丁", "ding@example.cn"))
    apply(p.upload(data), p.secretary)
    again = p.upload(data)
    assert fates(again) == [("丙", "SAME"), ("丁", "SAME")]
    with pytest.raises(Refused, match="没有可导入的行"):
        apply(again, p.secretary)
    with pytest.raises(Refused, match="当前状态"):
        apply(ExpertImport.objects.get(state="APPLIED"), p.secretary)
    assert Expert.objects.filter(agency=p.agency).count() == 2


def test_a_pool_that_changed_since_the_look_is_looked_at_again_before_anything_is_written(p: Pool) -> None:
    changed = p.expert("乙", title="讲师")
    row = p.upload(csv_of(p.row("乙", changed.user.email), p.row("丙", "bing@example.cn")))
    edit(changed, by=changed.user, facts={"title": "副教授"})
    with pytest.raises(Refused, match="重新核对"):
        apply(row, p.secretary)
    changed.refresh_from_db()
    row.refresh_from_db()
    assert (changed.title, row.state, row.preview[0]["changes"][0]) == ("副教授", "UPLOADED", ["职称", "讲师", "教授"])
    assert not User.objects.filter(email="bing@example.cn").exists()
    perform(ExpertImportFlow, row, "look_again", by=p.secretary)
    assert row.preview[0]["changes"][0] == ["职称", "副教授", "教授"]
    assert apply(row, p.secretary).state == "APPLIED"


def test_a_change_elsewhere_in_the_pool_does_not_make_the_look_stale(p: Pool) -> None:
    row = p.upload(csv_of(p.row("丙", "bing@example.cn")))
    p.expert("旁人")
    assert apply(row, p.secretary).state == "APPLIED"


def test_cells_left_empty_leave_the_entry_as_it_is(p: Pool) -> None:
    entry = p.expert("甲", title="教授", keywords=["求解器"], honours="院士")
    row = p.upload(csv_of(p.row("甲", entry.user.email, 研究方向="", 专家类型="", 职称="")))
    assert fates(row) == [("甲", "SAME")]


def test_the_same_person_twice_in_a_file_is_taken_once(p: Pool) -> None:
    entry = p.expert("甲")
    head = (*f.HEAD, "手机")
    rows = [
        [*p.row("丙", "bing@example.cn"), "13800000001"], [*p.row("丙", "bing@example.cn"), "13800000002"],
        [*p.row("丁", "ding@example.cn"), "13800000001"], [*p.row("甲", entry.user.email), ""], [*p.row("甲", ""), entry.user.phone],
    ]  # fmt: skip
    row = p.upload(csv_of(*rows, head=head))
    assert [fate for _name, fate in fates(row)] == ["NEW", "REFUSED", "REFUSED", "CHANGED", "REFUSED"]
    assert "与第 2 行相同" in faults(row)[0]
    assert "与第 5 行是同一人的账户" in faults(row)[2]


def test_an_account_is_not_changed_and_not_taken_over_by_an_import(p: Pool) -> None:
    officer = made.person("经办人", Role.OFF, agency=p.agency)
    officer.email = "officer@example.cn"
    officer.save()
    row = p.upload(csv_of(p.row("冒名者", "officer@example.cn"), p.row(officer.name, "officer@example.cn")))
    assert [fate for _name, fate in fates(row)] == ["REFUSED", "REFUSED"]
    assert "另一姓名的账户" in faults(row)[0]
    alone = p.upload(csv_of([*p.row(officer.name, "officer@example.cn"), "13999999999"], head=(*f.HEAD, "手机")))
    assert alone.preview[0]["notes"] == ["手机或邮箱与本人账户不同，以账户为准"]
    apply(alone, p.secretary)
    before = (officer.phone, officer.name, officer.username)
    officer.refresh_from_db()
    assert (officer.phone, officer.name, officer.username) == before


def test_units_are_found_by_name_or_code_and_new_ones_registered_once(p: Pool) -> None:
    code, head = generate_uscc("MA9999999", prefix="12"), (*f.HEAD, "统一社会信用代码", "单位性质")
    rows = [
        [*p.row("子", "a@example.cn", 工作单位=f" {p.unit.name} "), "", ""],
        [*p.row("丑", "b@example.cn", 工作单位="改了名的所"), p.unit.uscc, ""],
        [*p.row("寅", "c@example.cn", 工作单位="新大学"), code, "高等院校"],
        [*p.row("卯", "d@example.cn", 工作单位="新大学"), code, "高等院校"],
        [*p.row("辰", "e@example.cn", 工作单位="没听说过"), "", ""],
        [*p.row("巳", "g@example.cn", 工作单位="新大学分部"), code, "高等院校"],
        [*p.row("午", "h@example.cn"), code, ""],
    ]
    row = p.upload(csv_of(*rows, head=head))
    assert [fate for _name, fate in fates(row)] == ["NEW", "NEW", "NEW", "NEW", "REFUSED", "REFUSED", "REFUSED"]
    assert row.preview[1]["notes"][0] == f"按代码认定为“{p.unit.name}”"
    assert "填写统一社会信用代码和单位性质" in faults(row)[0]
    apply(row, p.secretary)
    new = Organisation.objects.get(uscc=code)
    assert (new.name, new.kind) == ("新大学", Organisation.Kind.UNIVERSITY)
    assert Expert.objects.filter(organisation=new).count() == 2


def test_formulas_are_refused_wherever_they_stand(p: Pool) -> None:
    row = p.upload(
        xlsx_of(
            p.row("丙", "bing@example.cn", 职称='=HYPERLINK("http://x","教授")'),
            p.row("丁", "d@example.cn", 职称="@SUM(1)"),
        ),
        "a.xlsx",
    )
    assert "单元格是公式" in faults(row)[0]
    assert "会被表格软件当作公式" in faults(row)[1]
    assert "当作公式" in faults(p.upload(csv_of(p.row("丙", "bing@example.cn", 职称="=1+1"))))[0]


def test_identity_and_bank_numbers_are_neither_read_nor_kept(p: Pool) -> None:
    head = (*f.HEAD, "身份证号", "银行卡号", "备注")
    rows = [
        [*p.row("丙", "bing@example.cn"), f.ID_NUMBER, f.CARD, "x"],
        [*p.row(f"丁{f.ID_NUMBER}", "d@example.cn"), "", "", ""],
    ]
    row = p.upload(csv_of(*rows, head=head))
    assert [heading for heading, _why in row.left_out] == ["身份证号", "银行卡号", "备注"]
    assert fates(row)[0] == ("丙", "NEW")
    assert "含有证件号码" in faults(row)[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM review_expertimport i")
        told = str(cursor.fetchall())
        cursor.execute(
            "SELECT row_to_json(e)::text FROM workflows_auditentry e WHERE object_type = 'review.expertimport'"
        )
        told += str(cursor.fetchall())
    assert f.ID_NUMBER not in told
    assert f.CARD not in told


def test_the_chain_tells_how_many_and_of_which_file_but_nothing_of_a_person(p: Pool) -> None:
    row = apply(p.upload(csv_of(p.row("丙丙丙", "bing@example.cn"))), p.secretary)
    entry = AuditEntry.objects.get(object_type="review.expertimport", transition="apply")
    assert entry.payload["new"] == 1
    assert entry.payload["file_sha256"] == row.file_sha256
    assert "丙丙丙" not in str(entry.payload)
    assert "bing@" not in str(entry.payload)


def test_who_does_not_keep_the_pool_imports_nothing(p: Pool) -> None:
    other = f.pool()
    data = csv_of(p.row("丙", "bing@example.cn"))
    row = p.upload(data)
    for user in (p.w.officer, p.w.lead, p.w.supervisor, p.w.finance, other.secretary, made.person("路人")):
        with pytest.raises(Refused, match="权限"):
            p.upload(data, by=user)
        for transition in ("apply", "discard", "look_again"):
            with pytest.raises(Refused, match="权限"):
                perform(ExpertImportFlow, row, transition, by=user)
    assert p.upload(data, by=made.person("专业机构", Role.AGY, agency=p.agency)).state == "UPLOADED"


def test_a_discarded_import_keeps_neither_cells_nor_fates(p: Pool) -> None:
    row = perform(ExpertImportFlow, p.upload(csv_of(p.row("丙", "bing@example.cn"))), "discard", by=p.secretary)
    assert (row.state, row.rows, row.preview) == ("DISCARDED", [], [])
    with pytest.raises(IntegrityError, match="applied_import_keeps_no_rows"), transaction.atomic():
        ExpertImport.objects.filter(pk=row.pk).update(rows=[[1, {}]])


def test_a_table_that_nobody_confirmed_is_dropped_after_thirty_days(p: Pool) -> None:
    with on(date(2026, 5, 1)):
        row = p.upload(csv_of(p.row("丙", "bing@example.cn")))
    for hour, state in ((9, "UPLOADED"), (11, "DISCARDED")):
        with on(date(2026, 5, 31), hour):
            sweep_all()
        row.refresh_from_db()
        assert row.state == state
    assert (row.rows, row.preview) == ([], [])
    assert AuditEntry.objects.get(object_type="review.expertimport", transition="discard").role == "SYSTEM"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"职称": ""}, "职称 新专家须填此栏"),
        ({"专家类型": "技术员"}, "请填：技术、产业、财务、管理、投资"),
        ({"技术领域": ""}, "技术专家须填技术领域"),
        ({"技术领域": "炼金术"}, "“炼金术”不在可选范围内"),
        ({"工作单位": ""}, "工作单位 没有填"),
        ({"研究方向": "、".join(f"词{n}" for n in range(21))}, "有 21 项，超过 20 项"),
        ({"职称": "很" * 41}, "有 41 字，超过 40 字"),
    ],
)
def test_a_refused_row_names_the_column_and_the_cure(p: Pool, cells: dict[str, Any], told: str) -> None:
    assert told in faults(p.upload(csv_of(p.row("丙", "bing@example.cn", **cells))))[0]


def test_a_unit_is_found_by_its_former_name_where_nobody_else_is_registered_under_it(p: Pool) -> None:
    UnitAlias.objects.create(unit=p.unit, kind="FORMER", name="岱海第二机床厂")
    UnitAlias.objects.create(unit=p.unit, kind="SHORT", name="另一家（集团）")
    other = made.organisation("另一家(集团)")
    Organisation.objects.filter(pk=other.pk).update(name="另一家（集团）")
    rows = [
        p.row("子", "a@example.cn", 工作单位="岱海 第二机床厂"),
        p.row("丑", "b@example.cn", 工作单位="另一家(集团)"),
    ]
    row = p.upload(csv_of(*rows))
    assert row.preview[0]["notes"][0] == f"按曾用名或简称认定为“{p.unit.name}”"
    apply(row, p.secretary)
    found = dict(
        Expert.objects.filter(user__email__in=["a@example.cn", "b@example.cn"]).values_list(
            "user__email", "organisation"
        )
    )
    assert found == {"a@example.cn": p.unit.pk, "b@example.cn": other.pk}


def test_six_queries_look_through_a_table_of_any_length(p: Pool, django_assert_num_queries: Any) -> None:
    head = (*f.HEAD, "统一社会信用代码")
    known = p.expert("库中人")

    def look(number: int) -> None:
        rows = [[*p.row(f"人{n}", f"{n}@example.cn"), p.unit.uscc] for n in range(number)]
        table = read_import("a.csv", csv_of([*p.row("库中人", known.user.email), p.unit.uscc], *rows, head=head))
        with django_assert_num_queries(6):
            assert len(plans_of(rows_of(table), p.agency)) == number + 1

    look(1)
    look(200)
