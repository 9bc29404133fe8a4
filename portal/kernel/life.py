"""What an administrator does to plugins: each act can be planned before it is done.

discovered -install-> installed -activate-> active -deactivate-> installed -uninstall-> uninstalled.
An upgrade brings the tables up to the code; purging takes tables and settings away after they were
written to a file; resuming gives a suspended plugin another chance; forgetting purges one whose
code is gone. Acts take turns across processes and follow one another in every worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from portal import audit, db, events, migrate
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, PortalError
from portal.i18n import _
from portal.kernel import probe, tables
from portal.kernel.manifest import Manifest, required_id
from portal.kernel.models import Plugin, PluginFailure
from portal.kernel.registry import (
    ACTIVE,
    DISCOVERED,
    INSTALLED,
    SUSPENDED,
    UNINSTALLED,
    Registry,
    log,
    namespace,
    next_generation,
    unknown,
)

PRESENT = {INSTALLED, ACTIVE, SUSPENDED}
FROM = {
    "install": {DISCOVERED, UNINSTALLED},
    "activate": {DISCOVERED, INSTALLED, UNINSTALLED},
    "upgrade": PRESENT,
    "resume": {SUSPENDED},
    "deactivate": {ACTIVE, SUSPENDED},
    "uninstall": PRESENT,
    "purge": {*PRESENT, DISCOVERED, UNINSTALLED},
    "forget": {*PRESENT, UNINSTALLED},
}
"""The acts, each with the stored states from which it leads on."""
DONE = {"install": INSTALLED, "activate": ACTIVE, "deactivate": INSTALLED, "uninstall": UNINSTALLED}
NEED_CODE = {"install", "activate", "upgrade", "resume"}
SWITCH_OFF = {"deactivate", "uninstall", "purge"}
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Table:
    """A table of a plugin with the number of its rows."""

    name: str
    rows: int


@dataclass(frozen=True)
class Plan:
    """What an act would do, in sentences.

    With `refusals` it can't be done at all. `objections` come from plugins: it can, once confirmed
    by typing the plugin's id. `others` are plugins that must be switched first, in this order.
    What `is_long` belongs into the worker. `export` names the file that a purge wrote.
    """

    act: str
    plugin: str
    steps: tuple[str, ...]
    refusals: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    is_long: bool = False
    is_idle: bool = False
    export: str = ""

    @property
    def needs_confirmation(self) -> bool:
        """Whether the plugin's id has to be typed."""
        return bool(self.objections) or self.act in {"purge", "forget"}


class Plugins(Registry):
    """The plugins of one app, with the acts. `exports` is where purged data goes."""

    def __init__(
        self, folders: Iterable[Path] = (), safe: bool = False, exports: Path = Path("exports")
    ) -> None:
        super().__init__(folders, safe)
        self.exports = exports

    def offered(self, plugin: str) -> list[str]:
        """Name the acts that lead on from where a plugin is."""
        self.refresh()
        row = _row(plugin)
        state = _state(row)
        pending = self.heads.get(plugin, 0) > (row.schema if row else 0)
        possible = [act for act in FROM if not any(self._refusals(plugin, act, state))]
        return [act for act in possible if pending or act != "upgrade"]

    # Planning.

    def plan(self, ctx: Context, plugin: str, act: str) -> Plan:
        """Say what an act would do, and do nothing. Raises NotFound."""
        self.refresh()
        if plugin not in self.statuses() or act not in FROM:
            raise unknown(plugin, self.statuses())
        state = _state(_row(plugin))
        if DONE.get(act) == state and state in {self.statuses()[plugin].state, INSTALLED}:
            return Plan(act, plugin, (_("Nothing to do: it is so already."),), is_idle=True)
        others = self._others(plugin, act)
        concerned = [*others, plugin] if act in SWITCH_OFF else []
        steps = self._pending(plugin) if act in NEED_CODE else []
        return Plan(
            act,
            plugin,
            tuple(self._sentences(plugin, act, state, others, steps)),
            tuple(self._refusals(plugin, act, state)),
            tuple(str(o) for p in concerned for o in self._objections(ctx, p)),
            tuple(others),
            tuple(self._tables(plugin)),
            is_long=self._is_long([*others, plugin], act),
        )

    def _is_long(self, plugins: list[str], act: str) -> bool:
        """Whether it should not hold up a page: steps, reference data or whole tables are moved."""
        loads = any(hasattr(self.modules.get(plugin), "reference_load") for plugin in plugins)
        pending = act in NEED_CODE and any(map(self._pending, plugins))
        return pending or act in {"purge", "forget"} or (act == "activate" and loads)

    def _objections(self, ctx: Context, plugin: str) -> list[Any]:
        return list(self.hooks.each("plugin_objections", ctx, plugin=plugin))

    def _pending(self, plugin: str) -> list[migrate.Step]:
        found = self.found.get(plugin)
        return migrate.plan(self.namespaces([plugin])) if found and found.manifest else []

    def _needed(self, plugin: str) -> list[str]:
        """Return what a plugin builds on, the lowest first."""
        order: list[str] = []
        seen = {plugin}

        def visit(name: str) -> None:
            found = self.found.get(name)
            for entry in found.manifest.requires if found and found.manifest else ():
                other = required_id(entry)
                if other not in seen:
                    seen.add(other)
                    visit(other)
                    order.append(other)

        visit(plugin)
        return order

    def _builders(self, plugin: str) -> list[str]:
        """Return who builds on a plugin, the highest first."""
        return [
            manifest.id
            for manifest in reversed(self.ordered())
            if manifest.id != plugin and plugin in self._needed(manifest.id)
        ]

    def _others(self, plugin: str, act: str) -> list[str]:
        states = {row.id: row.state for row in Plugin.select(Plugin.id, Plugin.state)}
        if plugin in self.failures and act in NEED_CODE:
            return []  # refused anyway; the reason may be a circle
        if act in NEED_CODE:
            enough = PRESENT if act in {"install", "upgrade"} else {ACTIVE}
            return [other for other in self._needed(plugin) if states.get(other) not in enough]
        if act in SWITCH_OFF:
            return [p for p in self._builders(plugin) if states.get(p) in FROM["deactivate"]]
        return []

    def _refusals(self, plugin: str, act: str, state: str) -> Iterator[str]:
        status = self.statuses()[plugin]
        if state not in FROM[act]:
            yield _("This is not possible while it is %(state)s.", state=status.state)
        elif act in NEED_CODE and (plugin in self.failures or plugin not in self.found):
            yield status.reason
        elif act == "forget" and (plugin in self.found or self.safe):
            yield _("Its code is here. Uninstall it instead.")
        elif act == "purge" and _row(plugin) is None:
            yield _("It was never installed.")
        if act in NEED_CODE and self._data_is_newer(plugin):
            yield status.reason
        if act == "purge":
            for other in self._builders(plugin):
                if tables.owned(other, self.statuses()):
                    yield _("Purge %(other)s first: it builds on it.", other=other)
        for other in self._excluded(plugin) if act in {"activate", "resume"} else ():
            yield _("%(other)s does not go together with it.", other=other)

    def _data_is_newer(self, plugin: str) -> bool:
        row = _row(plugin)
        return bool(row and row.schema > self.heads.get(plugin, row.schema))

    def _excluded(self, plugin: str) -> Iterator[str]:
        found = self.found.get(plugin)
        own = found.manifest.conflicts if found and found.manifest else ()
        for other in self.ordered():
            if (other.id in own or plugin in other.conflicts) and self.is_active(other.id):
                yield other.id

    def _tables(self, plugin: str) -> Iterator[Table]:
        present = tables.owned(plugin, self.statuses())
        for name in present:
            if name != f"{plugin}_migration":
                yield Table(name, tables.count(name))
        if plugin in self.modules:
            for model in probe.models(self.manifest(plugin)):
                if model._meta.table_name not in present:
                    yield Table(model._meta.table_name, 0)

    def _sentences(
        self, plugin: str, act: str, state: str, others: list[str], steps: list[migrate.Step]
    ) -> Iterator[str]:
        for other in others:
            if act in SWITCH_OFF:
                yield _("First %(other)s is switched off: it builds on this.", other=other)
            else:
                yield _("First %(other)s is switched on: this builds on it.", other=other)
        for step in steps:
            name = f"{step.namespace}/{step.name}"
            yield _("Step %(step)s runs, in a transaction of its own.", step=name)
        if act in {"install", "activate"} and state in FROM["install"] and plugin in self.modules:
            yield from _declared(self.manifest(plugin))
        yield {
            "install": _("It is installed, and not active yet."),
            "activate": _("Its pages, menu entries and commands appear at once."),
            "upgrade": _("Its pages answer again with the new code."),
            "resume": _("It takes part again, and its failures are counted anew."),
            "deactivate": _("Its pages answer 404 and its jobs wait. Its data stays."),
            "uninstall": _(
                "It is uninstalled. Its tables and settings stay for a new installation."
            ),
            "purge": _("Its tables and settings are written to a file, then deleted for good."),
            "forget": _("What it left is written to a file, then deleted for good."),
        }[act]

    # Acting.

    def act(
        self,
        ctx: Context,
        plugin: str,
        act: str,
        confirmation: str = "",
        with_others: bool = False,
    ) -> Plan:
        """Do it, and return what was done.

        Raises NotAllowed, NotFound, Conflict with the reason when it can't be done or failed (then
        nothing of it is kept), Invalid with field `confirmation` when the id has to be typed.
        """
        with migrate.exclusive(PATIENCE_SECONDS):
            plan = self.checked(ctx, plugin, act, confirmation, with_others)
            if plan.is_idle:
                return plan
            for other in plan.others:
                self._do(ctx, other, "deactivate" if act in SWITCH_OFF else act)
            return replace(plan, export=str(self._do(ctx, plugin, act) or ""))

    def checked(
        self, ctx: Context, plugin: str, act: str, confirmation: str, with_others: bool
    ) -> Plan:
        """Return the plan of an act that may be done as it is wanted. Raises as `act`."""
        if not ctx.actor.is_admin:
            raise NotAllowed(_("Only administrators do this."))
        plan = self.plan(ctx, plugin, act)
        if plan.refusals:
            raise Conflict(" ".join(plan.refusals))
        if plan.others and not with_others:
            raise Conflict(" ".join(plan.steps[: len(plan.others)]))
        if plan.needs_confirmation and confirmation != plugin:
            why = " ".join([*plan.objections, _("Type %(plugin)s to confirm.", plugin=plugin)])
            raise Invalid(why, field="confirmation")
        return plan

    def _do(self, ctx: Context, plugin: str, act: str) -> Path | None:
        verbs: dict[str, Any] = {
            "install": self.install,
            "upgrade": self.install,
            "activate": partial(self._activate, load=True),
            "resume": self._activate,
            "deactivate": lambda ctx, plugin: self._set(ctx, plugin, state=INSTALLED),
            "uninstall": lambda ctx, plugin: self._set(ctx, plugin, state=UNINSTALLED),
            "purge": self._purge,
            "forget": self._purge,
        }
        try:
            done = verbs[act](ctx, plugin)
        except (PortalError, KeyboardInterrupt):
            raise
        except BaseException as error:  # code of a plugin, which may even try to exit
            log.exception("Plugin %s: %s failed", plugin, act)
            raise _failure(plugin, f"{type(error).__name__}: {error}") from error
        return done if isinstance(done, Path) else None

    def install(self, ctx: Context, plugin: str) -> list[migrate.Step]:
        """Run the pending steps of a plugin and note it as installed; active ones stay active.

        Raises NotFound, or Conflict naming file and line when a step failed: a first installation
        leaves nothing behind, an upgrade the steps before it.
        """
        steps = self._run_steps(ctx, plugin)
        row = _row(plugin)
        known = (row.state, row.version, row.schema) if row else ("", "", 0)
        state = known[0] if known[0] in PRESENT else INSTALLED
        now = (state, self.manifest(plugin).version, self.heads[plugin])
        if steps or now != known:
            kept = row.reason if row and state == SUSPENDED else ""
            self._set(ctx, plugin, True, state=state, version=now[1], schema=now[2], reason=kept)
        return steps

    def activate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin on that has its tables and reference data. Raises Conflict."""
        self.refresh()
        state = self.statuses()[self.manifest(plugin).id].state
        plan = self.plan(ctx, plugin, "resume" if state == SUSPENDED else "activate")
        if plan.refusals or plan.others:
            raise Conflict(" ".join(plan.refusals or plan.steps))
        self._activate(ctx, plugin)

    def deactivate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin off; its data stays. Raises as `act`."""
        self.act(ctx, plugin, "deactivate", confirmation=plugin)

    def _activate(self, ctx: Context, plugin: str, load: bool = False) -> None:
        row = _row(plugin)
        version = self.manifest(plugin).version
        is_new = bool(self._run_steps(ctx, plugin)) or row is None or row.version != version
        with db.transaction():
            PluginFailure.delete().where(PluginFailure.plugin == plugin).execute()
            self._set(
                ctx, plugin, state=ACTIVE, version=version, schema=self.heads[plugin],
                addresses=self.addresses.get(plugin, []),
            )  # fmt: skip
        try:
            if load:
                self.hooks.ask(plugin, "reference_load", ctx)
        except BaseException:
            self._set(ctx, plugin, state=INSTALLED)
            raise
        if is_new:  # last of all: whoever does this may be started anew for it
            next_generation(new_code=True)

    def _run_steps(self, ctx: Context, plugin: str) -> list[migrate.Step]:
        manifest = self.manifest(plugin)
        if plugin in self.failures:
            raise Conflict(self.failures[plugin][1])
        is_first = not tables.owned(plugin, self.found)

        def note(space: migrate.Namespace, number: int) -> None:
            if space == namespace(manifest):
                values = {"schema": number, "reason": ""}
                if not Plugin.update(**values).where(Plugin.id == plugin).execute():
                    Plugin.insert(
                        id=plugin, state=DISCOVERED, changed_at=ctx.clock.now(), **values
                    ).execute()

        try:
            return migrate.run(self.namespaces([plugin]), on_step=note)
        except (PortalError, KeyboardInterrupt):
            raise
        except BaseException as error:
            log.exception("A step of plugin %s failed", plugin)
            reason = f"{probe.place(error, manifest.folder)}: {type(error).__name__}: {error}"
            with db.transaction():
                if is_first:
                    tables.drop(tables.owned(plugin, self.found), [])
                    db.execute("DELETE FROM migration_checksum WHERE namespace = ?", (plugin,))
                    Plugin.delete().where(Plugin.id == plugin, Plugin.state == DISCOVERED).execute()
                Plugin.update(reason=reason).where(Plugin.id == plugin).execute()
                next_generation()
                db.after_commit(self.refresh)
            raise _failure(plugin, reason) from error

    def _purge(self, ctx: Context, plugin: str) -> Path:
        """Write what a plugin has to a file, then take it away, all in one transaction."""
        now = ctx.clock.now()
        path = self.exports / f"{plugin}-{now:%Y%m%dT%H%M%S%f}.json"
        row = Plugin.get_by_id(plugin)
        about = {"plugin": plugin, "version": row.version, "schema": row.schema}
        about |= {"exported_at": db.utc_text(now)}
        try:
            with db.transaction():
                names = tables.owned(plugin, self.statuses())
                places = tables.elsewhere(plugin, self.statuses())
                tables.export(path, about, names, places)
                self.hooks.call("plugin_purged", ctx, plugin=plugin)
                if not self.is_active(plugin):
                    self.hooks.ask(plugin, "plugin_purged", ctx, plugin=plugin)
                tables.drop(names, places)
                audit.record(ctx, "plugin.purged", "plugin", plugin=plugin, file=path.name)
                if plugin in self.found:  # remembered, so that nothing installs it by itself
                    self._set(ctx, plugin, state=UNINSTALLED, version="", schema=0, addresses=[])
                else:
                    Plugin.delete().where(Plugin.id == plugin).execute()
                    next_generation()
                    db.after_commit(self.refresh)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _set(self, ctx: Context, plugin: str, new_code: bool = False, /, **values: Any) -> None:
        values = {"reason": "", "changed_at": ctx.clock.now()} | values
        with db.transaction():
            if not Plugin.update(**values).where(Plugin.id == plugin).execute():
                Plugin.insert(id=plugin, **values).execute()
            told: dict[str, Any] = {"plugin": plugin, "state": values["state"]}
            events.emit(ctx, "plugin.switched", "plugin", 0, **told)
            audit.record(ctx, "plugin.switched", "plugin", **told)
            next_generation(new_code)
            db.after_commit(self.refresh)


def _row(plugin: str) -> Plugin | None:
    row: Plugin | None = Plugin.get_or_none(Plugin.id == plugin)
    return row


def _state(row: Plugin | None) -> str:
    return str(row.state) if row else DISCOVERED


def _declared(manifest: Manifest) -> Iterator[str]:
    for permission in manifest.permissions:
        yield _("It brings the permission %(name)s.", name=_naming(permission))
    for role in manifest.roles:
        yield _("It brings the role %(name)s.", name=_naming(role))
    for item in manifest.personal_data:
        yield _(
            "It keeps personal data in %(table)s, %(column)s: %(purpose)s; %(retention)s."
        ) % vars(item)


def _naming(item: Any) -> str:
    return str(item.get("title") or item.get("name") or item) if hasattr(item, "get") else str(item)


def _failure(plugin: str, reason: str) -> Conflict:
    return Conflict(
        _("%(plugin)s failed: %(reason)s. Nothing of this step was kept.")
        % {"plugin": plugin, "reason": reason}
    )
