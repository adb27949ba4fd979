"""Certificates as PDF (domain 5.9): A4 landscape, numbered, verifiable, with an empty seal box.

A certificate is never titled 科学技术奖: a province may have one such award only, by statute
(国家科学技术奖励条例 36 条), and an agency's certificate must not look like it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from projects.documents.content import CertificateContent
from projects.documents.pdf import Press
from projects.documents.qr import qr_image

TITLES = {"AWARD": "立项证书", "ACCEPTANCE": "验收证书", "WINNER": "揭榜优胜证书"}
#: From roomy to dense; the first that fits on the page is printed.
SETTINGS = ("roomy", "close", "dense", "tight", "least")
CHECK_CODE_LENGTH = 8


def check_code(token: str) -> str:
    """验证码 for those who type the number by hand: the first characters of the token."""
    return token[:CHECK_CODE_LENGTH]


def verify_url(token: str) -> str:
    """The address in the QR code. Without a token: the page where number and code are typed."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{token + '/' if token else ''}"


def render_certificate(content: CertificateContent) -> bytes:
    """One certificate. The same content gives the same bytes on the same machine set-up.

    Raises `MissingFont` when a character cannot be printed, `TooLong` when it does not fit.
    """
    return render_certificates([content])[0]


def render_certificates(contents: Iterable[CertificateContent]) -> list[bytes]:
    """A batch, drawn with one set of fonts cut to the batch's characters.

    Bytes are the same for the same batch; the fonts inside differ from those of another batch.
    """
    contents = list(contents)
    if not contents:
        return []
    contexts = [_context(content) for content in contents]
    text = "".join(_html(context, SETTINGS[0]) for context in contexts)
    press = Press("certificate.css", {"song": "".join(TITLES.values()), "kai": text})
    return [press.draw_on_one_page(_html(context, setting) for setting in SETTINGS) for context in contexts]


def _html(context: dict[str, Any], setting: str) -> str:
    return render_to_string("documents/certificate.html", {**context, "setting": setting})


def _context(content: CertificateContent) -> dict[str, Any]:
    image, side = qr_image(verify_url(content.token))
    return {
        "c": content,
        "title": TITLES[content.kind],
        "facts": _facts(content),
        "qr": image,
        "qr_side": f"{side:.3f}",
        "code": check_code(content.token),
        "verify_page": verify_url(""),
        "issued_on": chinese_day(content.issued_on),
    }


def _facts(content: CertificateContent) -> Sequence[tuple[str, str, bool]]:
    """(label, value, is long): rows of the certificate, empty ones left out."""
    money = f"{wan(content.money_yuan)} 万元" if content.money_yuan is not None else ""
    rows = [
        ("项目编号", content.project_number, False),
        ("项目负责人", content.pi, False),
        ("执行期限", _period(content), False),
        ("立项经费", money, False),
        ("参加单位", "、".join(content.partners), True),
    ]
    return [row for row in rows if row[1]]


def _period(content: CertificateContent) -> str:
    if not content.period_start or not content.period_end:
        return ""
    return f"{_month(content.period_start)}至{_month(content.period_end)}"


def _month(day: date) -> str:
    return f"{day.year}年{day.month}月"


def chinese_day(day: date) -> str:
    """成文日期: Arabic numerals, no leading zeros (GB/T 9704-2012, 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def wan(yuan: int) -> str:
    """万元 with two decimals, half up."""
    return f"{(Decimal(yuan) / 10_000).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
