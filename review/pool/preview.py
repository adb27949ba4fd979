"""From a file to an import that waits to be looked at, and the digest that tells whether the look is still true."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime

from accounts.models import Agency
from review.models import ExpertImport
from review.pool.columns import SENSITIVE, column_of, without_id_numbers
from review.pool.fates import Kind, Plan, plans_of
from review.pool.reading import Row, Table, TableRefused, read_table
from workflows.canonical import sha256_of

KEY = "姓名"


def rows_of(row: ExpertImport) -> list[Row]:
    return [Row(line, cells) for line, cells in row.rows]


def read_import(name: str, data: bytes) -> ExpertImport:
    """An unsaved import with the cells of a file. Raises TableRefused.

    Columns of identity and bank numbers are dropped here, before anything is kept.
    """
    table = read_table(name, data, KEY)
    if not any(column_of(heading) for heading in table.headings if heading != KEY):
        raise TableRefused("除“姓名”外没有认得的栏目；请使用模板的表头。")
    known = {heading: column for heading in table.headings if (column := column_of(heading))}
    rows = [
        [row.line, {known[h].heading: _kept(known[h].field, cell) for h, cell in row.cells.items() if h in known}]
        for row in table.rows
    ]
    return ExpertImport(
        file_name=name[-120:], file_sha256=hashlib.sha256(data).hexdigest(), rows=rows, left_out=_left_out(table)
    )


def _kept(field: str, cell: str) -> str:
    return cell if field == "uscc" else without_id_numbers(cell)


def _left_out(table: Table) -> list[list[str]]:
    found = []
    for heading in table.headings:
        if SENSITIVE.search(heading):
            found.append([heading, "敏感个人信息不由他人导入，由专家本人在“专家资料”中填写；该列未保存"])
        elif column_of(heading) is None:
            found.append([heading[:40], "不认识的栏目，未导入"])
    return found


def look(row: ExpertImport, agency: Agency, now: datetime) -> list[Plan]:
    """Write into `row` (unsaved) what each of its rows would do now; return the plans."""
    plans = plans_of(rows_of(row), agency)
    row.preview = [plan.fate.as_data() for plan in plans]
    row.preview_sha256, row.previewed_at = sha256_of(row.preview), now
    count = Counter(plan.fate.kind for plan in plans)
    row.new_count, row.changed_count = count[Kind.NEW], count[Kind.CHANGED]
    row.same_count, row.refused_count = count[Kind.SAME], count[Kind.REFUSED]
    return plans
