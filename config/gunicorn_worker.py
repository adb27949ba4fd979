"""A gunicorn worker that knows when a request was received, however long it had to wait.

In the last minute before a close requests queue up: in the kernel until they are accepted, then for a
thread. What counts is when the last byte of a request reached this machine (domain 2.0, decision 0008).
Linux notes that for every piece of data; elsewhere it is the instant at which it was read.
"""

from __future__ import annotations

import io
import resource
import selectors
import socket
import struct
import sys
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from workflows import clock

#: Linux: note the instant of arrival, and hand it out with the data (socket(7)). Not in Python's `socket`.
SO_TIMESTAMPNS = 35 if sys.platform == "linux" else None
TIMESPEC = struct.Struct("@ll")
#: Bodies up to this size are read before the instant is taken, so that they count with their last byte.
SHORT_BODY = 64 * 1024
#: How long a connection may stay silent before its first request.
SILENCE_SECONDS = 10.0
ACCEPTED_AT_ONCE = 64


class StampedUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a socket and remembers when the newest of what it read had arrived."""

    def __init__(self, plain: SocketUnreader) -> None:
        super().__init__(plain.sock, plain.mxchunk)
        self.buf = plain.buf
        self.arrived_at = time.time()

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        data, extra, _flags, _address = self.sock.recvmsg(size, socket.CMSG_SPACE(TIMESPEC.size))
        self.arrived_at = time.time()
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) == TIMESPEC.size:
                seconds, nanoseconds = TIMESPEC.unpack(value)
                # A clock that was set back meanwhile must not put the arrival into the future.
                self.arrived_at = min(self.arrived_at, seconds + nanoseconds / 1e9)
        return data  # type: ignore[no-any-return]


class Worker(ThreadWorker):  # type: ignore[misc]
    def init_process(self) -> None:
        """Before the first connection: its data must be stamped from the beginning."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * self.worker_connections
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(hard, wanted), hard))
        if SO_TIMESTAMPNS is not None:
            for listener in self.sockets:
                listener.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take in all who wait. A connection gets a thread once it says something, not before.

        Browsers open connections that they may never use; as gunicorn comes, each holds a thread for 5 s.
        """
        for _ in range(min(ACCEPTED_AT_ONCE, self.worker_connections - self.nr_conns)):
            try:
                client, address = listener.accept()
            except OSError:  # nobody waits any more, another worker was faster, or the peer has gone
                return
            self.nr_conns += 1
            conn = TConn(self.cfg, client, address, listener.getsockname())
            conn.timeout = time.monotonic() + SILENCE_SECONDS
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        if not self.cfg.is_ssl:  # else the bytes on the wire are not those of the request
            conn.sock.setblocking(True)
            conn.init()
            unreader = getattr(conn.parser, "unreader", None)
            if type(unreader) is SocketUnreader:
                conn.parser.unreader = StampedUnreader(unreader)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        _read_short_body(req)
        arrived_at = getattr(req.unreader, "arrived_at", None) or time.time()
        with clock.receiving(datetime.fromtimestamp(arrived_at, UTC)):
            return super().handle_request(req, conn)


def _read_short_body(req: Any) -> None:
    """Read the body and put it back, unless it is long, of unknown length, or waits for our leave."""
    headers = dict(req.headers)
    length = headers.get("CONTENT-LENGTH", "")
    if length.isdigit() and 0 < int(length) <= SHORT_BODY and "EXPECT" not in headers:
        data = req.body.read(int(length))
        req.body.buf = io.BytesIO()
        req.body.buf.write(data)
