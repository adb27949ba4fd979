"""Words in what is published or printed: always in the language of the state, whoever pressed the button."""

from typing import Any

from django.utils import translation

OFFICIAL_LANGUAGE = "zh-hans"


def official(words: Any) -> str:
    """A lazily translated label as an official document says it."""
    with translation.override(OFFICIAL_LANGUAGE):
        return str(words)
