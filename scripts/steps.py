"""What the setup steps share: the place, the log, the stamps, and errors of one line."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
LOG = ROOT / ".jiebang" / "log" / "setup.log"

CURES = {
    "No space left on device": "the disk is full: free some space and run `make setup` again",
    "Permission denied": "files here belong to another user: `sudo chown -R $(id -u):$(id -g) .`",
    "Temporary failure in name resolution": "the network is down: connect and run `make setup` again",
    "CERTIFICATE_VERIFY_FAILED": "the network's certificate is not trusted here: give it to pip with PIP_CERT=…",
    "Could not resolve": "the network is down: connect and run `make setup` again",
    "HASHES": "a download is not the file that was locked: try again; if it stays, your mirror is wrong",
}


class SetupError(Exception):
    """Shown to the person at the keyboard as it is."""


def quiet_run(doing: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run a command whose output goes to the log; a failure becomes one line with the cure."""
    print(f"… {doing}", flush=True)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        start = log.tell()
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        except OSError as error:
            raise SetupError(f"{doing}: {command[0]} could not be run ({error.strerror}).") from error
    if done.returncode != 0:
        said = LOG.read_bytes()[start:].decode(errors="replace")
        raise SetupError(f"{doing} failed: {_cure(said)} (all of it in {LOG.relative_to(ROOT)}).")


def _cure(said: str) -> str:
    for words, cure in CURES.items():
        if words in said:
            return cure
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:", "npm error"))]
    return (errors or lines or ["it said nothing"])[-1][:300]


@contextmanager
def stamped(name: str, keys: Iterable[Path | str], valid: bool = True) -> Iterator[bool]:
    """True when the step is due: its result is not valid, or a key (a file or a word) has changed."""
    digest = hashlib.sha256()
    for key in keys:
        digest.update(key.read_bytes() if isinstance(key, Path) else key.encode())
    stamp = STAMPS / name
    due = not valid or not stamp.exists() or stamp.read_text() != digest.hexdigest()
    yield due
    if due:
        STAMPS.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest.hexdigest())
