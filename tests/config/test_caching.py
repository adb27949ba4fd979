"""Two databases beside each other never read what was cached for the other."""

from django.core.cache import cache
from django.db import connection


def test_what_is_cached_belongs_to_a_database(db, monkeypatch):
    cache.set("records", "mine", 60)
    assert cache.get("records") == "mine"
    monkeypatch.setitem(connection.settings_dict, "NAME", "another")
    assert cache.get("records") is None
