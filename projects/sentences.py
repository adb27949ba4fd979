"""Sentences of modules that know no Django: Chinese as they stand, and what it takes to say them otherwise.

A pure module writes `from projects.sentences import sentence as _` and `_("现为 %(total)s", total=80)`; the pattern
is collected like any other source string. `workflows.wording.worded` says it in the reader's language. No Django import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: What a pattern is filled with: a text or number, another sentence, or several of them.
Value = object
_PLACE = re.compile(r"%\((\w+)\)s|%%")


class Sentence(str):
    """The Chinese sentence. `pattern` and `values` are what it was made of."""

    pattern: str
    values: Mapping[str, Value]


def sentence(pattern: str, /, **values: Value) -> Sentence:
    """Fill `%(name)s` places; several values are put one after another as Chinese does it."""
    made = Sentence(pattern % {name: _text(value) for name, value in values.items()})
    made.pattern, made.values = pattern, values
    return made


def read_back(text: str, patterns: Iterable[str]) -> Sentence | None:
    """The sentence that `text` is, as one of `patterns`, its values as texts; None when it is none of them.

    For what was stored as a sentence. Of several patterns that fit, the one with most words of its own.
    """
    for pattern in sorted(patterns, key=lambda each: len(_PLACE.sub("", each)), reverse=True):
        if found := _reader(pattern).fullmatch(text):
            return sentence(pattern, **found.groupdict())
    return None


def _reader(pattern: str) -> re.Pattern[str]:
    parts, at = [], 0
    for place in _PLACE.finditer(pattern):
        parts.append(re.escape(pattern[at : place.start()]))
        parts.append(f"(?P<{place[1]}>.+)" if place[1] else "%")
        at = place.end()
    return re.compile("".join(parts) + re.escape(pattern[at:]), re.DOTALL)


def _text(value: Value) -> str:
    return "、".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
