"""Runs the web processes on a socket that was opened before: `python -m portal.web.server FD ...`.

The socket belongs to the supervisor. While a process is replaced, or all of them are, visitors wait in
its queue instead of being refused.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from granian import net
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from portal import logs
from portal.config import Config

KILL_SECONDS = 5
RENEW_SECONDS = 2


class HeldSocket(MPServer):
    """Granian on a socket that it does not open itself: on Linux it would open one per process."""

    def __init__(self, descriptor: int, processes: int, threads: int) -> None:
        super().__init__(
            "portal.app:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=threads,
            websockets=False,
            log_level=LogLevels.warning,
            log_dictconfig={"loggers": {"_granian": {}}},
            respawn_failed_workers=True,
            respawn_interval=RENEW_SECONDS,
            workers_kill_timeout=KILL_SECONDS,
            process_name="portal web",
        )
        self._held = descriptor

    def _init_shared_socket(self) -> None:
        holder: Any = net.SocketHolder  # type: ignore[attr-defined]
        self._shd: Any = holder(os.dup(self._held), False, self.backlog)
        self._sso: Any = socket.socket(fileno=os.dup(self._held))


if __name__ == "__main__":
    logs.set_up(Config.from_environment().log_format)
    HeldSocket(*map(int, sys.argv[1:])).serve()
