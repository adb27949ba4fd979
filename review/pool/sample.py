"""A file to practise the import with, made of an agency's own pool: same, changed, new and faulty rows."""

from __future__ import annotations

from typing import Any

from accounts.models import Agency
from review.models import Expert
from review.pool.columns import COLUMNS
from review.pool.template import filled

#: Invented; the units are those of the agency's experts.
NEW = (
    ("沈望舒", "副研究员", "大模型推理、多模态检索"),
    ("许知行", "正高级工程师", "边缘计算、确定性网络"),
    ("韩清扬", "教授", "隐私计算、联邦学习"),
)


def sample(agency: Agency) -> bytes:
    """Two queries."""
    entries = Expert.objects.filter(agency=agency).select_related("user", "organisation").order_by("pk")[:6]
    rows = [_row(entry) for entry in entries]
    for row in rows[2:4]:
        row["title"], row["region"] = "首席专家", "岱海市"
    for row in rows[4:5]:
        row["discipline_codes"] = "计算机"
    unit = entries[0].organisation.name if rows else "岱海大学（示例）"
    rows += [_new(number, unit, *facts) for number, facts in enumerate(NEW, start=1)]
    rows.append({**_new(9, "没有登记的单位", "曾晨曦", "教授", "量子计算")})
    rows.append(dict(rows[-2]))  # the same person twice
    return filled([[row.get(column.field, "") for column in COLUMNS] for row in rows])


def _row(entry: Expert) -> dict[str, Any]:
    own = {column.field: column.show(getattr(entry, column.field, None)) for column in COLUMNS
           if hasattr(Expert, column.field) and column.field not in ("organisation", "recommending_unit")}  # fmt: skip
    return {**own, "name": entry.user.name, "phone": entry.user.phone, "email": entry.user.email,
            "organisation": entry.organisation.name}  # fmt: skip


def _new(number: int, unit: str, name: str, title: str, keywords: str) -> dict[str, Any]:
    return {
        "name": name, "email": f"new-expert{number}@jiebang.example", "organisation": unit, "seat_type": "技术",
        "title": title, "fields": "人工智能与大模型、数据要素", "discipline_codes": "520.20", "keywords": keywords,
    }  # fmt: skip
