"""Serves with several web processes and one worker. The parent of them all makes no app and holds the socket."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import peewee

from plugins.operation.supervisor import Supervisor
from portal import db, logs
from portal.config import Config
from portal.errors import ConfigError
from portal.kernel import discovery
from portal.serving import hold_running, open_socket


def serve(host: str, port: int, processes: int, with_worker: bool) -> int:
    """Serve until stopped; returns the exit status. Raises ConfigError where that can't be."""
    if find_spec("granian") is None:
        raise ConfigError("granian is missing. Install it: pip install 'tessera-portal[server]'")
    config = Config.from_environment()
    logs.set_up(config.log_format)
    with open_socket(host, port) as listening, hold_running(config) as running:
        listening.setblocking(False)
        web = [sys.executable, "-m", f"{__package__}.server"]
        web += map(str, (listening.fileno(), processes, config.threads))
        commands = {"web": web}
        if with_worker:
            commands["worker"] = [sys.executable, "-m", "portal", "worker"]
        held = (listening.fileno(), running.fileno())
        code = CodeWatch(config.database)
        return Supervisor(commands, held, code.changed).run()


class CodeWatch:
    """Sees that plugins have new code: put into a folder here, or installed by anybody."""

    def __init__(self, url: str) -> None:
        db.open_database(url)
        self._generation = 0
        self._known = self._mark()
        self._last = self._known

    def changed(self) -> bool:
        """Whether there is something new, and has been still since the last look."""
        mark, last = self._mark(), self._last
        self._last = mark
        if mark == self._known or mark != last:
            return False
        self._known = mark
        return True

    def _mark(self) -> object:
        try:
            db.database.connect(reuse_if_open=True)
            self._generation = db.query("SELECT code_generation FROM heartbeat")[0][0]
        except peewee.PeeweeException:  # not there yet, or away for a while
            db.database.close()
        return self._generation, discovery.fingerprint(), _packages()


def _packages() -> tuple[tuple[str, int], ...]:
    """Return what changes when a plugin is installed as a package, renewed or taken away."""
    found = []
    for entry in entry_points(group=discovery.GROUP):
        told = entry.dist and (entry.dist.read_text("METADATA") or entry.dist.read_text("PKG-INFO"))
        found.append((entry.value, hash(told)))
    return tuple(sorted(found))
