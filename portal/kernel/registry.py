"""The plugins of one app: found, checked, ordered, loaded, switched.

The state lies in the database with a generation counter; each request's heartbeat tells a worker
when it changed, so that switching on and off takes no restart in any of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from flask import Blueprint, Flask

from portal import db, events, migrate
from portal.clock import SystemClock
from portal.context import Context, system_context
from portal.errors import Conflict, NotFound
from portal.i18n import _, catalogues
from portal.kernel import discovery, probe
from portal.kernel.hooks import Hooks
from portal.kernel.manifest import Manifest, required_id, requirement_met
from portal.kernel.models import Plugin
from portal.kernel.structure import Structure

DISCOVERED = "discovered"
INSTALLED = "installed"
ACTIVE = "active"
NEEDS_UPGRADE = "needs_upgrade"
SUSPENDED = "suspended"
BROKEN = "broken"
INCOMPATIBLE = "incompatible"
MISSING = "missing"
UNINSTALLED = "uninstalled"
OUT_OF_ORDER = {NEEDS_UPGRADE, SUSPENDED, BROKEN}


@dataclass(frozen=True)
class Status:
    """How a plugin is: its state, why, and what it says of itself."""

    id: str
    state: str
    reason: str = ""
    title: str = ""
    version: str = ""
    summary: str = ""


class Registry:
    """Knows every plugin of this app and keeps their states in step with the database."""

    def __init__(self, folders: Iterable[Path] = (), safe: bool = False) -> None:
        self.found = discovery.discover(folders, safe)
        self.modules: dict[str, ModuleType] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.blueprints: dict[str, list[Blueprint]] = {}
        self.hooks = Hooks(self._suspend)
        self.structure = Structure()
        self.generation = -1
        self._statuses: dict[str, Status] = {}
        self._lock = threading.Lock()

    # Loading, once per process.

    def load(self) -> None:
        """Import and check every plugin that fits, those required first."""
        ctx = system_context()
        for manifest in self.ordered():
            try:
                self._load_one(manifest, ctx)
            except probe.BadPlugin as error:
                self.failures[manifest.id] = (BROKEN, str(error))
        for found in self.found.values():
            if found.manifest is None:
                self.failures[found.id] = (BROKEN, found.reason)

    def _load_one(self, manifest: Manifest, ctx: Context) -> None:
        reason = self._misfit(manifest)
        if reason:
            self.failures[manifest.id] = (INCOMPATIBLE, reason)
            return
        module = probe.load(manifest)
        specs = probe.load_hookspecs(manifest)
        if specs:
            with probe.blaming(manifest, "hookspecs"):
                self.hooks.manager.add_hookspecs(specs)
        probe.check_hooks(module, self.hooks.manager)
        probe.check_names(manifest)
        blueprints = probe.blueprints(manifest, module, ctx)
        required = (self.found[required_id(entry)].manifest for entry in manifest.requires)
        self.structure.take(ctx, module, manifest, [item for item in required if item])
        with probe.blaming(manifest, "hooks"):
            self.hooks.manager.register(module, manifest.id)
        self.blueprints[manifest.id] = blueprints
        self.modules[manifest.id] = module
        catalogues.add(manifest.folder / "translations")

    def _misfit(self, manifest: Manifest) -> str:
        if not manifest.fits_portal:
            return f"Needs portal {manifest.portal}."
        for entry in manifest.requires:
            other = self.found.get(required_id(entry))
            if other is None or other.manifest is None:
                return f"Needs the plugin {entry}, which is not there."
            if not requirement_met(entry, other.manifest.version):
                return f"Needs {entry}; {other.manifest.version} is there."
            if other.id in self.failures:
                return f"Needs {other.id}, which is {self.failures[other.id][0]}."
            if other.id not in self.modules:
                return f"Needs {other.id}, which needs {manifest.id}: a circle."
        return ""

    def register(self, app: Flask) -> None:
        """Add the pages of the loaded plugins to the app; a clash of addresses breaks the later one."""
        for plugin, blueprints in self.blueprints.items():
            taken = {rule.rule for rule in app.url_map.iter_rules()}
            trial = Flask("probe", static_folder=None)
            for blueprint in blueprints:
                trial.register_blueprint(blueprint)
            clash = taken & {rule.rule for rule in trial.url_map.iter_rules()}
            names = {blueprint.name for blueprint in blueprints} & set(app.blueprints)
            if clash or names:
                what = f"Address {min(clash)}" if clash else f"Blueprint name {min(names)!r}"
                self.failures[plugin] = (BROKEN, f"{what} is taken by another part.")
                self.hooks.manager.unregister(name=plugin)
                self.modules.pop(plugin, None)
                continue
            for blueprint in blueprints:
                app.register_blueprint(blueprint)

    def ordered(self) -> list[Manifest]:
        """Return the manifests, required plugins first, else by id; circles end up last."""
        waiting = {item.id: item.manifest for item in self.found.values() if item.manifest}
        done: list[Manifest] = []
        while waiting:
            ready = [
                manifest
                for manifest in waiting.values()
                if not any(required_id(entry) in waiting for entry in manifest.requires)
            ] or list(waiting.values())
            done += ready
            for manifest in ready:
                waiting.pop(manifest.id)
        return done

    def namespaces(self, ids: Iterable[str] | None = None) -> list[migrate.Namespace]:
        """Return the migration folders of the core and of plugins, in their order."""
        chosen = set(self.found if ids is None else ids)
        return [
            migrate.CORE_NAMESPACE,
            *(
                migrate.Namespace(manifest.id, manifest.folder / "migrations")
                for manifest in self.ordered()
                if manifest.id in chosen and (manifest.folder / "migrations").is_dir()
            ),
        ]

    # State, from the database.

    def follow(self, generation: int) -> None:
        """Take up the states of this generation if they are newer than the known ones."""
        if generation == self.generation:
            return
        with self._lock:
            rows = {row.id: row for row in Plugin.select()}
            self._statuses = {
                plugin: self._status(plugin, rows.get(plugin))
                for plugin in sorted({*self.found, *rows})
            }
            states = {plugin: status.state for plugin, status in self._statuses.items()}
            self.hooks.activate(
                [plugin for plugin, state in states.items() if state == ACTIVE],
                [plugin for plugin, state in states.items() if state == SUSPENDED],
            )
            self.generation = generation

    def _status(self, plugin: str, row: Plugin | None) -> Status:
        found = self.found.get(plugin)
        manifest = found.manifest if found else None
        state, reason = (row.state, row.reason) if row else (DISCOVERED, "")
        if found is None and state != UNINSTALLED:
            state, reason = MISSING, "Its code is gone; its data is kept."
        elif plugin in self.failures and state in {ACTIVE, DISCOVERED, INSTALLED, SUSPENDED}:
            state, reason = self.failures[plugin]
        elif manifest and row and state == ACTIVE and row.schema < _schema_head(manifest):
            state, reason = NEEDS_UPGRADE, "Run: portal db upgrade"
        return Status(
            plugin,
            state,
            reason,
            manifest.title if manifest else plugin,
            manifest.version if manifest else (row.version if row else ""),
            manifest.summary if manifest else "",
        )

    def statuses(self) -> Mapping[str, Status]:
        """Return how every plugin is, by id."""
        return self._statuses

    def is_active(self, plugin: str) -> bool:
        """Whether a plugin takes part."""
        status = self._statuses.get(plugin)
        return status is not None and status.state == ACTIVE

    def owner(self, blueprint: str | None) -> str | None:
        """Return the plugin that a blueprint's name belongs to, None for the core's."""
        name = (blueprint or "").split(".")[0]
        for plugin, blueprints in self.blueprints.items():
            if any(item.name == name for item in blueprints):
                return plugin
        return None

    # Acts of an administrator.

    def activate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin on. Its tables must be there: the CLI installs it first.

        Raises NotFound, or Conflict when a required plugin is not active.
        """
        manifest = self._manifest(plugin)
        self._refresh()
        for entry in manifest.requires:
            if not self.is_active(required_id(entry)):
                raise Conflict(
                    _("Activate %(other)s first: %(plugin)s builds on it.")
                    % {"other": required_id(entry), "plugin": plugin}
                )
        for other in self.ordered():
            excluded = other.id in manifest.conflicts or plugin in other.conflicts
            if excluded and self.is_active(other.id):
                raise Conflict(_("%(other)s does not go together with it.", other=other.id))
        if plugin in self.failures:
            raise Conflict(self.failures[plugin][1])
        row = Plugin.get_or_none(Plugin.id == plugin)
        if _schema_head(manifest) > (row.schema if row else 0):
            raise Conflict(
                _("Its tables are not up to date. Run: portal plugin activate %(plugin)s")
                % {"plugin": plugin}
            )
        self._set(ctx, plugin, ACTIVE, manifest.version)

    def deactivate(self, ctx: Context, plugin: str) -> None:
        """Switch a plugin off; its data stays. Raises Conflict when active plugins build on it."""
        self._refresh()
        for manifest in self.ordered():
            needs = {required_id(entry) for entry in manifest.requires}
            if plugin in needs and self.is_active(manifest.id):
                raise Conflict(_("Deactivate %(other)s first: it builds on it.", other=manifest.id))
        if plugin not in self._statuses:
            raise NotFound(_("There is no plugin %(plugin)s.", plugin=plugin))
        self._set(ctx, plugin, INSTALLED)

    def install(self, ctx: Context, plugin: str) -> list[migrate.Step]:
        """Run the steps of a plugin and note it as installed; returns the steps that ran."""
        manifest = self._manifest(plugin)
        if plugin in self.failures:
            raise Conflict(self.failures[plugin][1])
        steps = migrate.run(self.namespaces([plugin]))
        row = Plugin.get_or_none(Plugin.id == plugin)
        state = row.state if row and row.state == ACTIVE else INSTALLED
        self._set(ctx, plugin, state, manifest.version, _schema_head(manifest))
        return steps

    def _manifest(self, plugin: str) -> Manifest:
        found = self.found.get(plugin)
        if found is None:
            raise NotFound(
                _("There is no plugin %(plugin)s. Found: %(found)s.")
                % {"plugin": plugin, "found": ", ".join(self.found) or "-"}
            )
        if found.manifest is None:
            raise Conflict(found.reason)
        return found.manifest

    def _refresh(self) -> None:
        self.follow(db.query("SELECT plugin_generation FROM heartbeat WHERE id = 1")[0][0])

    def _set(
        self, ctx: Context, plugin: str, state: str, version: str = "", schema: int | None = None
    ) -> None:
        values = {"state": state, "reason": "", "changed_at": ctx.clock.now()}
        values |= {"version": version} if version else {}
        values |= {} if schema is None else {"schema": schema}
        with db.transaction():
            if not Plugin.update(**values).where(Plugin.id == plugin).execute():
                Plugin.insert(id=plugin, **values).execute()
            events.emit(ctx, "plugin.switched", "plugin", 0, plugin=plugin, state=state)
            _next_generation()
        self._refresh()

    def _suspend(self, plugin: str, reason: str) -> None:
        """Take a failing plugin out in every worker; called by the breaker."""
        with db.transaction():
            changed = (
                Plugin.update(state=SUSPENDED, reason=reason, changed_at=SystemClock().now())
                .where(Plugin.id == plugin, Plugin.state == ACTIVE)
                .execute()
            )
            if changed:
                told = {"plugin": plugin, "state": SUSPENDED}
                events.emit(system_context(), "plugin.switched", "plugin", 0, **told)
                _next_generation()


def _next_generation() -> None:
    db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1 WHERE id = 1")


def _schema_head(manifest: Manifest) -> int:
    return migrate.head(migrate.Namespace(manifest.id, manifest.folder / "migrations"))
