"""Examines an installation without ever failing itself."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from collections.abc import Callable

from flask import Flask

from portal import db, migrate
from portal.context import system_context
from portal.hookspecs import HealthCheck
from portal.kernel import registry as kernel

OPTIONAL = {
    "granian": "server",
    "psycopg": "pg",
    "pyroaring": "fast",
    "orjson": "fast",
}
LEAST_FREE_MIB = 500
OLD_SQLITE = (3, 35, 0)


def examine(load_app: Callable[[], Flask]) -> list[HealthCheck]:
    """Return one line for each thing looked at."""
    checks = [*_extras(), _sqlite()]
    try:
        app = load_app()
        portal = app.extensions["portal"]
        with app.app_context():
            checks += [_disk(portal.config.instance_path), _schema()]
            portal.registry.follow(db.query("SELECT plugin_generation FROM heartbeat")[0][0])
            checks += _plugins(portal.registry)
            checks += list(portal.registry.hooks.each("health_check", system_context()))
    except Exception as error:
        checks.append(HealthCheck("database", "bad", str(error)[:200], "Run: portal init"))
    return checks


def _extras() -> list[HealthCheck]:
    return [
        HealthCheck(name, "ok")
        if importlib.util.find_spec(name)
        else HealthCheck(name, "off", "not installed", f"pip install 'tessera-portal[{extra}]'")
        for name, extra in OPTIONAL.items()
    ]


def _sqlite() -> HealthCheck:
    state = "ok" if sqlite3.sqlite_version_info >= OLD_SQLITE else "bad"
    return HealthCheck("SQLite", state, sqlite3.sqlite_version)


def _disk(path: object) -> HealthCheck:
    free = shutil.disk_usage(str(path)).free // (1024 * 1024)
    state = "ok" if free >= LEAST_FREE_MIB else "bad"
    return HealthCheck("disk", state, f"{free} MiB free", "" if state == "ok" else "Make room.")


def _schema() -> HealthCheck:
    waiting = migrate.plan([migrate.CORE_NAMESPACE])
    if waiting:
        return HealthCheck("schema", "bad", f"{len(waiting)} steps", "Run: portal db upgrade")
    return HealthCheck("schema", "ok")


def _plugins(registry: kernel.Registry) -> list[HealthCheck]:
    states = {kernel.ACTIVE: "ok", kernel.BROKEN: "bad", kernel.MISSING: "bad"}
    return [
        HealthCheck(
            f"plugin {status.id}",
            states.get(status.state, "off"),
            f"{status.state} {status.reason}".strip(),
        )
        for status in registry.statuses().values()
    ]
