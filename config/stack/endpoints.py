"""Where the parts are: from the environment where it says so, else from the running embedded stack."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.stack import processes
from config.stack.errors import StackNotRunning
from config.stack.home import Home

# Addresses that parse but never answer, so that commands which need no server can load the settings.
# The socket folder is worded for the person who meets it in an error message.
PLACEHOLDERS = {
    "database_url": "postgresql://jiebang@/jiebang?host=/the-stack-is-not-running--run-make-stack",
    "broker_url": "redis://127.0.0.1:1/0",
    "s3_endpoint": "http://127.0.0.1:1",
    "s3_access_key": "stack-is-not-running",
    "s3_secret_key": "stack-is-not-running",
}
# The variable that names a part elsewhere, per part of the embedded stack.
GIVEN_BY = {"postgres": "DATABASE_URL", "broker": "BROKER_URL", "s3": "S3_ENDPOINT"}


@dataclass(frozen=True)
class Endpoints:
    """Addresses and keys of the three parts. The public S3 address is the one browsers use."""

    database_url: str
    broker_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    s3_public_endpoint: str


def is_given(part: str) -> bool:
    return bool(os.environ.get(GIVEN_BY[part]))


def endpoints(required: bool = True, home: Path | None = None) -> Endpoints:
    """Read the addresses without starting anything.

    Raises StackNotRunning when one is unknown, unless `required` is false: then a placeholder
    stands in its place, good for loading settings and for nothing else.
    """
    found = _from_environment()
    if any(name not in found for name in PLACEHOLDERS):
        found = _from_state(Home(home).read_state()) | found
    missing = [name.upper() for name in PLACEHOLDERS if name not in found]
    if missing and required:
        raise StackNotRunning(
            f"{', '.join(missing)} unknown: run `make stack` to start the embedded stack, "
            f"or set {'it' if len(missing) == 1 else 'them'} in the environment."
        )
    known = PLACEHOLDERS | found
    public = os.environ.get("S3_PUBLIC_ENDPOINT") or known["s3_endpoint"]
    return Endpoints(**known, s3_public_endpoint=public)


def _from_environment() -> dict[str, str]:
    names = [name for name in PLACEHOLDERS if os.environ.get(name.upper())]
    if not is_given("s3"):
        # Keys without an address belong to no store; the embedded one has its own.
        names = [name for name in names if not name.startswith("s3_")]
    return {name: os.environ[name.upper()] for name in names}


def _from_state(state: dict[str, Any]) -> dict[str, str]:
    gives: dict[str, str] = {}
    for name, part in state.get("parts", {}).items():
        if not is_given(name) and processes.is_ours(part["pid"], part["marks"]):
            gives |= part["gives"]
    return gives
