"""What the three servers have in common: recognised by a mark, started, asked, adopted, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import ClassVar

from config.stack import processes
from config.stack.errors import PortTaken, StackError
from config.stack.failures import explain
from config.stack.home import Home

START_SECONDS = 30.0
ADOPT_SECONDS = 5.0


@dataclass
class Part(ABC):
    """One server of one home. `ports` are chosen before it starts and kept from run to run."""

    home: Home
    ports: list[int]
    cancelled: Event
    pid: int | None = field(default=None, init=False)
    #: Nobody will miss the data when the machine falls over.
    is_throwaway: bool = field(default=False, init=False)

    name: ClassVar[str]
    title: ClassVar[str]
    port_count: ClassVar[int] = 1
    polite: ClassVar[signal.Signals] = signal.SIGTERM
    patience: ClassVar[float] = 10.0

    @property
    def folder(self) -> Path:
        """The part's data."""
        return self.home.path / self.name

    @property
    @abstractmethod
    def marks(self) -> list[str]:
        """Arguments that only this home's server carries on its command line."""

    @abstractmethod
    def launch(self) -> int:
        """Start the server process and return its PID."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does real work for somebody who holds our keys."""

    @abstractmethod
    def gives(self) -> dict[str, str]:
        """Fields of Endpoints that this part provides."""

    def prepare(self) -> None:  # noqa: B027 (optional)
        """What must be there before each start."""

    def finish(self) -> None:  # noqa: B027 (optional)
        """What must be done once the server answers."""

    def clear_away(self) -> None:  # noqa: B027 (optional)
        """What a stopped server leaves outside its home."""

    def is_running(self) -> bool:
        """Whether a server of this home is alive and answers on the noted ports, now."""
        left = processes.find(self.marks)
        self.pid = left[0] if left and self.ports and self.answers() else None
        return self.pid is not None

    def ensure(self) -> None:
        """Adopt a server of this home that answers, else replace whatever is left of it."""
        left = processes.find(self.marks)
        if left and self._wait(left[0], ADOPT_SECONDS):
            self.pid = left[0]
        else:
            self.stop()
            self._start()
        self.finish()

    def stop(self) -> None:
        """End every process of this part, also one that no state file knows."""
        processes.end(processes.find(self.marks), self.marks, self.polite, self.patience)
        self.pid = None
        self.clear_away()

    def _start(self) -> None:
        self.prepare()
        log = self.home.rotated_log(self.name)
        said_before = log.stat().st_size if log.exists() else 0
        self.pid = self.launch()
        if not self._wait(self.pid, START_SECONDS):
            self.stop()
            raise self._explain(log.read_bytes()[said_before:].decode(errors="replace"))

    def _wait(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.cancelled.is_set():
                raise StackError("Stopped before the stack was up.")
            if processes.is_gone(pid):
                return False
            if self.answers():
                return True
            time.sleep(0.03)
        return False

    def _explain(self, said: str) -> StackError:
        if "address already in use" in said.lower():
            return PortTaken(f"{self.title} found one of its ports taken ({self.ports}): start again.")
        return explain(self.title, said, self.home, self.name)

    def spawn(
        self, command: list[str], environment: Mapping[str, str], as_user: Mapping[str, object] | None = None
    ) -> int:
        """Start a server in a session of its own, out of reach of the terminal's Ctrl-C."""
        with self.home.rotated_log(self.name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 (our own binaries, no shell)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **environment},
                start_new_session=True,
                **(as_user or {}),  # type: ignore[call-overload]
            )
        return _remember(process)


# Popen objects of our own children: polling them reaps the dead, which would stay zombies otherwise.
_children: list[subprocess.Popen[bytes]] = []


def _remember(process: subprocess.Popen[bytes]) -> int:
    _children[:] = [child for child in _children if child.poll() is None]
    _children.append(process)
    return process.pid
