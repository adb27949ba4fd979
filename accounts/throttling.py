"""A limit on guessing passwords over the API, counted atomically in the shared cache."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW_SECONDS = 60
TRIES_PER_ACCOUNT = 5
#: Above the account's limit, because many users may sit behind one address.
TRIES_PER_ADDRESS = 60


class PasswordTries(BaseThrottle):
    """Every request with a password counts, for the account named and for the caller's address.

    The address is the connection's own: a forwarded-for header could be made up to evade it.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        data = request.data if isinstance(request.data, dict) else {}
        account = str(data.get("username", "")).strip().casefold()
        address = str(request.META.get("REMOTE_ADDR", ""))
        # Both are counted, whatever the first says.
        counts = [
            _count("account", account) <= TRIES_PER_ACCOUNT,
            _count("address", address) <= TRIES_PER_ADDRESS,
        ]
        return all(counts)

    def wait(self) -> float:
        return WINDOW_SECONDS


def _count(kind: str, subject: str) -> int:
    # Hashed, because a cache key may not hold every character a caller can send.
    key = f"password-tries:{kind}:{hashlib.sha256(subject.encode()).hexdigest()}"
    cache.add(key, 0, timeout=WINDOW_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # expired between the two calls
        cache.add(key, 1, timeout=WINDOW_SECONDS)
        return 1
