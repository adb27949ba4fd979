"""A database of the benchmark's own, made beside the configured one and dropped afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from config.stack import Endpoints

NAME = "jiebang_bench"
QUEUE = 9


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


def environment(parts: Endpoints, url: str) -> dict[str, str]:
    """All parts of the running stack, with a database, a queue and buckets of the benchmark's own."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "BROKER_URL": _own_queue(parts.broker_url),
        "S3_ENDPOINT": parts.s3_endpoint,
        "S3_ACCESS_KEY": parts.s3_access_key,
        "S3_SECRET_KEY": parts.s3_secret_key,
        "S3_BUCKET": "jiebang-bench",
        "S3_AUDIT_BUCKET": "jiebang-bench-anchors",
        "JIEBANG_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    }


def _own_queue(url: str) -> str:
    """Another number on the same Valkey, emptied, so that no other worker takes the benchmark's jobs."""
    if not url.startswith("redis"):
        return url
    own = urlunsplit(urlsplit(url)._replace(path=f"/{QUEUE}"))
    with redis.Redis.from_url(own) as broker:
        broker.flushdb()
    return own
