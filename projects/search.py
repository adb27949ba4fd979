"""Search in challenges: words as people type them, found wherever they stand (decision 0009)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from projects.models import Challenge

#: More words than this narrow nothing down any more.
MOST_WORDS = 8
#: Between words: blanks, and the commas and semicolons of both scripts (NFKC makes ， a comma).
_BETWEEN = re.compile(r"[\s,;、。]+")


def words_of(text: str) -> list[str]:
    """The different words of a query, in NFKC: full-width letters and blanks count as plain ones."""
    words = (word for word in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if word)
    return list({word.lower(): word for word in words}.values())[:MOST_WORDS]


def with_words(rows: QuerySet[Challenge], words: Sequence[str]) -> QuerySet[Challenge]:
    """Challenges in whose text every one of `words` stands, upper or lower case."""
    for word in words:
        # The database makes both sides lower case: its idea of that and Python's differ.
        rows = rows.filter(text__body__contains=Lower(Value(word)))
    return rows


def title_first(rows: QuerySet[Challenge], words: Sequence[str]) -> QuerySet[Challenge]:
    """Those with the most words in title or number first, among equals the latest close."""
    hits = sum(
        (
            Case(When(Q(text__title__contains=Lower(Value(word))), then=1), default=0, output_field=IntegerField())
            for word in words
        ),
        Value(0),
    )
    return rows.annotate(title_hits=hits).order_by("-title_hits", "-challenge_list__bid_close_at", "-pk")
