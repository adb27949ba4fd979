"""The columns of an imported table: heading, the expert's fact it tells, how it is read and shown again.

Sentences are in the site's language, like the headings: they are part of a file format and kept on record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import override

from accounts.models import Organisation
from accounts.uscc import validate_uscc
from projects.models import Challenge
from review.affinity.disciplines import dotted, normalise_discipline
from review.models import Expert
from review.models.expert import BIRTH_MONTH, MOST_DISCIPLINES, MOST_KEYWORDS, MOST_LANGUAGES
from review.pool.reading import FORMULA

#: Signs by which several things in one cell may be separated.
SEPARATORS = re.compile(r"[,，、;；\n]+")
#: Such columns are never read: the expert gives these numbers himself, with a consent of its own (PIPL 29).
SENSITIVE = re.compile(r"证件|身份证|银行|卡号|护照")
#: A resident's identity number wherever it was typed.
ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
STARTS_A_FORMULA = ("=", "@", "|", "+=", "-=")


class CellFault(ValueError):
    """Why a cell is not taken, and what to do about it."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why, self.cure = why, cure


@dataclass(frozen=True)
class Column:
    """`field` is the Expert's; `read` turns text into its value (raises CellFault), `show` turns it back."""

    heading: str
    field: str
    read: Callable[[str], Any]
    example: str = ""
    note: str = ""
    needed: bool = False
    show: Callable[[Any], str] = lambda value: "" if value is None else str(value)


def half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest:
            raise CellFault(f"有 {len(text)} 字，超过 {longest} 字", "请精简后再导入")
        return text

    return read


def _email(text: str) -> str:
    address = half_width(text).lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CellFault(f"“{text}”不是邮箱地址", "请核对，例：li@example.cn") from None
    return address


def _phone(text: str) -> str:
    digits = re.sub(r"[\s\-]+", "", half_width(text)).removeprefix("+86")
    if not re.fullmatch(r"1\d{10}", digits):
        raise CellFault(f"“{text}”不是 11 位手机号", "请填手机号码，并把单元格设为文本格式")
    return digits


def _uscc(text: str) -> str:
    try:
        return validate_uscc(text)
    except ValidationError as error:
        raise CellFault("；".join(error.messages), "请对照法人证书核对") from None


def _discipline(text: str) -> str:
    try:
        return normalise_discipline(text)
    except ValueError as error:
        why, _, cure = str(error).partition("；")
        raise CellFault(why, cure or "请核对代码") from None


def _several(read: Callable[[str], Any], most: int, longest: int = 40) -> Callable[[str], list[Any]]:
    def read_all(text: str) -> list[Any]:
        parts = list(dict.fromkeys(part.strip() for part in SEPARATORS.split(text) if part.strip()))
        if len(parts) > most:
            raise CellFault(f"有 {len(parts)} 项，超过 {most} 项", "请保留最主要的几项")
        if long := next((part for part in parts if len(part) > longest), None):
            raise CellFault(f"“{long[:12]}…”超过 {longest} 字", "每项请用词语，多项之间用顿号分开")
        return [read(part) for part in parts]

    return read_all


def _month(text: str) -> str:
    found = re.match(r"^(\d{4})\D{0,1}(\d{1,2})(\D.*)?$", half_width(text))
    month = f"{found[1]}-{int(found[2]):02d}" if found else ""
    if not re.fullmatch(BIRTH_MONTH, month):
        raise CellFault(f"“{text}”不是年月", "请按 1975-08 的格式填写")
    return month


def _day(text: str) -> date:
    try:
        return datetime.strptime(re.sub(r"[./年月]", "-", half_width(text)).rstrip("日-"), "%Y-%m-%d").date()
    except ValueError:
        raise CellFault(f"“{text}”不是日期", "请按 2026-01-31 的格式填写") from None


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        digits = half_width(text)
        if not digits.isdecimal() or not least <= int(digits) <= most:
            raise CellFault(f"“{text}”不是 {least}～{most} 的整数", "请填整数")
        return int(digits)

    return read


@lru_cache(maxsize=16)
def labels_of(choices: Any) -> dict[str, str]:
    """Value → label in the site's language."""
    with override(settings.LANGUAGE_CODE):
        return {str(value): str(label) for value, label in choices.choices}


def _one_of(choices: Any) -> Callable[[str], str]:
    def read(text: str) -> str:
        labels = labels_of(choices)
        found = next((value for value, label in labels.items() if text in (label, value)), None)
        if found is None:
            raise CellFault(f"“{text}”不在可选范围内", f"请填：{'、'.join(labels.values())}")
        return found

    return read


def _label(choices: Any) -> Callable[[Any], str]:
    return lambda value: labels_of(choices).get(str(value), "")


def _joined(value: Any) -> str:
    return "、".join(value or [])


FIELD = Challenge.Field
COLUMNS = (
    Column("姓名", "name", _text(60), "李思远", "与本人账户一致", needed=True),
    Column("手机", "phone", _phone, "13800000001", "手机、邮箱至少填一项；据此认人"),
    Column("邮箱", "email", _email, "li@example.cn"),
    Column("工作单位", "organisation", _text(120), "岱海大学（示例）", "按登记名称", needed=True),
    Column("统一社会信用代码", "uscc", _uscc, "", "单位未登记时必填，凭此登记新单位"),
    Column("单位性质", "unit_kind", _one_of(Organisation.Kind), "高等院校", "单位未登记时必填"),
    Column("专家类型", "seat_type", _one_of(Expert.SeatType), "技术", needed=True, show=_label(Expert.SeatType)),
    Column("职称", "title", _text(40), "教授", needed=True),
    Column("职务", "position", _text(40), "实验室主任"),
    Column("性别", "gender", _one_of(Expert.Gender), "男", show=_label(Expert.Gender)),
    Column("出生年月", "birth_month", _month, "1975-08"),
    Column("学历", "education", _one_of(Expert.Education), "博士研究生", show=_label(Expert.Education)),
    Column("学位", "degree", _one_of(Expert.Degree), "博士", show=_label(Expert.Degree)),
    Column("毕业院校", "graduated_from", _text(60), "岱海大学（示例）"),
    Column("所学专业", "speciality", _text(60), "计算机应用技术"),
    Column("技术领域", "fields", _several(_one_of(FIELD), len(FIELD)), "人工智能与大模型、数据要素", "技术专家必填，多项用顿号",
           show=lambda value: "、".join(labels_of(FIELD).get(v, v) for v in value or [])),
    Column("学科代码", "discipline_codes", _several(_discipline, MOST_DISCIPLINES), "520.20、510.40",
           f"GB/T 13745，至多 {MOST_DISCIPLINES} 个", show=lambda codes: _joined(map(dotted, codes))),
    Column("研究方向", "keywords", _several(str, MOST_KEYWORDS), "大模型推理、知识图谱", f"至多 {MOST_KEYWORDS} 个词", show=_joined),
    Column("外语", "languages", _several(str, MOST_LANGUAGES, 20), "英语", show=_joined),
    Column("学术荣誉称号", "honours", _text(300), "省有突出贡献的中青年专家"),
    Column("主要研究成果", "achievements", _text(3000), "主持省级重点项目 3 项，发表论文 40 余篇"),
    Column("所在地区", "region", _text(40), "岱海市"),
    Column("推荐单位", "recommending_unit", _text(120), "", "按登记名称"),
    Column("在职状态", "employment", _one_of(Expert.Employment), "在职", show=_label(Expert.Employment)),
    Column("年度评审上限", "max_panels_per_year", _number(0, 60), "10", "每年至多参加几轮"),
    Column("每轮评审申请上限", "max_bids_per_round", _number(1, 200), "20", "每轮至多评几份"),
    Column("诚信核查日", "integrity_checked_on", _day, "2026-01-31"),
)  # fmt: skip
BY_HEADING = {column.heading: column for column in COLUMNS}
#: Tell who and where; everything else is the entry's own and may be updated.
IDENTIFYING = ("name", "phone", "email", "organisation", "uscc", "unit_kind", "recommending_unit")
OWN = tuple(column for column in COLUMNS if column.field not in IDENTIFYING)
#: What other tables call a column.
OTHER_HEADINGS = {
    "手机号": "手机", "手机号码": "手机", "联系电话": "手机", "电子邮箱": "邮箱", "E-mail": "邮箱", "Email": "邮箱",
    "单位": "工作单位", "单位名称": "工作单位", "专家职称": "职称", "专家职务": "职务", "专业": "所学专业", "擅长领域": "技术领域",
    "关键词": "研究方向", "擅长专业": "研究方向", "语种": "外语", "荣誉称号": "学术荣誉称号", "研究成果": "主要研究成果",
    "地区": "所在地区", "信用代码": "统一社会信用代码",
}  # fmt: skip


def column_of(heading: str) -> Column | None:
    return BY_HEADING.get(OTHER_HEADINGS.get(heading, heading))


def read_cell(column: Column, text: str) -> Any:
    """The value of a cell. Raises CellFault."""
    if text == FORMULA:
        raise CellFault("单元格是公式", "请选中该列，复制后“选择性粘贴—数值”")
    if text.startswith(STARTS_A_FORMULA):
        raise CellFault(f"以“{text[0]}”开头，会被表格软件当作公式", "请删去开头的符号")
    if column.field != "uscc" and ID_NUMBER.search(text):
        raise CellFault("含有证件号码", "请删去；证件号只由专家本人在“专家资料”中填写")
    return column.read(text)


def without_id_numbers(text: str) -> str:
    """What may be kept of a cell: an identity number leaves only its shape, so that the row is still refused."""
    return ID_NUMBER.sub("0" * 18, text)
