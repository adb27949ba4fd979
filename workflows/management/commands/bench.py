"""`manage.py bench`: measure speed in a database of its own, one JSON line per figure."""

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bench.scratch import environment, scratch_database
from config.stack import endpoints


class Command(BaseCommand):
    help = "Measure transitions, chain, pages with 10,000 bids, certificates, conflicts, the rush before a close; JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="?", choices=["all", "rush", "conflicts"], default="all")
        parser.add_argument("--bids", type=int, default=6000, help="bids handed in during the rush")
        parser.add_argument(
            "--seconds", type=float, default=60.0, help="length of the rush; half comes in its last sixth"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parts = endpoints()
        command = [sys.executable, "-m", "bench.run", options["what"]]
        command += ["--bids", str(options["bids"]), "--seconds", str(options["seconds"])]
        with scratch_database(parts.database_url) as url:
            env = {**environment(parts, url), "DJANGO_SETTINGS_MODULE": "config.settings"}
            raise SystemExit(subprocess.run(command, env=env).returncode)  # noqa: S603
