"""Web server and worker beside the measurement, as `make demo` starts them."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.serving import web_command, worker_command
from config.stack.command import die_with_parent
from config.stack.ports import LOOPBACK, free_ports

START_SECONDS = 60.0


@contextmanager
def web(environment: Mapping[str, str], application: str = "config.wsgi") -> Iterator[int]:
    """Yield the port on which the application answers."""
    port = next(free_ports(application))
    with _process(web_command(port, application), environment):
        _wait_for(port)
        yield port


@contextmanager
def worker(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    with _process(worker_command(folder / "beat-schedule"), environment):
        yield


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    child = subprocess.Popen(  # noqa: S603 (our own programmes)
        command, env=dict(environment), start_new_session=True, preexec_fn=die_with_parent()
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not start")
