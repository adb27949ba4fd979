"""Sealing: short secrets of persons, encrypted before they reach the database (domain 8.3, PIPL 51).

Fernet of the `cryptography` package (AES-CBC with HMAC-SHA256). The first of `settings.SEALING_KEYS` seals;
all of them open, so that a key can be replaced: put the new one in front, run `manage.py reseal`, drop the old.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """What is stored was sealed with a key that is no longer there, or was altered."""


def seal(text: str) -> str:
    return _box(tuple(settings.SEALING_KEYS)).encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Raises SealBroken, which does not say what it could not read."""
    try:
        return _box(tuple(settings.SEALING_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise SealBroken("sealed with a key that is not in JIEBANG_SEALING_KEYS, or altered") from None


def reseal(token: str) -> str:
    """The same text, sealed anew with the first key. Raises SealBroken."""
    return seal(unseal(token))


@lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class Sealed:
    """A sealed text in the hand. Whatever prints it, logs it or puts it on a page gets the last four signs."""

    def __init__(self, token: str) -> None:
        self.token = token

    def reveal(self) -> str:
        return unseal(self.token)

    def __str__(self) -> str:
        text = self.reveal()
        return "•" * 4 + text[-4:] if len(text) > 4 else "•" * 4

    def __repr__(self) -> str:
        return "<sealed>"

    def __bool__(self) -> bool:
        return bool(self.token)
