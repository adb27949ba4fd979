"""Names that an opinion must not carry to the team: of experts, of their units, of their aliases. No Django import.

Rules: domain 3.6, 基金条例 18 条. Every name of the pool is looked for, not the panel's alone: which of them
is found must not tell who sat on the panel.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

#: Left out of a company's name in speech.
_LEGAL_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司")
_BETWEEN = re.compile(r"[\s·•・.．,，\-—_\u200b-\u200f\u2060\ufeff]+")
#: E01, E12 …: what the panel's members are called inside.
_ALIAS = re.compile(r"(?<![a-z0-9])e[0-9]{2}(?![0-9])")
SHORTEST = 2


def _plain(text: str) -> str:
    """Letters alone: full width made narrow, what may stand between the signs of a name taken out."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def spellings(name: str) -> set[str]:
    """A name as it may be written: whole, and a company's without its legal form."""
    plain = _plain(name)
    short = {plain.removesuffix(form) for form in _LEGAL_FORMS if plain.endswith(form)}
    return {found for found in {plain, *short} if len(found) >= SHORTEST}


class Names:
    """A pool's names, prepared once for many texts. `spare` are names that a text may carry: the team's own."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_spelling = {spelling: name for name in names for spelling in spellings(name)}
        # The longest first: 泉城大学医院 is not reported as 泉城大学.
        ordered = sorted(self.by_spelling, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def in_text(self, text: str, spare: Collection[str] = ()) -> list[str]:
        """What in `text` names somebody, each once, in order of appearance; empty when nobody is named."""
        plain = _plain(text)
        for own in sorted({s for name in spare for s in spellings(name)}, key=len, reverse=True):
            plain = plain.replace(own, "\n")
        named = [self.by_spelling[m.group()] for m in self._pattern.finditer(plain)] if self._pattern else []
        aliases = [m.group().upper() for m in _ALIAS.finditer(unicodedata.normalize("NFKC", text).casefold())]
        return list(dict.fromkeys([*named, *aliases]))
