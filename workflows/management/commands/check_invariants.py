"""`manage.py check_invariants`: every truth we know, looked for in the data."""

from typing import Any

from django.core.management.base import BaseCommand

from workflows.invariants import INVARIANTS


class Command(BaseCommand):
    help = "Check every invariant; exit 1 when one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for name, check in INVARIANTS.items():
            found = list(check())
            failed = failed or bool(found)
            self.stdout.write(f"{'✗' if found else '✓'} {name}")
            for sentence in found[:20]:
                self.stdout.write(f"    {sentence}")
        if failed:
            raise SystemExit(1)
