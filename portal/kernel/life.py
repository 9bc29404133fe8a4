"""Switching plugins: each act can be planned before it is done.

discovered -install-> installed -activate-> active -deactivate-> installed. An upgrade brings the
tables up to the code; resuming gives a suspended plugin another chance. Acts take turns across
processes and follow one another in every worker. Uninstalling is no part of the core: whoever
offers it begins with `check`, `failing` and `Plugins.switch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from portal import db, migrate
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, PortalError
from portal.i18n import _
from portal.kernel import probe
from portal.kernel import registry as kernel
from portal.kernel.models import Plugin, PluginFailure
from portal.kernel.registry import ACTIVE, DISCOVERED, INSTALLED, SUSPENDED, UNINSTALLED

PRESENT = {INSTALLED, ACTIVE, SUSPENDED}
FROM = {
    "install": {DISCOVERED, UNINSTALLED},
    "activate": {DISCOVERED, INSTALLED, UNINSTALLED},
    "upgrade": PRESENT,
    "resume": {SUSPENDED},
    "deactivate": {ACTIVE, SUSPENDED},
}
"""The acts, each with the stored states from which it leads on."""
DONE = {"install": INSTALLED, "activate": ACTIVE, "deactivate": INSTALLED}
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Plan:
    """What an act would do, in sentences.

    With `refusals` it can't be done at all. `objections` come from plugins: it can, once confirmed
    by typing the plugin's id. `others` are plugins that must be switched first, in this order;
    the first steps name them. What `is_long` belongs into the worker.
    """

    act: str
    plugin: str
    steps: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_long: bool = False
    is_idle: bool = False

    @property
    def needs_confirmation(self) -> bool:
        """Whether the plugin's id has to be typed."""
        return bool(self.objections)


class Plugins(kernel.Registry):
    """The plugins of one app, with the acts."""

    # Planning.

    def plan(self, ctx: Context, plugin: str, act: str) -> Plan:
        """Say what an act would do, and do nothing. Raises NotFound."""
        self.refresh()
        if plugin not in self.statuses() or act not in FROM:
            raise kernel.unknown(plugin, self.statuses())
        state = stored(plugin).state
        if state == DONE.get(act) and state in {self.statuses()[plugin].state, INSTALLED}:
            return Plan(act, plugin, (_("Nothing to do: it is so already."),), is_idle=True)
        if refusals := self.refusals(plugin, act):
            return Plan(act, plugin, refusals=tuple(refusals))
        if act == "deactivate":
            others, steps = self.builders(plugin), list[migrate.Step]()
            first = _("First %(other)s is switched off: it builds on this.")
        else:
            enough = PRESENT if act in {"install", "upgrade"} else {ACTIVE}
            others = [one for one in self._needed(plugin) if stored(one).state not in enough]
            steps = migrate.plan(self.namespaces([*others, plugin]))
            first = _("First %(other)s is switched on: this builds on it.")
        modules = (self.modules.get(one) for one in (*others, plugin))
        loads = act == "activate" and any(hasattr(one, "reference_load") for one in modules)
        return Plan(
            act,
            plugin,
            (
                *(first % {"other": other} for other in others),
                *(_("Step %(step)s runs, in a transaction of its own.", step=s) for s in steps),
                *self.hooks.each("plugin_plan", ctx, plugin=plugin, act=act),
            ),
            objections=self.objections(ctx, [*others, plugin]) if act == "deactivate" else (),
            others=tuple(others),
            is_long=bool(steps) or loads,
        )

    def refusals(self, plugin: str, act: str) -> list[str]:
        """Say why an act can't be done, as whole sentences; nothing when it can."""
        status, row = self.statuses()[plugin], stored(plugin)
        if row.state not in FROM[act]:
            return [_("This is not possible while it is %(state)s.", state=status.state)]
        if act == "deactivate":
            return []
        if plugin in self.failures or plugin not in self.found:
            return [status.reason or kernel.MISSING_REASON]
        if newer := kernel.newer_tables(row.schema, self.heads[plugin]):
            return [newer]
        if act not in {"activate", "resume"}:
            return []
        own = self.manifest(plugin).conflicts
        return [
            _("%(other)s does not go together with it.", other=other.id)
            for other in self.ordered()
            if self.is_active(other.id) and (other.id in own or plugin in other.conflicts)
        ]

    def objections(self, ctx: Context, plugins: Iterable[str]) -> tuple[str, ...]:
        """Ask all what speaks against switching these off."""
        ask = self.hooks.each
        return tuple(str(o) for p in plugins for o in ask("plugin_objections", ctx, plugin=p))

    def _needed(self, plugin: str) -> list[str]:
        """Return what a plugin builds on, the lowest first."""
        below, ordered = {plugin}, self.ordered()
        for manifest in reversed(ordered):
            below |= manifest.needed if manifest.id in below else set()
        return [manifest.id for manifest in ordered if manifest.id in below - {plugin}]

    def builders(self, plugin: str, is_on: bool = True) -> list[str]:
        """Return who builds on a plugin, the highest first: those switched on, or all."""
        above: list[str] = []
        for manifest in self.ordered():
            if manifest.needed & {plugin, *above}:
                above.append(manifest.id)
        on = FROM["deactivate"]
        return [one for one in reversed(above) if not is_on or stored(one).state in on]

    # Acting.

    def act(
        self, ctx: Context, plugin: str, act: str, confirmation: str = "", with_others: bool = False
    ) -> Plan:
        """Do it, and return what was done.

        Raises NotAllowed, NotFound, Conflict with the reason when it can't be done or failed (then
        nothing of it is kept), Invalid with field `confirmation` when the id has to be typed.
        """
        with migrate.exclusive(PATIENCE_SECONDS):
            plan = self.plan(ctx, plugin, act)
            check(ctx, plan, confirmation, with_others)
            for one in () if plan.is_idle else (*plan.others, plugin):
                with failing(one, act):
                    self._do(ctx, one, act)
            return plan

    def _do(self, ctx: Context, plugin: str, act: str) -> None:
        if act == "deactivate":
            self.switch(ctx, plugin, state=INSTALLED)
        elif act in {"install", "upgrade"}:
            self.install(ctx, plugin)
        else:
            self._activate(ctx, plugin, load=act == "activate")

    def install(self, ctx: Context, plugin: str) -> list[migrate.Step]:
        """Run the pending steps of a plugin and note it as installed; active ones stay active.

        Raises NotFound, or Conflict naming file and line when a step failed: a first installation
        leaves nothing behind, an upgrade the steps before it.
        """
        steps = self._run_steps(ctx, plugin)
        row, version = stored(plugin), self.manifest(plugin).version
        state = row.state if row.state in PRESENT else INSTALLED
        now: dict[str, Any] = {"state": state, "version": version, "schema": self.heads[plugin]}
        if steps or any(getattr(row, name) != value for name, value in now.items()):
            self.switch(ctx, plugin, True, reason=row.reason, **now)
        return steps

    def activate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin on that has its tables and reference data. Raises Conflict."""
        act = "resume" if stored(plugin).state == SUSPENDED else "activate"
        check(ctx, self.plan(ctx, plugin, act))
        self._activate(ctx, plugin)

    def deactivate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin off; its data stays. Raises as `act`."""
        self.act(ctx, plugin, "deactivate", confirmation=plugin)

    def _activate(self, ctx: Context, plugin: str, load: bool = False) -> None:
        version, before = self.manifest(plugin).version, stored(plugin).version
        is_new = bool(self._run_steps(ctx, plugin)) or before != version
        with db.transaction():
            PluginFailure.delete().where(PluginFailure.plugin == plugin).execute()
            self.switch(
                ctx, plugin, state=ACTIVE, version=version, schema=self.heads[plugin],
                addresses=self.addresses.get(plugin, []),
            )  # fmt: skip
        try:
            if load:
                self.hooks.ask(plugin, "reference_load", ctx)
        except BaseException:
            self.switch(ctx, plugin, state=INSTALLED)
            raise
        if is_new:  # last of all: whoever does this may be started anew for it
            kernel.next_generation(new_code=True)

    def _run_steps(self, ctx: Context, plugin: str) -> list[migrate.Step]:
        manifest = self.manifest(plugin)
        if plugin in self.failures:
            raise Conflict(self.failures[plugin][1])
        is_first, before = not stored(plugin).schema, set(db.database.get_tables())

        def note(space: migrate.Namespace, number: int) -> None:
            if space.name == plugin:
                _store(plugin, ctx, schema=number, reason="")

        try:
            return migrate.run(self.namespaces([plugin]), on_step=note)
        except (PortalError, KeyboardInterrupt):
            raise
        except BaseException as error:
            kernel.log.exception("A step of plugin %s failed", plugin)
            reason = f"{probe.place(error, manifest.folder)}: {type(error).__name__}: {error}"
            with db.transaction():
                if is_first:
                    made = set(db.database.get_tables()) - before
                    migrate.drop_tables(one for one in made if one.startswith(f"{plugin}_"))
                    db.execute("DELETE FROM migration_checksum WHERE namespace = ?", (plugin,))
                    Plugin.delete().where(Plugin.id == plugin, Plugin.state == DISCOVERED).execute()
                left = Plugin.update(reason=reason, schema=0 if is_first else Plugin.schema)
                left.where(Plugin.id == plugin).execute()
                kernel.next_generation()
                db.after_commit(self.refresh)
            raise _failed(plugin, reason) from error

    def switch(self, ctx: Context, plugin: str, new_code: bool = False, /, **values: Any) -> None:
        """Store how a plugin is from now on (`state` and other columns), and tell everybody."""
        with db.transaction():
            _store(plugin, ctx, **{"reason": "", "changed_at": ctx.clock.now(), **values})
            kernel.announce(ctx, plugin, values["state"], new_code)
            db.after_commit(self.refresh)


def stored(plugin: str) -> Plugin:
    """Return what the database knows of a plugin; as discovered when it knows nothing."""
    row: Plugin | None = Plugin.get_or_none(Plugin.id == plugin)
    return row or Plugin(id=plugin, state=DISCOVERED)


def check(ctx: Context, plan: Plan, confirmation: str = "", with_others: bool = False) -> None:
    """Raise as `Plugins.act` unless what is planned may be done as it is wanted."""
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators do this."))
    if plan.refusals:
        raise Conflict(" ".join(plan.refusals))
    if plan.others and not with_others:
        raise Conflict(" ".join(plan.steps[: len(plan.others)]))
    if plan.needs_confirmation and confirmation != plan.plugin:
        why = " ".join([*plan.objections, _("Type %(plugin)s to confirm.", plugin=plan.plugin)])
        raise Invalid(why, field="confirmation")


@contextmanager
def failing(plugin: str, act: str) -> Iterator[None]:
    """Turn whatever a plugin's code raises, an exit too, into Conflict with the reason."""
    try:
        yield
    except (PortalError, KeyboardInterrupt):
        raise
    except BaseException as error:
        kernel.log.exception("Plugin %s: %s failed", plugin, act)
        raise _failed(plugin, f"{type(error).__name__}: {error}") from error


def _failed(plugin: str, reason: str) -> Conflict:
    said = _("%(plugin)s failed: %(reason)s. Nothing of this step was kept.")
    return Conflict(said % {"plugin": plugin, "reason": reason})


def _store(plugin: str, ctx: Context, **values: Any) -> None:
    new = {"state": DISCOVERED, "changed_at": ctx.clock.now(), **values}
    insert = Plugin.insert(id=plugin, **new)
    insert.on_conflict(conflict_target=[Plugin.id], update=values).execute()
