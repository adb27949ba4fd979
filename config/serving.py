"""How web server and worker are started: by the demo, the benchmark and the fault tests alike."""

from __future__ import annotations

import sys
from pathlib import Path

from config.stack.ports import LOOPBACK

#: Per process. In the last minute before a close requests queue by the thousand; they must be read, not
#: left in the kernel's queue, which is short and drops what does not fit.
CONNECTIONS = 8192
BACKLOG = 4096


def web_command(port: int, application: str = "config.wsgi") -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", application, "--bind", f"{LOOPBACK}:{port}", "--workers", "2",
        "--threads", "4", "--worker-class", "config.gunicorn_worker.Worker",
        "--worker-connections", str(CONNECTIONS), "--backlog", str(BACKLOG), "--log-level", "warning",
    ]  # fmt: skip


def worker_command(schedule: Path) -> list[str]:
    """Worker and timer in one; `schedule` is the timer's own file."""
    # Messages can wait while people hand in: where both want the processor, the web goes first.
    # Celery warns of root at every start; in a container there is often nobody else.
    return [
        "nice", "-n", "10", sys.executable, "-W", "ignore::RuntimeWarning", "-m", "celery", "-A", "config", "--quiet",
        "worker", "--beat", "--concurrency", "1", "--loglevel", "WARNING", "--schedule", str(schedule),
    ]  # fmt: skip
