"""A gunicorn worker that remembers when it received a request, before the request waits for a thread.

In the last minute before a close requests queue up. What counts is when they came (domain 2.0).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from workflows import clock


class Worker(ThreadWorker):  # type: ignore[misc]
    def enqueue_req(self, conn: Any) -> None:
        """Called by the thread that listens, as soon as a request can be read."""
        conn.received_at = datetime.now(UTC)
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        with clock.receiving(conn.received_at):
            return super().handle_request(req, conn)
