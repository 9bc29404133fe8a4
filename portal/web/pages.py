"""The core's own pages: home, add-ons, access table, health."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import db, migrate, undo
from portal.errors import Conflict
from portal.i18n import _
from portal.people.rules import own_path
from portal.web import access
from portal.web.access import ADMIN, ANYONE, SIGNED_IN, allow

blueprint = Blueprint("pages", __name__)
PLAIN = {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@blueprint.get("/")
@allow(ANYONE)
def home() -> ResponseReturnValue:
    """Show what the portal is; plugins fill the hero and sections."""
    answers = current_app.extensions["portal"].registry.hooks.call("home_show", g.ctx)
    offered = sorted((answer for _plugin, answer in answers), key=lambda item: item.order)
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
    statuses = current_app.extensions["portal"].registry.statuses()
    return render_template("plugins.html", plugins=list(statuses.values()))


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
    rows = [row for row in access.table(current_app) if access.is_served(row.endpoint)]
    return render_template("access.html", rows=rows)


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
    return "ok\n", PLAIN


@blueprint.get("/readyz")
@allow(ANYONE)
def readyz() -> ResponseReturnValue:
    """Say whether requests can be answered: the schema is current and the database takes writes."""
    if migrate.head(migrate.CORE_NAMESPACE) != migrate.reached(migrate.CORE_NAMESPACE):
        return "schema\n", 503, PLAIN
    if request.method == "GET":
        with db.database.atomic() as attempt:
            db.execute("UPDATE heartbeat SET id = 1 WHERE id = 1")
            attempt.rollback()
    return "ready\n", PLAIN
