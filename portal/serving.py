"""Runs the portal plainly: one web process and one worker beside it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import IO

from flask import Flask

from portal import worker
from portal.config import Config
from portal.errors import ConfigError

LOOK_EVERY = 0.2
BACKLOG = 1024
WEB = "granian --interface wsgi --factory --no-ws --log-level warning --workers-kill-timeout 9"


def open_socket(host: str, port: int) -> socket.socket:
    """Listen on an address that is free. Raises ConfigError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"Can't listen on {host} port {port}: {error.strerror}. Choose another with --port."
        ) from None


def serve(host: str, port: int, with_worker: bool) -> int:
    """Serve until TERM or Ctrl-C, or until a process ends; returns the exit status.

    Raises ConfigError where that can't be.
    """
    if find_spec("granian") is None:
        raise ConfigError("granian is missing. Install it: pip install 'tessera-portal[server]'")
    config = Config.from_environment()
    open_socket(host, port).close()  # granian would share it with another portal
    place = f"--host {host} --port {port} --blocking-threads {config.threads}"
    commands = [f"{WEB} {place} portal.app:create_app", *["portal worker"] * with_worker]
    stop = asked_to_stop()
    with hold_running(config) as running:
        children = [
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", *command.split()],
                start_new_session=True,
                pass_fds=[running.fileno()],
            )
            for command in commands
        ]
        while not stop.wait(LOOK_EVERY) and all(child.poll() is None for child in children):
            pass
        for child in children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)  # with what it started itself
        statuses = [child.wait() for child in children]
    return 0 if stop.is_set() else max(map(abs, statuses))


def run_worker(app: Flask) -> None:
    """Work until TERM or Ctrl-C."""
    stop = asked_to_stop()
    with hold_running(app.config["PORTAL"]):
        worker.run(app, stop)


def asked_to_stop() -> threading.Event:
    """Return what TERM and Ctrl-C set from now on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def hold_running(config: Config) -> IO[str]:
    """Note that the portal runs, until the file that is returned is closed by all who have it."""
    config.instance_path.mkdir(parents=True, exist_ok=True)
    file = (config.instance_path / "running.lock").open("w")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file
