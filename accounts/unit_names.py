"""Names of units as people write them, brought to one form. No Django import."""

from __future__ import annotations

import re
import unicodedata

#: Said and left out at will; both name the same kind of company.
_FOLDED = (("有限责任公司", "有限公司"),)
#: What a name may end in while still meaning (a part of) the unit named before it. Not 医院, 出版社 or 公司:
#: those are legal persons of their own.
_INSIDE = re.compile(r"(学院|系|学部|实验室|研究室|教研室|课题组|项目组|事业部|分公司|办事处|分院|分所|处|科|部)$")
#: Parts of a unit that carry a word of their own company form are none: 某某大学科技有限公司.
_OUTSIDE = re.compile(r"(?<!分)公司|集团|医院|出版社|中学|小学")


def normalise(name: str) -> str:
    """Width, case, blanks, brackets and punctuation are no part of a name; 有限责任公司 is 有限公司."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(c for c in plain if unicodedata.category(c)[0] in "LN")
    for long, short in _FOLDED:
        letters = letters.replace(long, short)
    return letters


def is_inside(rest: str) -> bool:
    """Whether what follows a unit's (normalised) name says a part of it: 计算机学院, 第二分公司."""
    return bool(_INSIDE.search(rest)) and not _OUTSIDE.search(rest)
