"""create_app(): the whole start-up, read top to bottom."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import db, events, jobs, logs, settings, upkeep
from portal.clock import Clock, SystemClock
from portal.config import Config
from portal.context import Context
from portal.i18n import SOURCE, catalogues, set_locale
from portal.kernel.life import Plugins
from portal.later import LateRule
from portal.organisations import views as organisations
from portal.people import login
from portal.people import views as people
from portal.web import (
    access,
    errors,
    frame,
    headers,
    idempotency,
    language,
    pages,
    static,
    unsent,
)
from portal.web.heartbeat import bearer, beat


class Csrf(CSRFProtect):
    """Asks for the token of our own forms wherever a cookie might speak: not beside a bearer's."""

    def protect(self, **more: Any) -> None:
        """Check a request that changes something."""
        if bearer() is None:
            super().protect(**more)


csrf = Csrf()


class Portal:
    """What belongs to one app: settings, plugins with their folders, static files, clock."""

    def __init__(self, config: Config, registry: Plugins, clock: Clock) -> None:
        self.config = config
        self.registry = registry
        self.clock = clock
        known = [item for item in registry.ordered() if item.id in registry.modules]
        self.folders = {item.id: item.folder for item in known}
        self.static = static.StaticFiles()
        self.static.add(Path(__file__).parent / "static")
        for plugin, folder in self.folders.items():
            self.static.add(folder / "static", plugin)
        self.fingerprint = self._fingerprint()
        self.links: dict[Any, Any] = {}
        self.measured: logs.Measured

    def _fingerprint(self) -> str:
        """Return what changes with the looks and texts of pages: the same in every worker."""
        own = self.config.instance_path / "templates"
        rooms = [folder / "templates" for folder in self.folders.values()]
        places = (frame.HOUSE, frame.INSTALLED_HOUSE, own, *rooms, *catalogues.folders)
        return f"{max(map(_last_change, places)):x}-{self.static.digest()}"


def _last_change(folder: Path) -> int:
    """Return when a template or text below a folder was last changed, 0 where there is none."""
    times = (
        Path(place, name).stat().st_mtime_ns
        for place, _folders, names in os.walk(folder)
        for name in names
        if name.endswith((".html", ".po"))
    )
    return max(times, default=0)


def create_app(
    config: Config | None = None,
    plugin_folders: Iterable[Path] = (),
    clock: Clock | None = None,
) -> Flask:
    """Make the app: settings, database, plugins, pages, in this order.

    The database must have been prepared by `portal init`. Nothing is written here.
    """
    config = config or Config.from_environment()
    if not config.testing:
        logs.set_up(config.log_format)
    db.open_database(config.database)

    jobs.register(*upkeep.KINDS, *events.KINDS)
    clock = clock or SystemClock()
    registry = Plugins(plugin_folders, config.safe_mode)
    registry.clock = clock
    registry.load()

    app = Flask("portal", static_folder=None, template_folder=None)
    app.url_rule_class = LateRule
    app.config.from_mapping(_flask_settings(config))
    portal = app.extensions["portal"] = Portal(config, registry, clock)
    app.before_request(_begin)
    csrf.init_app(app)
    login.init_app(app)
    language.init_app(app)
    headers.init_app(app)
    idempotency.init_app(app)
    errors.init_app(app)
    unsent.init_app(app)
    frame.init_app(app, config.instance_path, portal.folders)

    for module in (static, pages, people, organisations):
        app.register_blueprint(module.blueprint)
    registry.register(app)

    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops)  # type: ignore[method-assign]
    app.wsgi_app = portal.measured = logs.Measured(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _flask_settings(config: Config) -> dict[str, Any]:
    secure = config.base_url.startswith("https://")
    return {
        "PORTAL": config,
        "SECRET_KEY": config.signing_key(),
        "TESTING": config.testing,
        "PROPAGATE_EXCEPTIONS": False,
        "TRUSTED_HOSTS": None if config.testing else config.hosts,
        "MAX_CONTENT_LENGTH": config.max_upload_mib * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2_000,
        "SESSION_COOKIE_NAME": "__Host-portal_state" if secure else "portal_state",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=config.session_days),
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _begin() -> ResponseReturnValue | None:
    """Start a request: id, connection, heartbeat, language, then gate and access."""
    portal: Portal = current_app.extensions["portal"]
    g.request_id = logs.request_id.get()
    request.environ[logs.RULE] = str(request.url_rule or "")
    set_locale(SOURCE)  # what fails before a language is chosen must not speak the last visitor's
    if request.endpoint in {"files.serve", "files.favicon", "pages.healthz"}:
        g.locale = "en"
        return None
    db.database.connect(reuse_if_open=True)
    heartbeat = beat()
    portal.registry.follow(heartbeat.plugin_generation)
    g.locale = language.choose(heartbeat)
    g.ctx = Context(heartbeat.actor, g.locale, settings.of(), g.request_id, portal.clock)
    login.take_token()
    return _gate(portal) or _check_access()


def _gate(portal: Portal) -> ResponseReturnValue | None:
    """Refuse addresses of plugins that take no part, or whose code is broken or gone."""
    registry = portal.registry
    if request.blueprint is None:
        refused = registry.lost(request.path)
    else:
        owner = registry.owner(request.blueprint)
        refused = None if owner is None or registry.is_active(owner) else registry.statuses()[owner]
    return errors.refuse_inactive(refused) if refused else None


def _check_access() -> ResponseReturnValue | None:
    """Hold the request against its row of the access table."""
    if request.endpoint is None:
        return None
    row = access.access_row(current_app.view_functions[request.endpoint], request.method)
    if row is None:
        raise Forbidden
    return login.refuse(row, g.ctx.actor)
