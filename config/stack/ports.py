"""Choosing TCP ports on the loopback address."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
# SeaweedFS derives each gRPC port from its HTTP port by this offset, whatever it is told.
GRPC_OFFSET = 10_000
# Below 32768, where Linux takes the ports of outgoing connections, also with the offset added.
FIRST, LAST = 11_000, 19_999


def is_free(port: int, address: str = LOOPBACK) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: the last connections of a stopped server must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_ports(seed: str) -> Iterator[int]:
    """Endless free ports, from a place in the range that differs from home to home."""
    span = LAST - FIRST + 1
    start = zlib.crc32(seed.encode()) % span
    for step in range(span):
        port = FIRST + (start + step) % span
        if is_free(port) and is_free(port + GRPC_OFFSET):
            yield port
