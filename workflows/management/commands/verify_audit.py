"""`manage.py verify_audit`: walk the audit chain and name the first entry that is wrong."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from workflows.anchors import read_anchors
from workflows.audit import verify
from workflows.models import AuditEntry


class Command(BaseCommand):
    help = "Verify the audit chain against itself and against its anchors; exit 1 at the first fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-anchors", action="store_true", help="the chain alone, without the object store")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = {} if options["no_anchors"] else read_anchors()
        count = AuditEntry.objects.count()
        began = time.monotonic()
        fault = verify(_with_progress(count), anchors)
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{count} 条记录，{len(anchors)} 个锚点，{seconds:.2f} 秒（{count / max(seconds, 0.001):.0f} 条/秒）"
        )
        if fault is not None:
            self.stderr.write(self.style.ERROR(f"审计链有问题：{fault.sentence}（{fault.kind}）"))
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("审计链完整。"))


def _with_progress(count: int) -> Iterator[AuditEntry]:
    entries = AuditEntry.objects.order_by("seq").iterator(chunk_size=2000)
    try:
        # A bar for people at a terminal, nothing in a log.
        yield from tqdm(entries, total=count, unit="条", file=sys.stderr, disable=not sys.stderr.isatty())
    finally:
        entries.close()  # type: ignore[attr-defined]  # a generator, see `verify`
