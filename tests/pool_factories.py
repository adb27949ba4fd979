"""A pool with its keepers, tables to import into it, and the numbers of a card that may be shown."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.models import Organisation, Role, User
from review.models import Expert, ExpertImport
from review.pool.preview import read_import
from tests import delivery_factories as made
from tests import review_factories as reviews
from tests.delivery_factories import World
from workflows.expert_import import upload

#: The standard's own sample (GB 11643), and a made-up card that passes its check digit.
ID_NUMBER, CARD = "11010519491231002X", "6222021234567890128"
HEAD = ("姓名", "邮箱", "工作单位", "专家类型", "职称", "技术领域", "研究方向")


@dataclass
class Pool:
    w: World
    secretary: User
    unit: Organisation

    @property
    def agency(self) -> Any:
        return self.w.agency

    def expert(self, name: str = "在库专家", **facts: Any) -> Expert:
        found = reviews.expert(self.w, organisation=facts.pop("organisation", self.unit), **facts)
        found.user.name, found.user.email = name, f"expert{found.pk}@example.cn"
        found.user.phone = f"139{found.pk:08d}"
        found.user.save()
        return found

    def row(self, name: str, email: str, **cells: str) -> list[str]:
        values = {
            "工作单位": self.unit.name,
            "专家类型": "技术",
            "职称": "教授",
            "技术领域": "工业软件",
            "研究方向": "求解器",
            **cells,
        }
        return [name, email, *(values.get(heading, "") for heading in HEAD[2:])]

    def upload(self, data: bytes, name: str = "专家.csv", by: User | None = None) -> ExpertImport:
        return upload(read_import(name, data), self.agency, by=by or self.secretary)

    def upload_some(self, entry: Expert) -> ExpertImport:
        """A table with a new row, a refused one and `entry` with another title."""
        entry.user.email = f"entry{entry.pk}@example.cn"
        entry.user.save(update_fields=["email"])
        changed = self.row(entry.user.name, entry.user.email, 职称="首席专家")
        return self.upload(csv_of(changed, self.row("新人", f"new{entry.pk}@example.cn"), self.row("坏行", "坏邮箱")))


def pool() -> Pool:
    w = made.world()
    return Pool(w, made.person("秘书", Role.SEC, agency=w.agency), made.organisation("计算所"))


def csv_of(*rows: list[str], head: tuple[str, ...] = HEAD, encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in (list(head), *rows)).encode(encoding)


def xlsx_of(*rows: list[Any], head: tuple[str, ...] = HEAD) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (list(head), *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def posted(data: bytes, name: str = "experts.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def fates(row: ExpertImport) -> list[tuple[str, str]]:
    """Name and fate of each row."""
    return [(fate["name"], fate["kind"]) for fate in row.preview]


def faults(row: ExpertImport) -> list[str]:
    """What is wrong with each refused row, in one line each."""
    return [" ".join(" ".join(fault) for fault in fate["faults"]) for fate in row.preview if fate["faults"]]
