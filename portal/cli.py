"""The command `portal`: prepare, run, look after and repair an installation."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, MutableMapping
from contextlib import nullcontext
from copy import copy
from dataclasses import asdict
from functools import cache
from pkgutil import resolve_name
from typing import Any

import click
import peewee
from flask import Flask

from portal import __version__, db, logs, migrate, serving
from portal.app import create_app
from portal.command_help import Speaking, translated
from portal.config import Config
from portal.context import Context, system_context
from portal.errors import ConfigError, PortalError
from portal.kernel import registry as kernel
from portal.kernel.life import Plugins
from portal.kernel.models import Plugin
from portal.people.commands import group as user_group

SERVE = "serve"


@cache
def load_app() -> Flask:
    """Make the app once, with an open database."""
    app = create_app(Config.from_environment())
    db.database.connect(reuse_if_open=True)
    return app


class Commands(Speaking):
    """The portal's commands, or those of one of its groups, with those of the active plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name them all; a broken plugin or a missing database never hides the core's."""
        return sorted({*super().list_commands(ctx), *self._offered()})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return the core's command first, so that no plugin can take its place but to serve."""
        server = _server() if name == SERVE and self.name == cli.name else None
        found = server or super().get_command(ctx, name) or self._offered().get(name)
        return found and translated(found)

    def _offered(self) -> MutableMapping[str, click.Command]:
        if self.name == cli.name:
            return _plugin_commands()
        group = _plugin_commands().get(str(self.name))
        return group.commands if isinstance(group, click.Group) else {}


def _server() -> click.Command | None:
    """Return what an active plugin puts in the place of `portal serve`.

    Its manifest names it, so that a start need not wait for all plugins to be imported.
    """
    ordered = _unloaded().ordered()
    try:
        active = {row.id for row in Plugin.select().where(Plugin.state == kernel.ACTIVE)}
    except peewee.PeeweeException:  # nothing is prepared yet: as `portal init` will leave it
        active = {manifest.id for manifest in ordered if manifest.on_init == "activate"}
    for manifest in ordered:
        if manifest.serves and manifest.id in active:
            try:
                found: click.Command = resolve_name(manifest.serves)
            except (ImportError, AttributeError, ValueError) as error:
                click.echo(f"{manifest.id} can't serve, the core does: {error}", err=True)
            else:
                return found
    return None


@cache
def _plugin_commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    try:
        registry: Plugins = load_app().extensions["portal"].registry
    except (peewee.PeeweeException, ConfigError) as error:
        click.echo(f"The commands of plugins are missing: {error}", err=True)
        return found  # the core's commands work all the same
    try:
        _registry()
    except peewee.PeeweeException:  # nothing is prepared yet: as `portal init` will leave it
        registry.hooks.activate(m.id for m in registry.ordered() if m.on_init == "activate")
    offered = registry.hooks.call("command_list", system_context())
    pairs = [pair for _plugin, commands in offered for pair in commands]
    for group, command in sorted(pairs, key=lambda pair: pair[0] != ""):  # whole groups first
        _add(found, group, command)
    return found


def _add(found: dict[str, click.Command], group: str, command: click.Command) -> None:
    """Add a command at the top, or to a group that is made when the first one asks for it."""
    if isinstance(command, click.Group):  # a copy: what others add to it belongs to this run
        command = copy(command)
        command.commands = dict(command.commands)
    if not group:
        found.setdefault(str(command.name), command)
        return
    home = found.setdefault(group, click.Group(group))
    if isinstance(home, click.Group):
        home.commands.setdefault(str(command.name), command)


def _registry() -> Plugins:
    registry: Plugins = load_app().extensions["portal"].registry
    registry.refresh()
    return registry


def _unloaded() -> Plugins:
    """Return the plugins without importing one: what they do at import can't get in the way."""
    config = Config.from_environment()
    db.open_database(config.database)
    db.database.connect(reuse_if_open=True)
    return Plugins()


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="portal")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run and look after a partner-network portal."""
    ctx.obj = load_app


cli.add_command(Commands("user", commands=user_group.commands, help=user_group.help))


PRESENT = {kernel.ACTIVE, kernel.INSTALLED, kernel.NEEDS_UPGRADE, kernel.SUSPENDED}


def prepare(registry: Plugins, ctx: Context) -> tuple[list[str], list[str]]:
    """Create or upgrade all tables; install and activate what asks for it.

    Returns what was done, and what failed: one plugin's fault stops no other.
    """
    failed = []
    with migrate.exclusive():  # the whole: two at once would find half of it done
        done = [*map(str, migrate.run([migrate.CORE_NAMESPACE]))]
        for manifest in registry.ordered():
            registry.refresh()
            state = registry.statuses()[manifest.id].state
            is_wanted = state == kernel.DISCOVERED and manifest.on_init != "keep"
            if is_wanted or state in PRESENT:
                try:
                    steps = registry.install(ctx, manifest.id)
                    if state == kernel.DISCOVERED and manifest.on_init == "activate":
                        registry.activate(ctx, manifest.id)
                    done += map(str, steps)
                except PortalError as error:
                    failed.append(error.message)
    return done, failed


@cli.command()
def init() -> None:
    """Create the database or bring it up to date; safe to repeat."""
    app = load_app()
    registry: Plugins = app.extensions["portal"].registry
    ctx = system_context()
    with app.app_context():
        done, failed = prepare(registry, ctx)
        registry.hooks.call("reference_load", ctx)
    if failed:
        raise click.ClickException(" ".join(failed))
    click.echo(f"Ready: {app.config['PORTAL'].database} ({len(done)} steps ran)")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--no-worker", is_flag=True, help="Leave mails and upkeep to `portal worker`.")
def serve(host: str, port: int, no_worker: bool) -> None:
    """Serve the portal and run one worker beside it; Ctrl-C ends both."""
    sys.exit(serving.serve(host, port, with_worker=not no_worker))


@cli.command()
def worker() -> None:
    """Send mails and do regular upkeep until stopped."""
    serving.run_worker(load_app())


@cli.group("db", cls=Commands)
def database_group() -> None:
    """Bring the database up to date, and look after it."""


@database_group.command("upgrade")
@click.option("--plan", is_flag=True, help="Only name the steps that would run.")
def db_upgrade(plan: bool) -> None:
    """Run pending migrations of the core and of installed plugins."""
    app = load_app()
    registry: Plugins = app.extensions["portal"].registry
    if plan:
        click.echo("\n".join(map(str, migrate.plan(registry.namespaces()))) or "Nothing to do.")
        return
    with app.app_context():
        done, failed = prepare(registry, system_context())
    click.echo("\n".join(done) or "Nothing to do.")
    if failed:
        raise click.ClickException(" ".join(failed))


@cli.group("plugin", cls=Commands)
def plugin_group() -> None:
    """List plugins, switch them on and off."""


@plugin_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def plugin_list(as_json: bool) -> None:
    """Say which plugins there are and how they are."""
    statuses = list(_registry().statuses().values())
    if as_json:
        fields = ("id", "state", "reason", "version", "title")
        click.echo(json.dumps([{name: getattr(s, name) for name in fields} for s in statuses]))
        return
    for status in statuses:
        reason = f"  {status.reason}" if status.reason else ""
        click.echo(f"{status.id:<16} {status.state:<14} {status.version}{reason}")


def _add_act(act: str, says: str) -> None:
    """Make the command of an act: planned first, then done."""

    @plugin_group.command(act, help=says)
    @click.argument("plugin")
    @click.option("--plan", "only_plan", is_flag=True, help="Only say what would be done.")
    @click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
    @click.option("--confirm", default="", metavar="PLUGIN", help="Its id, typed once more.")
    @click.option("--with-others", is_flag=True, help="Also switch those that must go first.")
    @click.option(
        "--import-nothing",
        is_flag=True,
        hidden=act != "deactivate",
        help="Import no plugin, for one that ends the process.",
    )
    def command(
        plugin: str,
        only_plan: bool,
        as_json: bool,
        confirm: str,
        with_others: bool,
        import_nothing: bool,
    ) -> None:
        bare = import_nothing and act == "deactivate"
        registry, ctx = _unloaded() if bare else _registry(), system_context()
        with nullcontext() if bare else load_app().app_context():
            plan = registry.plan(ctx, plugin, act)
            if plan.needs_confirmation and not (confirm or only_plan or as_json):
                click.echo("\n".join([*plan.steps, *plan.objections]))
                confirm = click.prompt(f"Type {plugin} to confirm")
            if not only_plan:
                plan = registry.act(ctx, plugin, act, confirm, with_others)
        if as_json:
            click.echo(json.dumps(asdict(plan) | {"done": not only_plan}))
            return
        lines = [*plan.steps, *(f"! {text}" for text in (*plan.refusals, *plan.objections))]
        lines += [] if only_plan else [f"{plugin}: {registry.statuses()[plugin].state}"]
        click.echo("\n".join(lines))


for _act, _says in {
    "install": "Create a plugin's tables; it is not active yet.",
    "activate": "Switch a plugin on, creating its tables if need be; no restart.",
    "upgrade": "Bring a plugin's tables up to its code.",
    "resume": "Let a suspended plugin take part again.",
    "deactivate": "Switch a plugin off; its data stays, no restart.",
}.items():
    _add_act(_act, _says)


def main(run: Callable[..., Any] = cli) -> None:
    """Run the command; people get one clear line instead of a trace."""
    logs.set_up("text")
    try:
        run(prog_name="portal")
    except PortalError as error:
        raise SystemExit(f"Error: {error.message or type(error).__name__}") from None
    except ConfigError as error:
        raise SystemExit(f"Error: {error}") from None
    except peewee.OperationalError as error:
        raise SystemExit(f"Error: {error}. Was the database prepared? Run: portal init") from None
