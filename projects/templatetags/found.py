"""Where a search hit: words marked in a text, and a line from the field that has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from projects.models import Challenge

register = template.Library()
#: Characters shown before and after the first hit.
BEFORE, AFTER = 24, 56


def _folded(text: str) -> tuple[str, list[int]]:
    """`text` as search compares it, and for each of its characters the place it came from."""
    folded, places = [], []
    for place, character in enumerate(text):
        for piece in unicodedata.normalize("NFKC", character).lower():
            folded.append(piece)
            places.append(place)
    return "".join(folded), places


def hits(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where `words` stand in `text`: [start, end) pairs in order, those that touch made one."""
    folded, places = _folded(text)
    found = sorted(
        (places[at], places[at + len(word) - 1] + 1)
        for word in (_folded(word)[0] for word in words)
        for at in _everywhere(folded, word)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged


def _everywhere(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while word and at >= 0:
        yield at
        at = text.find(word, at + 1)


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    """`text`, escaped, with every hit in <mark>."""
    parts, last = [], 0
    for start, end in hits(text, words):
        parts += [conditional_escape(text[last:start]), format_html("<mark>{}</mark>", text[start:end])]
        last = end
    parts.append(conditional_escape(text[last:]))
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped)


@register.simple_tag
def where_found(row: Challenge, words: Sequence[str]) -> SafeString:
    """The first field that has a word which title and number lack, with the words around it; else nothing.

    Reads `indicators` and `demander`: prefetch and join them.
    """
    missing = [word for word in words if not hits(f"{row.title} {row.number}", [word])]
    if not missing:
        return SafeString("")
    for label, text in _fields(row):
        if spots := hits(text, missing):
            start, end = max(0, spots[0][0] - BEFORE), min(len(text), spots[0][1] + AFTER)
            line = marked(text[start:end].replace("\n", " "), words)
            return format_html(
                "{}：{}{}{}", label, "…" if start else "", line, "…" if end < len(text) else ""
            )  # fmt: skip
    return SafeString("")


def _fields(row: Challenge) -> Iterator[tuple[str, str]]:
    yield _("需求背景"), row.background
    yield _("攻关内容"), row.content
    yield _("应用场景"), row.scenario
    for i in row.indicators.all():
        yield _("考核指标"), f"{i.name} {i.unit} {i.check_method}"
    # Nobody finds a challenge by a demander who is hidden, whatever the reader may see elsewhere.
    if not row.demander_is_hidden:
        yield _("需求方"), row.demander.name
