"""Run one command inside the stack and pass on its exit code and the signals meant for it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.stack.errors import StackError
from config.stack.ports import is_free
from config.stack.stack import Stack

PR_SET_PDEATHSIG = 1


def run(command: list[str], home: Path | None = None, port: int | None = None, fresh: bool = False) -> int:
    """Start what is missing, run the command with JIEBANG_HOME set, stop what has no other user."""
    if port is not None and not (is_free(port) and is_free(port, "0.0.0.0")):  # noqa: S104 (only a look)
        raise StackError(
            f"Port {port} is in use by another programme: stop it, or choose another port with JIEBANG_PORT={port + 1}."
        )
    # A polite end must also stop the servers; Python's own reaction would be to die at once.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with Stack(home, fresh=fresh) as stack:
        return _wait_for(command, {**os.environ, "JIEBANG_HOME": str(stack.home.path)})


def _wait_for(command: list[str], environment: dict[str, str]) -> int:
    child: subprocess.Popen[bytes] | None = None

    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child is None:  # it may be running already, and we not know it yet
            early.append(number)
            return
        if number != signal.SIGINT or not _terminal_told_child():
            child.send_signal(number)

    # Before the command starts: it may be told to end as soon as it has printed its first line.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        # Without its runner the command must not live on: it would hold the web port.
        child = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent())  # noqa: S603
    except OSError as error:
        raise StackError(f"{command[0]} could not be run: {error.strerror}.") from error
    for told in early:
        pass_on(told, None)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _terminal_told_child() -> bool:
    """Whether Ctrl-C reached the child by itself, as it does for the terminal's foreground group."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False


def die_with_parent() -> Callable[[], None]:
    """A `preexec_fn` by which the child is told to end when this process is gone, even by `kill -9`."""
    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def tie() -> None:
        # Our own handler would only make a note of the signal, and the note is lost at exec.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # It went between fork and here: nothing will be told any more.
            os._exit(128 + signal.SIGTERM)

    return tie


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
