"""`manage.py take_shots`: the pictures of the main pages, taken from the demo data by a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo.cast import PASSWORD
from workflows.management.commands import load_demo

#: Picture → who looks, and at what. Numbers are the demo's, which are the same every time.
SHOTS = {
    "home": ("", "/"),
    "race": ("sd-officer", "/races/SD-2025-01-001/"),
    "workbench": ("sd-officer", "/workbench/"),
    "challenge": ("", "/challenges/SD-2026-04-001/"),
    "list": ("sd-officer", "/lists/SD-2026-03/"),
    "round": ("sd-secretary", "/rounds/12/"),
    "experts": ("sd-secretary", "/experts/"),
    "decision": ("sd-lead", "/decisions/SD-2026-02/"),
    "verify": ("", "/verify/"),
}
#: What README shows; the others are taken when asked for by name.
IN_README = ["home", "race", "workbench"]
SIZE = {"width": 1440, "height": 1000}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Command(BaseCommand):
    help = "Take the pictures of docs/pictures from the demo data (needs Chromium)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("names", nargs="*", help=f"which pictures (default: those of README): {' '.join(SHOTS)}")
        parser.add_argument("--narrow", action="store_true", help="as a phone shows them, 390 px wide")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["names"] or IN_README
        if unknown := set(names) - set(SHOTS):
            raise CommandError(f"No such picture: {', '.join(sorted(unknown))}. There are: {', '.join(SHOTS)}.")
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        if program is None:
            raise CommandError("No browser found: install Chromium (Debian: apt-get install chromium).")
        call_command("migrate", verbosity=0)
        call_command(load_demo.Command())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--log-level",
            "error",
        ]
        server = subprocess.Popen(command, env=os.environ)  # noqa: S603
        try:
            self._wait(port)
            self._take(program, f"http://127.0.0.1:{port}", names, options["narrow"])
        finally:
            server.terminate()
            server.wait(timeout=20)

    def _wait(self, port: int) -> None:
        for _ in range(100):
            try:
                urlopen(f"http://127.0.0.1:{port}/login/").close()
                return
            except URLError:
                time.sleep(0.2)
        raise CommandError("The web server did not answer within 20 s.")

    def _take(self, program: str, base: str, names: list[str], narrow: bool) -> None:
        from playwright.sync_api import sync_playwright

        folder = Path(settings.BASE_DIR) / "docs" / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        size = {"width": 390, "height": 844} if narrow else SIZE
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            for name in names:
                account, path = SHOTS[name]
                context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size)  # type: ignore[arg-type]
                page = context.new_page()
                if account:
                    page.goto(f"{base}/login/")
                    page.fill("#id_username", account)
                    page.fill("#id_password", PASSWORD)
                    page.click("main form button")
                    page.wait_for_url("**/workbench/")
                page.goto(base + path, wait_until="networkidle")
                page.screenshot(path=folder / f"{name}{'-narrow' if narrow else ''}.png", full_page=narrow)
                context.close()
                self.stdout.write(f"docs/pictures/{name}{'-narrow' if narrow else ''}.png")
            browser.close()
