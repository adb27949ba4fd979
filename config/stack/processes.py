"""Finding, recognising and ending server processes through /proc.

A PID alone proves nothing: after a crash the number may belong to somebody else. A process is
ours only if its command line carries an argument that names this home's data folder.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def arguments(pid: int) -> list[str]:
    """The command line of a live process; empty for one that is gone, a zombie or hidden from us."""
    try:
        line = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return line.decode(errors="replace").split("\0") if line else []


def is_gone(pid: int) -> bool:
    """Whether the process has ended and let go of its ports, reaped by its parent or not.

    Its arguments vanish a moment earlier, and appear a moment after its start.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text()
        return stat.rpartition(")")[2].split()[0] in "ZX" and len(list((PROC / str(pid) / "task").iterdir())) < 2
    except OSError:
        return True


def is_ours(pid: int | None, marks: Collection[str]) -> bool:
    return pid is not None and not set(marks).isdisjoint(arguments(pid))


def find(marks: Collection[str]) -> list[int]:
    """Every live process with one of the marks as an argument, whoever its parent is."""
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return sorted(pid for pid in numbers if pid != os.getpid() and is_ours(pid, marks))


def end(pids: Collection[int], marks: Collection[str], polite: signal.Signals, patience: float) -> None:
    """Ask politely, wait, then kill; each signal goes only to a process that is still ours."""
    for number, wait in ((polite, patience), (signal.SIGKILL, 5.0)):
        for pid in pids:
            if is_ours(pid, marks):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        deadline = time.monotonic() + wait
        while not all(is_gone(pid) for pid in pids):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return
