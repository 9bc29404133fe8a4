"""The core's own pages: home, add-ons, access table, health."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import db, migrate, undo
from portal.errors import Conflict
from portal.i18n import _
from portal.kernel import registry as kernel
from portal.people.rules import own_path
from portal.web import access
from portal.web.access import ADMIN, ANYONE, SIGNED_IN, allow

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@allow(ANYONE)
def home() -> ResponseReturnValue:
    """Show what the portal is; plugins fill the hero and sections."""
    portal = current_app.extensions["portal"]
    offered = [answer for _plugin, answer in portal.registry.hooks.call("home_show", g.ctx)]
    offered.sort(key=lambda item: item.order)
    return render_template(
        "home.html",
        hero=next((item.hero for item in offered if item.hero), None),
        columns=[column for item in offered for column in item.columns],
        sections=[section for item in offered for section in item.sections],
    )


@blueprint.get("/setup/plugins")
@allow(ADMIN)
def plugins() -> ResponseReturnValue:
    """List the plugins with their states."""
    portal = current_app.extensions["portal"]
    return render_template(
        "plugins.html",
        plugins=list(portal.registry.statuses().values()),
        state_names=_state_names(),
    )


@blueprint.post("/setup/plugins/<plugin>/<act>")
@allow(ADMIN)
def switch_plugin(plugin: str, act: str) -> ResponseReturnValue:
    """Act on a plugin; the id in `confirmation` confirms, `with_others` takes others along."""
    plugins, wish = current_app.extensions["portal"].registry, request.form
    if plugins.plan(g.ctx, plugin, act).is_long:
        raise Conflict(_("It may take long. Run: %(run)s", run=f"portal plugin {act} {plugin}"))
    plugins.act(g.ctx, plugin, act, wish.get("confirmation", ""), "with_others" in wish)
    return redirect("/setup/plugins", 303)


@blueprint.get("/access")
@allow(ANYONE)
def access_table() -> ResponseReturnValue:
    """Publish who may call which address."""
    registry = current_app.extensions["portal"].registry
    rows = [
        listed
        for listed in access.table(current_app)
        if (owner := registry.owner(listed.endpoint)) is None or registry.is_active(owner)
    ]
    return render_template("access.html", rows=rows, actor_names=_actor_names())


def _state_names() -> dict[str, str]:
    return {
        kernel.DISCOVERED: _("not installed"),
        kernel.INSTALLED: _("installed, not active"),
        kernel.ACTIVE: _("active"),
        kernel.NEEDS_UPGRADE: _("needs an upgrade"),
        kernel.SUSPENDED: _("suspended"),
        kernel.BROKEN: _("broken"),
        kernel.INCOMPATIBLE: _("does not fit this portal"),
        kernel.MISSING: _("code missing"),
        kernel.UNINSTALLED: _("uninstalled"),
    }


def _actor_names() -> dict[str, str]:
    return {
        access.ANYONE: _("everybody"),
        access.SIGNED_IN: _("people with an account"),
        access.REVIEWER: _("reviewers and administrators"),
        access.ADMIN: _("administrators"),
    }


@blueprint.post("/undo")
@allow(SIGNED_IN, owner="whoever removed it")
def take_back() -> ResponseReturnValue:
    """Bring back what was just removed."""
    undo.take(g.ctx, request.form.get("act", ""))
    flash(_("It is back as it was."))
    return redirect(own_path(request.form.get("next", "")), 303)


@blueprint.get("/healthz")
@allow(ANYONE)
def healthz() -> ResponseReturnValue:
    """Say that the process lives; asks no database."""
    return "ok\n", 200, {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@blueprint.get("/readyz")
@allow(ANYONE)
def readyz() -> ResponseReturnValue:
    """Say whether requests can be answered: the schema is current and the database takes writes."""
    headers = {"Content-Type": "text/plain", "Cache-Control": "no-store"}
    if migrate.head(migrate.CORE_NAMESPACE) != migrate.reached(migrate.CORE_NAMESPACE):
        return "schema\n", 503, headers
    if request.method == "GET":
        with db.database.atomic() as attempt:
            db.execute("UPDATE heartbeat SET id = 1 WHERE id = 1")
            attempt.rollback()
    return "ready\n", 200, headers
