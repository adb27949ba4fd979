"""`manage.py bench`: measure speed in a database of its own, one JSON line per figure."""

import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand

from bench.scratch import environment, scratch_database
from config.stack import endpoints


class Command(BaseCommand):
    help = "Measure transitions, chain, pages with 10,000 bids, certificates; one JSON line per figure."

    def handle(self, *args: Any, **options: Any) -> None:
        with scratch_database(endpoints().database_url) as url:
            env = {**environment(url), "DJANGO_SETTINGS_MODULE": "config.settings"}
            raise SystemExit(subprocess.run([sys.executable, "-m", "bench.run"], env=env).returncode)
