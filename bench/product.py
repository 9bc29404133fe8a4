"""The portal as it is installed: filled by its own import, started by its own command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from bench.servers import ROOT, Server

_MERGE = """
from plugins.search.interface import merge
from portal import db
from portal.app import create_app
with create_app().app_context():
    db.database.connect(reuse_if_open=True)
    merge("partner")
"""


def fill(instance: Path, files: Sequence[Path]) -> float:
    """Make a site of import files; give the seconds of the import with its index."""
    _run(instance, "-m", "portal", "init")
    started = time.perf_counter()
    for (
        path
    ) in files:  # each of its own: equal names and towns in one are the same again in another
        source = ("--source", path.stem, "--source-title", path.stem, "--source-licence", "CC0-1.0")
        _run(instance, "-m", "portal", "import", "organisations", str(path), *source)
    _run(instance, "-c", _MERGE)  # the worker's part of it
    return time.perf_counter() - started


def _run(instance: Path, *arguments: str) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(
        command, cwd=ROOT, env={**os.environ, **_environment(instance)}, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def served(instance: Path) -> Server:
    """Give the portal as `portal serve` starts it: one web process, no worker beside it."""
    command = [sys.executable, "-m", "portal", "serve", "--port", "{port}", "--no-worker"]
    return Server(command, _environment(instance), "/partners")


def server(instance: Path) -> Server:
    """Give the same web process without the command above it."""
    return granian("wsgi:app", _environment(instance), "/partners")


def granian(application: str, environment: Mapping[str, str], ready: str) -> Server:
    """Give a server like the portal's with another application."""
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--port", "{port}",
        "--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
        application,
    ]  # fmt: skip
    return Server(command, environment, ready)


def cold_server(instance: Path, forget: str) -> Server:
    """Give the portal's server with caches emptied before each request; see `bench.cold`."""
    environment = {**_environment(instance), "PORTAL_BENCH_COLD": forget}
    return granian("bench.cold:app", environment, "/partners")


def address(params: Mapping[str, str], form: str) -> str:
    """Give the address of a search of the workload; `form` is "html" or "json"."""
    path = "/api/v1/partners" if form == "json" else "/partners"
    return f"{path}?{urlencode(params)}" if params else path


def total(body: bytes) -> int:
    """Give the number of partners that a JSON answer counts."""
    return int(json.loads(body)["total"])


def _environment(instance: Path) -> dict[str, str]:
    return {"PORTAL_INSTANCE": str(instance), "PORTAL_DATABASE_URL": ""}
