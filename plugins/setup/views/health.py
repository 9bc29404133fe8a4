"""Health: what the doctor says, versions, backups."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from plugins.operation import interface as operation
from plugins.setup import frame, labels, queries, service
from plugins.setup.views.base import blueprint
from portal import db
from portal.config import Config
from portal.hookspecs import HealthCheck
from portal.i18n import _, pgettext
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

SOUND_SQLITE = (3, 51, 3)
"""Earlier ones can lose a page of the write-ahead log when several processes restart it at once:
https://sqlite.org/wal.html, "The WAL-reset bug"."""
PACKAGES = ("tessera-portal", "Flask", "Werkzeug", "Jinja2", "peewee", "pluggy", "Babel")
STALE_DAYS = 2


@blueprint.get("/health")
@allow(ADMIN)
def health() -> ResponseReturnValue:
    """Show what is well, what is off and what needs somebody."""
    app = cast("Any", current_app)._get_current_object()
    checks = [*_own(), *_examined(app)]
    if frame.wants("csv"):
        heads = [_("What"), _("State"), _("Detail"), _("Remedy")]
        rows = ((c.name, c.state, c.detail, c.remedy) for c in checks)
        return frame.as_csv("health", heads, rows)
    job = queries.latest_job(service.BACK_UP)
    states = {"ok": (_("well"), "ok"), "off": (_("off"), "warn"), "bad": (_("needs you"), "bad")}
    order = ("bad", "off", "ok")
    return frame.page(
        "setup/health.html",
        pgettext("portal", "Health"),
        checks=[
            (c, states.get(c.state, (c.state, "")))
            for c in sorted(checks, key=lambda c: order.index(c.state) if c.state in order else 0)
        ],
        versions=_versions(),
        backups=_backups(),
        job=job,
        job_state=labels.job_state(job.state) if job else None,
        csv_url=frame.here(format="csv"),
    )


@blueprint.post("/health/backup")
@allow(ADMIN)
def back_up() -> ResponseReturnValue:
    """Let the worker copy the database."""
    service.ask_for(context(), service.BACK_UP)
    flash(_("The worker backs the database up; the copy stands here soon."))
    return redirect(url_for(".health"), 303)


def _examined(app: Flask) -> list[HealthCheck]:
    return operation.examine(lambda: app)


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def _own() -> list[HealthCheck]:
    found = []
    if not db.is_postgres():
        sound = sqlite3.sqlite_version_info >= SOUND_SQLITE
        remedy = _("Run one web process, use SQLite 3.51.3 or later, or PostgreSQL.")
        found.append(
            HealthCheck(
                _("SQLite with several processes"),
                "ok" if sound else "off",
                sqlite3.sqlite_version,
                "" if sound else remedy,
            )
        )
    has_server = bool(_config().mail_url)
    found.append(
        HealthCheck(
            _("mail"),
            "ok" if has_server else "off",
            _("goes out by a mail server")
            if has_server
            else _("is written to files; nobody gets it"),
            "" if has_server else _("Set PORTAL_MAIL_URL and start the portal anew."),
        )
    )
    return [*found, _backup_check()]


def _backup_check() -> HealthCheck:
    copies = _backups()
    if not copies:
        return HealthCheck(_("backup"), "bad", _("there is none"), _("Back up now."))
    newest = copies[0]
    age = (context().clock.now() - newest["at"]).days
    if not newest["has_key"]:
        remedy = _("Keep the file secret.key of the instance with it.")
        return HealthCheck(_("backup"), "bad", _("its key is not with it"), remedy)
    fresh = age < STALE_DAYS
    return HealthCheck(
        _("backup"),
        "ok" if fresh else "off",
        str(newest["name"]),
        "" if fresh else _("Back up now."),
    )


def _backups() -> list[dict[str, Any]]:
    """Return the copies in the instance's folder, newest first; ten at most."""
    newest = operation.backups(_config())[::-1][:10]
    return [_copy(path) for path in newest]


def _copy(path: Path) -> dict[str, Any]:
    return {
        "name": path.name,
        "at": operation.made_at(path),
        "mib": max(1, path.stat().st_size // (1024 * 1024)),
        "has_key": path.with_suffix(".key").exists(),
    }


def _versions() -> list[tuple[str, str]]:
    found = [("Python", platform.python_version())]
    engine = "PostgreSQL" if db.is_postgres() else "SQLite"
    asked = "SHOW server_version" if db.is_postgres() else "SELECT sqlite_version()"
    found.append((engine, str(db.query(asked)[0][0])))
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
