"""Start what the environment does not give, all at once; stop it when its last user leaves."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any

from config.stack.broker import Broker
from config.stack.endpoints import Endpoints, endpoints, is_given
from config.stack.errors import PortTaken, StackError
from config.stack.home import Home
from config.stack.object_store import ObjectStore
from config.stack.part import Part
from config.stack.ports import GRPC_OFFSET, free_ports, is_free
from config.stack.postgres import Postgres

PARTS: tuple[type[Part], ...] = (Postgres, Broker, ObjectStore)
FREE_BYTES_NEEDED = 500_000_000


class Stack:
    """The servers of one home, shared by everybody who enters it; the last to leave stops them.

    `detached` leaves them running for good, until `down()`. `fresh` deletes the data of earlier
    runs first, unless somebody uses it at this moment; what it starts need not outlive a fall of the machine.
    """

    def __init__(self, home: Path | None = None, detached: bool = False, fresh: bool = False) -> None:
        self.home = Home(home)
        self.detached = detached
        self.fresh = fresh
        self._user: int | None = None
        self._cancelled = Event()

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def endpoints(self) -> Endpoints:
        return endpoints(home=self.home.path)

    def start(self) -> None:
        """Bring up every part that is not given by the environment; raises StackError in one line."""
        self.home.create()
        _check_disk(self.home.path)
        with self.home.locked():
            state = self.home.read_state()
            if self.fresh and not state.get("detached") and not self.home.has_users():
                self._stop_all(erase=True)
            self._user = self.home.join_users()
            try:
                parts = self._start_parts(bool(state.get("detached")))
            except BaseException:
                self._leave_locked()
                raise
            if self.detached:
                self._write(parts, detached=True)

    def leave(self) -> None:
        """Stop the servers unless somebody else uses them or they were started to stay."""
        if self._user is None:
            return
        with self.home.locked():
            self._leave_locked()

    def down(self) -> None:
        """Stop everything of this home, whoever started it."""
        if not self.home.path.is_dir():
            return
        with self.home.locked():
            self._stop_all()

    def _start_parts(self, stays: bool) -> list[Part]:
        kinds = [kind for kind in PARTS if not is_given(kind.name)]
        try:
            return self._ensure_all(self._parts(kinds), stays)
        except PortTaken:
            return self._ensure_all(self._parts(kinds, other_ports=True), stays)

    def _parts(self, kinds: list[type[Part]], other_ports: bool = False) -> list[Part]:
        """Each part with its ports of last time, if it answers there or they are free."""
        state = self.home.read_state()
        noted = {port for kind in PARTS for port in _ports(state, kind)}
        fresh = (port for port in free_ports(str(self.home.path)) if port not in noted)
        parts = [kind(self.home, _ports(state, kind), self._cancelled) for kind in kinds]
        for part in parts:
            part.is_throwaway = self.fresh
            can_return = len(part.ports) == part.port_count and all(map(_is_free_pair, part.ports))
            if not part.is_running() and (other_ports or not can_return):
                part.ports = [next(fresh) for _ in range(part.port_count)]
        return parts

    def _ensure_all(self, parts: list[Part], stays: bool) -> list[Part]:
        # Noted before the start: the keys are made by one thread, and a start that is killed
        # halfway leaves servers whose ports the next one knows.
        self._write(parts, stays)
        with ThreadPoolExecutor(max_workers=len(parts) + 1) as pool:
            tasks = [pool.submit(part.ensure) for part in parts]
            try:
                for task in as_completed(tasks):
                    task.result()
            except BaseException:
                self._cancelled.set()
                raise
            finally:
                wait(tasks)
                self._cancelled.clear()
                self._write(parts, stays)
        return parts

    def _leave_locked(self) -> None:
        user, self._user = self._user, None
        if user is not None and self.home.leave_users(user) and not self.home.read_state().get("detached"):
            self._stop_all()

    def _stop_all(self, erase: bool = False) -> None:
        state = self.home.read_state()
        parts = [kind(self.home, _ports(state, kind), Event()) for kind in PARTS]
        with ThreadPoolExecutor(max_workers=len(parts)) as pool:
            list(pool.map(lambda part: part.stop(), parts))
        for part in parts if erase else ():
            shutil.rmtree(part.folder, ignore_errors=True)
        self._write(parts, detached=False)

    def _write(self, parts: list[Part], detached: bool) -> None:
        noted = dict(self.home.read_state().get("parts", {}))
        for part in parts:
            if part.ports:
                noted[part.name] = {
                    "pid": part.pid, "marks": part.marks, "ports": part.ports, "gives": part.gives(),
                }  # fmt: skip
        self.home.write_state({"detached": detached, "parts": noted})


def _ports(state: dict[str, Any], kind: type[Part]) -> list[int]:
    return list(state.get("parts", {}).get(kind.name, {}).get("ports", []))


def _is_free_pair(port: int) -> bool:
    return is_free(port) and is_free(port + GRPC_OFFSET)


def _check_disk(folder: Path) -> None:
    disk = shutil.disk_usage(folder)
    needed = FREE_BYTES_NEEDED
    if not is_given("s3"):
        # SeaweedFS writes nothing more once less than 1 % of the disk is free.
        needed = max(needed, disk.total // 100 + FREE_BYTES_NEEDED // 5)
    if disk.free < needed:
        raise StackError(
            f"The disk of {folder} is nearly full: {disk.free // 1_000_000} MB free, "
            f"{needed // 1_000_000} MB needed. Free some space, or set JIEBANG_HOME to a folder "
            "on a larger disk."
        )
