"""A database of the benchmark's own, made beside the configured one and dropped afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

NAME = "jiebang_bench"


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Yield the address of a fresh, empty database on the same server."""
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        try:
            yield urlunsplit(parts._replace(path=f"/{NAME}"))
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "JIEBANG_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
