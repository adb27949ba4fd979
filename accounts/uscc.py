"""统一社会信用代码 (GB 32100-2015, domain 8.4): checking what a person typed, and making fictional codes.

Eighteen characters: registering department 1, category 1, region 6 digits, subject 9, check 1.
The alphabet has 31 characters and every weight is non-zero modulo the prime 31, so that any single
wrong character is found, and so are two different neighbours that were swapped.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WRONG_CHECK_CHARACTER = gettext_noop(
    "统一社会信用代码的校验码不符，说明至少有一位录错。请对照证照逐位核对，留意 0 与 D、1 与 7、8 与 B。"
)
_WEIGHTS = tuple(pow(3, i, 31) for i in range(LENGTH - 1))
_FULL_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
#: Licences print the code in groups, and copying brings spaces, hyphens and invisible marks along.
_SEPARATORS = re.compile(r"[\s\-‐‑–—_.·\u200b-\u200f\u2060\ufeff]+")
_LETTER_FOR_DIGIT = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
_SECTIONS: tuple[tuple[int, str | Promise], ...] = (
    (1, _("登记管理部门代码")),
    (2, _("机构类别代码")),
    (8, _("登记管理机关行政区划码")),
    (17, _("主体标识码")),
    (18, _("校验码")),
)


def normalise_uscc(code: str | None) -> str:
    """`code` half-width, upper case, without spaces and hyphens; not judged."""
    return _SEPARATORS.sub("", str(code or "").translate(_FULL_WIDTH)).upper()


def validate_uscc(code: str) -> str:
    """Return `code` normalised (half-width, upper case, no spaces or hyphens), or raise ValidationError.

    Error codes: `uscc_required`, `uscc_length`, `uscc_alphabet`, `uscc_region`, `uscc_check`. The last
    does not tell which check character would fit: typing that one in would bless a wrong code.
    Also serves as a model or form validator, whose return value Django ignores.
    """
    normal = normalise_uscc(code)
    if not normal:
        raise ValidationError(_("请填写统一社会信用代码。"), code="uscc_required")
    if len(normal) != LENGTH:
        raise ValidationError(
            _("统一社会信用代码应为 18 位，现为 %(n)d 位。请对照营业执照或法人证书补全或删去多余字符。"),
            code="uscc_length",
            params={"n": len(normal)},
        )
    for position, character in enumerate(normal, start=1):
        if 3 <= position <= 8:
            _require_digit(position, character)
        elif character not in ALPHABET:
            _refuse_character(position, character)
    if check_character(normal[:-1]) != normal[-1]:
        raise ValidationError(_(WRONG_CHECK_CHARACTER), code="uscc_check")
    return normal


def check_character(body: str) -> str:
    """The check character for the first 17 characters, which must be in the alphabet (ValueError)."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def generate_uscc(subject: int | str, *, prefix: str = "91", region: str = "000000") -> str:
    """A well-formed code for a fictional organisation. Region 000000 exists nowhere in China.

    `subject` is a number below 10^9 or the nine characters themselves; `prefix` is 91 for an
    enterprise, 12 for a public institution, 11 for an organ. Raises ValueError when they do not fit.
    """
    nine = f"{subject:09d}" if isinstance(subject, int) else subject
    body = f"{prefix}{region}{nine}"
    well_formed = re.fullmatch(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{9}}", body)
    if not well_formed or len(prefix) != 2 or len(region) != 6:
        raise ValueError(f"prefix {prefix!r}, region {region!r}, subject {subject!r} do not form a code")
    return body + check_character(body)


def _section(position: int) -> str | Promise:
    return next(name for last, name in _SECTIONS if position <= last)


def _require_digit(position: int, character: str) -> None:
    if character not in "0123456789":
        raise ValidationError(
            _("第 %(position)d 位“%(character)s”应为数字：第 3 至 8 位是%(section)s。请对照证照核对。"),
            code="uscc_region",
            params={"position": position, "character": character, "section": _section(position)},
        )


def _refuse_character(position: int, character: str) -> None:
    params = {"position": position, "character": character, "section": _section(position)}
    if character in _LETTER_FOR_DIGIT:
        message = _(
            "第 %(position)d 位（%(section)s）不能是“%(character)s”：代码不使用字母 I、O、S、V、Z，"
            "请核对是否应为“%(likely)s”。"
        )
        params["likely"] = _LETTER_FOR_DIGIT[character]
    else:
        message = _("第 %(position)d 位（%(section)s）“%(character)s”无效：只用数字和大写英文字母，请核对。")
    raise ValidationError(message, code="uscc_alphabet", params=params)
