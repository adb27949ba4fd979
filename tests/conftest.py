"""Fixtures shared by all rooms. Real parts only: PostgreSQL, Valkey and S3 come from the stack."""

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

# How long one example takes says nothing on a machine that runs other tests at the same time.
hypothesis_settings.register_profile("jiebang", deadline=None)
hypothesis_settings.load_profile("jiebang")

_flush = TransactionTestCase._fixture_teardown


def _flush_append_only(self: TransactionTestCase) -> None:
    # The audit chain refuses TRUNCATE for every role; only a superuser session in replica mode,
    # which is what `verify_audit` is there to unmask, can empty it between tests.
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        _flush(self)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")


TransactionTestCase._fixture_teardown = _flush_append_only  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _quiet_passwords(settings: object) -> None:
    """Scrypt is slow on purpose; tests log in hundreds of times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    # Every test client would otherwise list all static files anew, five thousand icons among them.
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]
