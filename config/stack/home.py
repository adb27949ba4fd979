"""The folder of one stack: data, logs, keys and the state file, by default `.jiebang/`."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.stack.errors import StackError

REPOSITORY = Path(__file__).resolve().parents[2]
LOG_LIMIT_BYTES = 10_000_000


def default_home() -> Path:
    """JIEBANG_HOME, a relative one counted from the repository root."""
    return (REPOSITORY / os.environ.get("JIEBANG_HOME", ".jiebang")).resolve()


class Home:
    """Paths and small files of one stack. Reading never creates anything."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = default_home() if path is None else path.resolve()
        self.state_file = self.path / "stack.json"

    def create(self) -> None:
        """Make the folder; others may pass through it, because as root PostgreSQL runs as another user."""
        self.path.mkdir(parents=True, exist_ok=True)
        status = self.path.stat()
        if status.st_uid != os.geteuid():
            # Also for root: what it writes here the owner could not use any more.
            raise StackError(
                f"{self.path} belongs to another user (number {status.st_uid}): run this as that user, "
                "or set JIEBANG_HOME to a folder of your own."
            )
        if status.st_mode | 0o111 != status.st_mode:
            self.path.chmod(status.st_mode | 0o111)
        self.log("").parent.mkdir(exist_ok=True)

    def log(self, part: str) -> Path:
        return self.path / "log" / f"{part}.log"

    def rotated_log(self, part: str) -> Path:
        """The part's log file, the previous one kept as `.log.1` once it has grown large."""
        log = self.log(part)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return log

    def read_state(self) -> dict[str, Any]:
        """What the last start or stop left behind; empty when there is none or it was cut short."""
        try:
            state = json.loads(self.state_file.read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, state: dict[str, Any]) -> None:
        write_secret(self.state_file, json.dumps(state, indent=2))

    def key(self, name: str, length: int) -> str:
        """A random secret, made at its first use and kept in `keys.json` (mode 0600)."""
        file = self.path / "keys.json"
        keys: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if name not in keys:
            keys[name] = secrets.token_hex(length // 2)
            write_secret(file, json.dumps(keys, indent=2))
        return keys[name]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One starter or stopper at a time; the kernel frees the lock of a killed one."""
        with _lock_file(self.path / "lock") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def has_users(self) -> bool:
        """Whether anybody is counted now. Call it under `locked()`, before joining."""
        with _lock_file(self.path / "users") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def join_users(self) -> int:
        """Be counted among the stack's users until the returned descriptor is closed or we die."""
        handle = _lock_file(self.path / "users")
        descriptor = os.dup(handle.fileno())
        handle.close()
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def leave_users(self, descriptor: int) -> bool:
        """Stop being counted; true when nobody else is left. Call it under `locked()`."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)


def _lock_file(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


def write_secret(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
