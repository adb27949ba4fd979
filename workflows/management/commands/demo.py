"""`manage.py demo`: the whole product on this machine, with demo data, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.serving import web_command, worker_command
from config.stack.command import die_with_parent
from demo.cast import PASSWORD
from workflows.management.commands import load_demo

ACCOUNTS = [
    ("sd-officer", "经办人：榜单、形审、评审、公示"),
    ("sd-officer2", "复核人：形式审查第二人"),
    ("sd-lead", "厅领导：批准、发榜、审定、下达、签发证书"),
    ("sd-secretary", "评审秘书"),
    ("sd-supervisor", "监督员：见证抽取"),
    ("sd-finance", "财务处：拨付"),
    ("sd-legal", "法规处：异议调查、复审"),
    ("qd-officer", "另一机构的经办人"),
    ("org01", "揭榜单位管理员"),
    ("pi01a", "项目负责人"),
    ("rec1", "推荐单位"),
    ("dem01", "需求方"),
    ("sd-expert01", "评审专家"),
    ("auditor", "审计管理员"),
]


class Command(BaseCommand):
    help = "Migrate, load the demo data once, then serve web, worker and timer until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        # WhiteNoise reads files where they lie in the demo, but wants its folder to exist.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command(load_demo.Command())
        port = os.environ.get("JIEBANG_PORT", "8000")
        # The login page lists the demo's accounts where this is set, and only there.
        # Nobody has the addresses of its people: messages stay inside the product.
        no_mail = {"JIEBANG_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
        served = {**no_mail, **os.environ, "JIEBANG_DEMO": "1"}
        # In a session of their own: Ctrl-C reaches this command alone, which then ends them in order.
        children = [
            subprocess.Popen(command, env=served, start_new_session=True, preexec_fn=die_with_parent())  # noqa: S603
            for command in self._commands(port)
        ]

        told_to_stop: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            # No exception: people press Ctrl-C twice, and the second must not cut the ending short.
            told_to_stop.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        self._greet(port)
        try:
            while not told_to_stop and all(child.poll() is None for child in children):
                time.sleep(0.2)
            if told_to_stop:
                self.stdout.write("\n正在停止……")
            else:
                self.stderr.write("有一个服务意外退出，演示停止；日志见上。")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(timeout=20)

    def _commands(self, port: str) -> list[list[str]]:
        schedule = Path(os.environ.get("JIEBANG_HOME", ".jiebang"), "beat-schedule")
        return [web_command(int(port)), worker_command(schedule)]

    def _greet(self, port: str) -> None:
        lines = [f"  {name:<15}{what}" for name, what in ACCOUNTS]
        self.stdout.write(
            f"\n揭榜演示已就绪： http://127.0.0.1:{port}/\n演示账户（口令均为 {PASSWORD}）：\n"
            + "\n".join(lines)
            + "\n按 Ctrl-C 停止；数据保留，下次启动不会重复载入。\n"
        )
