"""Load the demo years once, through the engine only."""

from __future__ import annotations

import sys
from datetime import datetime

from django.db import connection
from django.test.utils import override_settings
from tqdm import tqdm

from demo.cast import hire
from demo.pool import fill_pool
from demo.posting import list_story
from demo.stage import Stage
from demo.timetable import play
from demo.topics import PLANS
from workflows import outbox
from workflows.clock import SHANGHAI

LOADING, LOADED = "jiebang demo: loading", "jiebang demo: loaded"


def status() -> str:
    """LOADED, LOADING (broken off) or '' for a database without demo data; kept as the schema's comment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace, 'pg_namespace')")
        note = (cursor.fetchone() or [""])[0] or ""
    return note if note in (LOADING, LOADED) else ""


def mark(note: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA public IS '{note}'")


def clear() -> None:
    """Empty the database of a load that was broken off; refuses any other."""
    if status() != LOADING:
        raise RuntimeError("only an unfinished demo may be cleared")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    mark(LOADING)


def load(now: datetime | None = None, *, quiet: bool = False) -> int:
    """Play every list's story up to `now` (default: this instant). Returns the number of steps."""
    now = (now or datetime.now(SHANGHAI)).astimezone(SHANGHAI)
    mark(LOADING)
    stage = Stage(today=now.date(), cast=hire())
    fill_pool(stage.cast, stage.today)
    with tqdm(desc="演示数据", unit="步", file=sys.stderr, disable=quiet) as bar:
        steps = play([list_story(stage, plan) for plan in PLANS], now, bar.update)
    # Nobody has the addresses of the demo's people: messages stay inside the product.
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        while outbox.deliver_pending():
            pass
    mark(LOADED)
    return steps
