"""`manage.py replay_draw RECORD.json`: repeat a draw of experts from its record, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflows.draw_checks import Differs, check
from workflows.draw_shape import Malformed, read
from workflows.draw_summary import summary


class Command(BaseCommand):
    help = "Replay a draw record; exit code 1 names the first field that differs, 2 means not a record."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("record", metavar="RECORD.json", type=Path)
        parser.add_argument("--seed", metavar="HEX", help="64 hex digits; without it, the seed in the record")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = read(options["record"].read_text(encoding="utf-8"))
            result = check(document, options["seed"])
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(
                f"读不了 {options['record']}：请核对文件名，或重新下载 record.json。", returncode=2
            ) from fault
        except Differs as difference:
            raise CommandError(str(difference), returncode=1) from difference
        except Malformed as fault:
            raise CommandError(str(fault), returncode=2) from fault
        self.stdout.write("\n".join(summary(document, result)))
