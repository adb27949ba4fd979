"""Words an expert may take over as keywords with one click. Advice only.

Each source is a function of the expert; they are asked in turn: first what he wrote himself, then what his
colleagues use.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from django.db.models import Count, F, Func

from review.affinity.expertise import expertise_terms
from review.models import Expert

MOST_SUGGESTED = 12
#: A word that only one other uses may say who he is.
USED_BY = 2


def common_in_the_field(expert: Expert) -> list[str]:
    """Words that several colleagues of the same disciplines use (or fields, or class), the most common first. One query."""
    others = Expert.objects.filter(agency=expert.agency_id, is_active=True, seat_type=expert.seat_type)
    others = others.exclude(pk=expert.pk)
    if expert.discipline_codes:
        others = others.filter(discipline_codes__overlap=expert.discipline_codes)
    elif expert.fields:
        others = others.filter(fields__overlap=expert.fields)
    words = others.annotate(word=Func(F("keywords"), function="unnest")).order_by().values("word")
    counted = words.annotate(users=Count("pk", distinct=True)).filter(users__gte=USED_BY).order_by("-users", "word")
    return [row["word"] for row in counted[: 2 * MOST_SUGGESTED]]


def own_words(expert: Expert) -> list[str]:
    """Phrases of his own texts; half of the places, so that something of the field is shown as well. No query."""
    return expertise_terms(f"{expert.speciality}。{expert.achievements}", MOST_SUGGESTED // 2)


SOURCES: list[Callable[[Expert], list[str]]] = [own_words, common_in_the_field]


def suggested_keywords(expert: Expert) -> list[str]:
    """Words that the expert does not have yet, each once."""
    own = {word.casefold() for word in expert.keywords}
    found = dict.fromkeys(chain.from_iterable(source(expert) for source in SOURCES))
    return [word for word in found if word.casefold() not in own][:MOST_SUGGESTED]
