"""Keys of what is cached: they belong to a database, for several may share one Valkey (tests beside each other do)."""

from django.db import connection


def key_of(key: str, prefix: str, version: int) -> str:
    return f"{connection.settings_dict['NAME']}:{prefix}:{version}:{key}"
