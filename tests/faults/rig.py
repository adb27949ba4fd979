"""The whole product as separate processes on a stack of its own, and what a supervisor does: start again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from config.serving import web_command, worker_command
from config.stack import Stack
from config.stack.command import die_with_parent
from config.stack.home import REPOSITORY
from config.stack.ports import free_ports


class Rig:
    """Web server, Celery worker, broker, store and database; each can be killed and comes back."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="jiebang-faults-"))
        self.stack = Stack(self.home, detached=True)
        self.port = next(free_ports("faults"))
        self.environment = {
            **os.environ,
            "JIEBANG_HOME": str(self.home),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "JIEBANG_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self.stack.start()

    def serve(self) -> None:
        self._spawn("web")
        self._spawn("worker")
        wait_until(self._answers)

    def stop(self) -> None:
        for process in self.running.values():
            _kill_group(process)
        self.stack.down()
        shutil.rmtree(self.home)

    def scene(self, *arguments: str) -> Any:
        """The answer of `tests.faults.scene`."""
        script = "import django; django.setup(); from tests.faults.scene import main; main()"
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=self.environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def undelivered(self) -> int:
        with psycopg.connect(self.stack.endpoints.database_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM workflows_outboxmessage WHERE delivered_at IS NULL"
            ).fetchone()
        return int(row[0])  # type: ignore[index]

    # --- kill -9, and what a supervisor does then ------------------------------------------------

    def kill_web_worker(self) -> None:
        """One of gunicorn's processes; gunicorn itself starts another."""
        os.kill(_children(self.running["web"].pid)[0], signal.SIGKILL)

    def kill_web(self) -> None:
        self._again("web")

    def kill_worker(self) -> None:
        self._again("worker")

    def kill_broker(self) -> None:
        self._kill_part("broker")

    def kill_store(self) -> None:
        self._kill_part("s3")

    def _kill_part(self, name: str) -> None:
        parts = json.loads((self.home / "stack.json").read_text())["parts"]
        os.kill(parts[name]["pid"], signal.SIGKILL)
        time.sleep(0.5)  # nobody notices at once
        self.stack.start()  # the others are found running

    def _again(self, name: str) -> None:
        _kill_group(self.running[name])
        time.sleep(0.5)
        self._spawn(name)

    def _spawn(self, name: str) -> None:
        commands = {"web": web_command(self.port), "worker": worker_command(self.home / "beat-schedule")}
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                commands[name], env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent(),
            )  # fmt: skip

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"GET /api/v1/me/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(12).endswith(b"401")
        return False


def wait_until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
