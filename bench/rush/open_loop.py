"""Sends each request at its instant, on a connection of its own, answered or not answered those before."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

PATIENCE = 300.0  # seconds that a person waits at most before the request counts as lost


@dataclass
class Shot:
    """One request: `due` is the Unix time at which it is to be sent; the rest is filled in."""

    due: float
    request: bytes
    sent: float = 0.0
    answered: float = 0.0
    status: int = 0
    body: bytes = b""

    @property
    def milliseconds(self) -> float:
        """From the instant at which it was to be sent: a generator that lags must not flatter the server."""
        return (self.answered - self.due) * 1000

    def problem(self) -> dict[str, Any]:
        """What a refusal says; empty when the answer is no problem document."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _Exchange(asyncio.Protocol):
    """Writes as soon as connected, reads until the server closes."""

    def __init__(self, shot: Shot, done: asyncio.Future[None]) -> None:
        self.shot, self.done, self.pieces = shot, done, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.shot.sent = time.time()
        transport.write(self.shot.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.pieces += data

    def connection_lost(self, exc: Exception | None) -> None:
        head, _, body = bytes(self.pieces).partition(b"\r\n\r\n")
        parts = head.split(maxsplit=2)
        if len(parts) > 1 and parts[1].isdigit():
            self.shot.status, self.shot.body = int(parts[1]), body
            self.shot.answered = time.time()
        if not self.done.done():
            self.done.set_result(None)


async def _send(shot: Shot, port: int, bar: Any) -> None:
    await asyncio.sleep(max(0.0, shot.due - time.time()))
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    transport = None
    try:
        async with asyncio.timeout(PATIENCE):
            transport, _ = await loop.create_connection(lambda: _Exchange(shot, done), "127.0.0.1", port)
            await done
    except (OSError, TimeoutError):
        pass  # the shot says that it was not answered
    finally:
        if transport is not None:
            transport.close()
        bar.update()


async def _send_all(shots: list[Shot], port: int, bar: Any) -> None:
    await asyncio.gather(*(_send(shot, port, bar) for shot in shots))


def fire(shots: list[Shot], port: int, title: str) -> None:
    """Send them all and wait until each is answered or given up."""
    gc.collect()
    gc.freeze()  # no pauses while requests are due
    try:
        with tqdm(total=len(shots), desc=title, disable=None) as bar:
            asyncio.run(_send_all(shots, port, bar))
    finally:
        gc.unfreeze()


def post(port: int, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a POST."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body
