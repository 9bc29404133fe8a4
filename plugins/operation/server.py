"""Runs the web processes on a socket that was opened before: `python -m plugins.operation.server FD ...`.

The socket belongs to the supervisor. While a process is replaced, or all of them are, visitors wait in
its queue instead of being refused.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from granian import net
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from portal import logs
from portal.config import Config

LIBRARIES = (
    "argon2", "babel.dates", "babel.numbers", "babel.support", "flask", "flask_login", "flask_wtf",
    "itsdangerous", "jinja2.ext", "orjson", "peewee", "playhouse.migrate", "pluggy", "pydantic",
    "pyroaring", "rapidfuzz.fuzz", "spectree", "werkzeug.serving", "wtforms",
)  # fmt: skip
KILL_SECONDS = 9
RENEW_SECONDS = 2
SILENT_SECONDS = 10
STOP = (signal.SIGTERM, signal.SIGINT)


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
            process_name="portal web" if find_spec("setproctitle") else None,
        )
        self._held = descriptor

    def _init_shared_socket(self) -> None:
        holder: Any = net.SocketHolder  # type: ignore[attr-defined]
        self._shd: Any = holder(os.dup(self._held), False, self.backlog)
        self._sso: Any = socket.socket(fileno=os.dup(self._held))
        if hasattr(socket, "TCP_DEFER_ACCEPT"):
            # A process that stops closes connections that said nothing yet: take only those that did.
            self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT_SECONDS)

    def _respawn_workers(self, workers: Sequence[int], *args: Any, **options: Any) -> None:
        """Exchange processes one by one, until all shall stop."""
        for index in workers:
            if not self.interrupt_signal:
                super()._respawn_workers([index], *args, **options)


def end_when_asked_from_the_start() -> None:
    """Let a process end that is told to before it serves.

    A new process has the handlers of the one that started it until it sets its own, a second or so
    later: a signal in between would be lost. The process would then serve, and be killed with requests
    in flight.
    """

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)

    def let_go() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)

    def begin() -> None:
        for number in STOP:
            signal.signal(number, signal.SIG_DFL)
        let_go()

    os.register_at_fork(before=hold, after_in_parent=let_go, after_in_child=begin)


def import_libraries() -> None:
    """Import what each web process needs and no new code exchanges: they are copies of this one.

    Of the portal and its plugins nothing is imported here, so that a process that is started later
    has their code as it is then.
    """
    for name in LIBRARIES:
        with suppress(ImportError):
            import_module(name)


if __name__ == "__main__":
    import_libraries()
    logs.set_up(Config.from_environment().log_format)
    end_when_asked_from_the_start()
    HeldSocket(*map(int, sys.argv[1:])).serve()
