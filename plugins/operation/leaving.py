"""How plugins leave: uninstalled with their data kept, purged, or forgotten when their code is gone.

Purging takes tables and settings away after they were written to a file; forgetting purges what
a plugin left whose code is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from flask import current_app

from plugins.operation import tables
from portal import audit, db, migrate
from portal.context import Context
from portal.i18n import _
from portal.kernel import life, probe, registry
from portal.kernel.life import Plan, Plugins
from portal.kernel.models import Plugin

LEAVING = {
    "uninstall": life.PRESENT,
    "purge": {*life.PRESENT, registry.DISCOVERED, registry.UNINSTALLED},
    "forget": {*life.PRESENT, registry.UNINSTALLED},
}
"""The acts beside the core's, each with the stored states from which it leads on."""


@dataclass(frozen=True)
class Leaving(Plan):
    """A plan of one of these acts; `export` names the file that a purge wrote."""

    export: str = ""

    @property
    def needs_confirmation(self) -> bool:
        """Whether the plugin's id has to be typed."""
        return self.act != "uninstall" or bool(self.objections)


@dataclass(frozen=True)
class Table:
    """A table of a plugin with the number of its rows."""

    name: str
    rows: int


def plugins() -> Plugins:
    """Return the plugins of the running portal."""
    return cast("Plugins", current_app.extensions["portal"].registry)


def tables_of(plugin: str) -> list[Table]:
    """Return the tables of a plugin, those of its models too that are not there yet."""
    own = plugins()
    present = tables.owned(plugin, own.statuses())
    models = probe.models(own.manifest(plugin)) if plugin in own.modules else []
    missing = {model._meta.table_name for model in models}.difference(present)
    names = [name for name in present if name != f"{plugin}_migration"]
    return [Table(name, tables.count(name)) for name in names] + [
        Table(name, 0) for name in sorted(missing)
    ]


def plan_leaving(ctx: Context, plugin: str, act: str) -> Leaving:
    """Say what one of these acts would do, and do nothing. Raises NotFound."""
    own = plugins()
    own.refresh()
    if plugin not in own.statuses():
        raise registry.unknown(plugin, own.statuses())
    if act == "uninstall" and life.stored(plugin).state == registry.UNINSTALLED:
        return Leaving(act, plugin, (_("Nothing to do: it is so already."),), is_idle=True)
    if refusals := tuple(leaving_refusals(plugin, act)):
        return Leaving(act, plugin, refusals=refusals)
    others = own.builders(plugin) if act != "forget" else []
    first = _("First %(other)s is switched off: it builds on this.")
    then = {
        "uninstall": _("It is uninstalled. Its tables and settings stay for a new installation."),
        "purge": _("Its tables and settings are written to a file, then deleted for good."),
        "forget": _("What it left is written to a file, then deleted for good."),
    }
    return Leaving(
        act,
        plugin,
        (*(first % {"other": other} for other in others), then[act]),
        objections=own.objections(ctx, [*others, plugin]) if act != "forget" else (),
        others=tuple(others),
        is_long=act != "uninstall",
    )


def leaving_refusals(plugin: str, act: str) -> Iterator[str]:
    """Say why one of these acts can't be done; nothing when it can."""
    own, row = plugins(), life.stored(plugin)
    if row.state not in LEAVING[act]:
        state = own.statuses()[plugin].state
        yield _("This is not possible while it is %(state)s.", state=state)
    elif act == "forget" and (plugin in own.found or own.safe):
        yield _("Its code is here. Uninstall it instead.")
    elif act == "purge" and row.changed_at is None:
        yield _("It was never installed.")
    for other in own.builders(plugin, is_on=False) if act == "purge" else ():
        if tables.owned(other, own.statuses()):
            yield _("Purge %(other)s first: it builds on it.", other=other)


def leave(
    ctx: Context, plugin: str, act: str, confirmation: str = "", with_others: bool = False
) -> Leaving:
    """Do it, and return what was done. Raises as `Plugins.act`."""
    own = plugins()
    with migrate.exclusive(life.PATIENCE_SECONDS):
        planned = plan_leaving(ctx, plugin, act)
        life.check(ctx, planned, confirmation, with_others)
        if planned.is_idle:
            return planned
        for other in planned.others:
            own.deactivate(ctx, other)
        export = ""
        with life.failing(plugin, act):
            if act == "uninstall":
                own.switch(ctx, plugin, state=registry.UNINSTALLED)
            else:
                export = str(_purge(ctx, plugin))
        return replace(planned, export=export)


def _purge(ctx: Context, plugin: str) -> Path:
    """Write what a plugin has to a file, then take it away, all in one transaction."""
    own, now, row = plugins(), ctx.clock.now(), life.stored(plugin)
    folder: Path = current_app.config["PORTAL"].instance_path / "exports"
    path = folder / f"{plugin}-{now:%Y%m%dT%H%M%S%f}.json"
    about = {"plugin": plugin, "version": row.version, "schema": row.schema}
    about |= {"exported_at": db.utc_text(now)}
    try:
        with db.transaction():
            names = tables.owned(plugin, own.statuses())
            places = tables.elsewhere(plugin, own.statuses())
            tables.export(path, about, names, places)
            own.hooks.call("plugin_purged", ctx, plugin=plugin)
            if not own.is_active(plugin):
                own.hooks.ask(plugin, "plugin_purged", ctx, plugin=plugin)
            tables.drop(names, places)
            audit.record(ctx, "plugin.purged", "plugin", plugin=plugin, file=path.name)
            if plugin in own.found:  # remembered, so that nothing installs it by itself
                kept = {"version": "", "schema": 0, "addresses": []}
                own.switch(ctx, plugin, state=registry.UNINSTALLED, **kept)
            else:
                Plugin.delete().where(Plugin.id == plugin).execute()
                registry.next_generation()
                db.after_commit(own.refresh)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
