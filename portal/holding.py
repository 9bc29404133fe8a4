"""The web server with one listening socket that outlives its workers.

granian gives each worker a socket of its own, and what waits in its queue is lost when the worker
is replaced. Here the socket belongs to the parent: workers come and go, and nobody is refused.
Run as `python -m portal.holding`, with granian's own options.
"""

from __future__ import annotations

import socket
from typing import Any

from granian.cli import entrypoint
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server import MPServer


def hold(server: Any) -> None:
    """Open the socket once, in the parent."""
    server._ssp = None
    server._shd = SocketSpec(server.bind_addr, server.bind_port, server.backlog).build()
    server._sso = socket.socket(fileno=server._shd.get_fd())
    server._sso.set_inheritable(True)


if __name__ == "__main__":
    MPServer._init_shared_socket = hold  # type: ignore[method-assign]
    entrypoint()
