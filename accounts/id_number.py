"""Numbers of identity cards (GB 11643-1999) and bank cards: whether one can be right. No Django import."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def plain_number(text: str) -> str:
    """Half-width, upper case, without spaces and hyphens."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def id_number_fault(number: str) -> str:
    """What is wrong with the number of a resident's identity card, or ''. Never repeats the number."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return "居民身份证号应为 18 位，末位为数字或 X；请对照证件填写。"
    try:
        datetime.strptime(number[6:14], "%Y%m%d")
    except ValueError:
        return "第 7 至 14 位不是出生日期；请对照证件核对。"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return "" if _CHECKS[total % 11] == number[-1] else "校验码不符，说明至少有一位录错；请对照证件逐位核对。"


def bank_account_fault(number: str) -> str:
    """Twelve to nineteen digits; cards of UnionPay (62…) carry a check digit (ISO/IEC 7812)."""
    if not re.fullmatch(r"\d{12,19}", number):
        return "银行卡号应为 12 至 19 位数字；请对照银行卡填写。"
    if number.startswith("62") and not _passes_luhn(number):
        return "银行卡号校验不符，说明至少有一位录错；请对照银行卡逐位核对。"
    return ""


def _passes_luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
