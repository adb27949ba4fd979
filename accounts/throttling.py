"""A limit on guessing passwords over the API, counted atomically in the shared cache."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW_SECONDS = 60
TRIES_PER_ACCOUNT = 5
#: Above the account's limit, because many users may sit behind one address.
TRIES_PER_ADDRESS = 60


class CannotCount(APIException):
    """The cache is down. Passwords are not looked at uncounted."""

    status_code = 503
    default_code = "try_later"
    default_detail = _("暂时无法核验密码，请稍后再试。")


class PasswordTries(BaseThrottle):
    """Every request with a password counts, for the account named and for the caller's address.

    The address is the connection's own: a forwarded-for header could be made up to evade it.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        data = request.data if isinstance(request.data, dict) else {}
        account = str(data.get("username", "")).strip().casefold()
        address = str(request.META.get("REMOTE_ADDR", ""))
        try:
            # Both are counted, whatever the first says.
            of_account, of_address = _count("account", account), _count("address", address)
        except (RedisError, OSError) as error:
            raise CannotCount from error
        return of_account <= TRIES_PER_ACCOUNT and of_address <= TRIES_PER_ADDRESS

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
