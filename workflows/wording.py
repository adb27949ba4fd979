"""How several things are told in one sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from projects.sentences import Sentence


def listed(items: Iterable[object]) -> str:
    """甲、乙、丙."""
    return _("、").join(map(str, items))


def told(sentences: Iterable[object]) -> str:
    """Sentences or parts of one after another."""
    return _("；").join(map(str, sentences))


def of_field(name: object, sentences: Iterable[object]) -> str:
    """What is wrong with a field."""
    return _("%(field)s：%(sentences)s") % {"field": name, "sentences": told(sentences)}


def worded(said: object) -> str:
    """A sentence of a pure module in the reader's language; any other text or number as it is."""
    if isinstance(said, Sentence):
        return _(said.pattern) % {name: worded(value) for name, value in said.values.items()}
    return listed(map(worded, said)) if isinstance(said, (list, tuple)) else str(said)


#: So many are named in a sentence; of more, their number says enough.
MOST_NAMED = 3


def some_of(names: Sequence[str]) -> str:
    """The first names, and of many how many there are."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    return _("%(some)s 等 %(n)s 份") % {"some": listed(names[:MOST_NAMED]), "n": len(names)}
