"""Public verification of certificates: by the token in the QR code, or by number and check code.

What is shown is what the paper says and whether it is in force; no person's name or number. Tries
are counted per address, so that nobody guesses his way through (domain 5.9).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from projects.documents.certificate import check_code
from projects.documents.content import CertificateContent
from projects.models import Certificate

logger = logging.getLogger(__name__)

TRIES = 30
WINDOW_SECONDS = 60
#: People type the brackets their keyboard has; numbers are printed with 〔〕 (GB/T 9704).
_BRACKETS = str.maketrans("([{【［﹝", "〔〔〔〔〔〔") | str.maketrans(")]}】］﹞", "〕〕〕〕〕〕")


class TooManyTries(Exception):
    """This address has asked too often; `seconds` until it may ask again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(_("查询过于频繁，请 %s 秒后再试。") % seconds)


@dataclass(frozen=True)
class VerifiedCertificate:
    """The whole of what the public learns about a certificate."""

    kind: str
    kind_label: str
    number: str
    holder: str
    project_number: str
    project_title: str
    issuer: str
    issued_on: date
    state: str
    state_label: str
    is_valid: bool
    pdf_sha256: str


def by_token(token: str) -> Certificate | None:
    """The issued certificate with this token, or None. Joins nothing: what is shown is frozen."""
    found = _issued().filter(token=token).first() if token.isascii() and len(token) <= 40 else None
    # An index compares byte by byte and can be timed; the comparison that decides cannot.
    return found if found is not None and hmac.compare_digest(found.token, token) else None


def by_number(number: str, code: str) -> Certificate | None:
    """The issued certificate with this number, if `code` is its check code. Forgives how it is typed."""
    found = _issued().filter(number__iexact=typed(number)).first()
    expected = check_code(found.token) if found else "-" * 8
    given = unicodedata.normalize("NFKC", code).strip()
    matches = hmac.compare_digest(expected.encode(), given.encode())
    return found if matches else None


def shown(certificate: Certificate) -> VerifiedCertificate:
    content = CertificateContent.from_data(certificate.content)
    return VerifiedCertificate(
        kind=certificate.kind,
        kind_label=certificate.get_kind_display(),
        number=content.number,
        holder=content.holder,
        project_number=content.project_number,
        project_title=content.project_title,
        issuer=content.issuer,
        issued_on=content.issued_on,
        state=certificate.state,
        state_label=certificate.get_state_display(),
        is_valid=certificate.state == Certificate.State.ISSUED,
        pdf_sha256=certificate.pdf_sha256,
    )


def count_try(address: str) -> None:
    """Count one look-up from an address. Raises `TooManyTries` at the 31st within a minute.

    The address must be the connection's own: a forwarded-for header could be made up. With the cache
    down the public may still verify.
    """
    key = counter_of(address)
    try:
        cache.add(key, 0, timeout=WINDOW_SECONDS)
        count = _increment(key)
    except (RedisError, OSError) as error:
        logger.warning("cache unreachable, verification goes uncounted: %s", error)
        return
    if count > TRIES:
        raise TooManyTries(WINDOW_SECONDS)


def counter_of(address: str) -> str:
    """The cache key of an address's tries; hashed, as a key may not hold every character."""
    return f"verify-tries:{hashlib.sha256(address.encode()).hexdigest()}"


def typed(number: str) -> str:
    """A number as it is printed, from how people type it: widths, blanks and brackets."""
    compact = "".join(unicodedata.normalize("NFKC", number.replace("﹝", "〔").replace("﹞", "〕")).split())
    return compact.translate(_BRACKETS)


def _increment(key: str) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:  # expired between the two calls
        cache.add(key, 1, timeout=WINDOW_SECONDS)
        return 1


def _issued() -> Any:
    return Certificate.objects.exclude(state=Certificate.State.PREPARED)
