"""The plugins of one app: found, checked, ordered, loaded; who takes part.

The state lies in the database with a generation counter; each request's heartbeat tells a worker
when it changed, so that switching on and off takes no restart in any of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask
from peewee import PeeweeException
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from portal import __version__, audit, db, events, migrate
from portal.clock import Clock, SystemClock
from portal.context import Context, system_context
from portal.errors import Conflict, NotFound
from portal.i18n import _, catalogues
from portal.kernel import discovery, probe
from portal.kernel.hooks import Hooks
from portal.kernel.manifest import Manifest, required_id, requirement_met, version_in
from portal.kernel.models import Plugin, PluginFailure
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
MISSING_REASON = "Its code was removed, or is just being taken up. Its data is kept."
SAFE_REASON = "Left out in safe mode. Its data is kept."
FAILURES = 5
WINDOW = timedelta(minutes=10)

log = logging.getLogger("portal.plugins")


@dataclass(frozen=True)
class Status:
    """How a plugin is: its state, why, and what it says of itself."""

    id: str
    state: str
    reason: str = ""
    title: str = ""
    version: str = ""
    summary: str = ""
    since: datetime | None = None


class Registry:
    """Knows every plugin of this app and keeps their states in step with the database."""

    def __init__(self, folders: Iterable[Path] = (), safe: bool = False) -> None:
        self.found = discovery.discover(folders, safe)
        self.modules: dict[str, ModuleType] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.blueprints: dict[str, list[Blueprint]] = {}
        self.addresses: dict[str, list[str]] = {}
        self._owners: dict[str, str] = {}
        self.heads: dict[str, int] = {}
        self.hooks = Hooks(self._note_failure)
        self.structure = Structure()
        self.clock: Clock = SystemClock()
        self.safe = safe
        self.generation = -1
        self._statuses: dict[str, Status] = {}
        self._chosen: set[str] = set()
        self._lost = Map()
        self._failures: list[tuple[str, str, datetime]] = []
        self._lock = threading.Lock()

    # Loading, once per process.

    def load(self) -> None:
        """Import and check every plugin that fits, those required first."""
        for step in (self._declare, self._load_one):  # hooks are known before somebody answers
            for manifest in self.ordered():
                try:
                    step(manifest)
                except probe.BadPlugin as error:
                    self.failures[manifest.id] = (BROKEN, str(error))
        self.failures |= {o.id: (BROKEN, o.reason) for o in self.found.values() if not o.manifest}

    def _declare(self, manifest: Manifest) -> None:
        # The number that goes with this process's code, whatever is put into the folder later.
        self.heads[manifest.id] = migrate.head(namespace(manifest))
        if version_in(__version__, manifest.portal) and (manifest.folder / "hookspecs.py").exists():
            with probe.blaming(manifest, "hookspecs"):
                self.hooks.manager.add_hookspecs(probe.load(manifest, "hookspecs"))

    def _load_one(self, manifest: Manifest) -> None:
        if manifest.id in self.failures:
            return
        if reason := self._misfit(manifest):
            self.failures[manifest.id] = (INCOMPATIBLE, reason)
            return
        module = probe.load(manifest, "plugin")
        probe.refuse(probe.hook_faults(module, self.hooks.manager))
        probe.refuse(probe.name_faults(manifest))
        ctx, trial = system_context(), Flask("probe", static_folder=None)
        blueprints = probe.blueprints(manifest, module, ctx)
        probe.refuse(probe.page_faults(manifest, blueprints, trial))
        required = (self.found[other].manifest for other in manifest.needed)
        self.structure.take(ctx, module, manifest, [item for item in required if item])
        with probe.blaming(manifest, "hooks"):
            self.hooks.manager.register(module, manifest.id)
        self.blueprints[manifest.id] = blueprints
        self._owners |= {blueprint.name: manifest.id for blueprint in blueprints}
        self.addresses[manifest.id] = sorted({rule.rule for rule in trial.url_map.iter_rules()})
        self.modules[manifest.id] = module
        catalogues.add(manifest.folder / "translations")

    def _misfit(self, manifest: Manifest) -> str:
        if not version_in(__version__, manifest.portal):
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
        taken = {rule.rule for rule in app.url_map.iter_rules()}
        for plugin, blueprints in self.blueprints.items():
            clash = taken.intersection(self.addresses[plugin])
            names = {blueprint.name for blueprint in blueprints} & set(app.blueprints)
            if clash or names:
                what = f"Address {min(clash)}" if clash else f"Blueprint name {min(names)!r}"
                self.failures[plugin] = (BROKEN, f"{what} is taken by another part.")
                self.hooks.manager.unregister(name=plugin)
                self.modules.pop(plugin, None)
                self.addresses.pop(plugin)
                continue
            taken.update(self.addresses[plugin])
            for blueprint in blueprints:
                app.register_blueprint(blueprint)

    def ordered(self) -> list[Manifest]:
        """Return the manifests, required plugins first, else by id; circles end up last."""
        waiting = {item.id: item.manifest for item in self.found.values() if item.manifest}
        done: list[Manifest] = []
        while waiting:
            ready = [one for one in waiting.values() if not one.needed & waiting.keys()]
            ready = ready or list(waiting.values())
            done += ready
            for manifest in ready:
                waiting.pop(manifest.id)
        return done

    def namespaces(self, ids: Iterable[str] | None = None) -> list[migrate.Namespace]:
        """Return the migration folders of the core and of plugins, in their order."""
        chosen = set(self.found if ids is None else ids)
        spaces = [namespace(manifest) for manifest in self.ordered() if manifest.id in chosen]
        return [migrate.CORE_NAMESPACE, *(space for space in spaces if space.folder.is_dir())]

    # State, from the database.

    def follow(self, generation: int) -> None:
        """Take up the states of this generation if they are newer than the known ones."""
        if self._failures and not db.database.in_transaction():
            self._write_failures()
        if generation == self.generation:
            return
        with self._lock:
            rows = {row.id: row for row in Plugin.select()}
            known = sorted({*self.found, *rows})
            statuses = {plugin: self._status(plugin, rows.get(plugin)) for plugin in known}
            self.hooks.activate(
                [plugin for plugin in known if statuses[plugin].state == ACTIVE],
                [plugin for plugin in known if statuses[plugin].state == SUSPENDED],
            )
            self._statuses, self._lost = statuses, Map(strict_slashes=False, merge_slashes=False)
            for plugin, row in rows.items():
                if plugin not in self.modules and row.state != UNINSTALLED:
                    for rule in row.addresses:
                        with suppress(LookupError):  # a converter of its own
                            self._lost.add(Rule(rule, endpoint=plugin))
            self._chosen = {one for one in rows if rows[one].state in {ACTIVE, SUSPENDED}}
            self.generation = generation

    def _status(self, plugin: str, row: Plugin | None) -> Status:
        found = self.found.get(plugin)
        row = row or Plugin(id=plugin, state=DISCOVERED)
        state, reason, code = row.state, row.reason, self.heads.get(plugin, 0)
        if found is None and state != UNINSTALLED:
            state, reason = MISSING, SAFE_REASON if self.safe else MISSING_REASON
        elif plugin in self.failures and state != UNINSTALLED:
            state, reason = self.failures[plugin]
        elif state == ACTIVE and row.schema != code:
            state = NEEDS_UPGRADE
            reason = newer_tables(row.schema, code) or reason or "Run: portal db upgrade"
        title, version, summary = plugin, row.version, ""
        if found and found.manifest:
            about = found.manifest
            title, version, summary = about.title, about.version, about.summary
        return Status(plugin, state, reason, title, version, summary, row.changed_at)

    def lost(self, path: str) -> Status | None:
        """Return the plugin that answered at an address before its code broke or went."""
        try:
            return self._statuses[str(self._lost.bind("").match(path)[0])]
        except HTTPException:
            return None

    def statuses(self) -> Mapping[str, Status]:
        """Return how every plugin is, by id."""
        return self._statuses

    def is_active(self, plugin: str) -> bool:
        """Whether a plugin takes part."""
        status = self._statuses.get(plugin)
        return status is not None and status.state == ACTIVE

    def is_out_of_order(self, plugin: str) -> bool:
        """Whether a plugin was switched on and can take no part for now."""
        return plugin in self._chosen and not self.is_active(plugin)

    def owner(self, blueprint: str | None) -> str | None:
        """Return the plugin that a blueprint's name belongs to, None for the core's."""
        return self._owners.get((blueprint or "").split(".")[0])

    def manifest(self, plugin: str) -> Manifest:
        """Return the manifest of a plugin. Raises NotFound, or Conflict when it can't be used."""
        found = self.found.get(plugin)
        if found is None:
            raise unknown(plugin, self.found)
        if found.manifest is None:
            raise Conflict(found.reason)
        return found.manifest

    def refresh(self) -> None:
        """Take up the states as they are now, outside of a request."""
        self.follow(db.query("SELECT plugin_generation FROM heartbeat WHERE id = 1")[0][0])

    # Failures, counted for all workers.

    def _note_failure(self, plugin: str, hook: str, error: BaseException) -> None:
        """Write a failure down; the fifth in ten minutes takes the plugin out in every worker."""
        self._failures.append((plugin, f"{hook}: {error}", self.clock.now()))
        if not db.database.in_transaction():  # whose end is open; the next request writes it then
            self._write_failures()

    def _write_failures(self) -> None:
        failures, self._failures = self._failures, []
        try:
            with db.transaction(aside=True):
                PluginFailure.delete().where(PluginFailure.at < self.clock.now() - WINDOW).execute()
                for plugin, what, at in failures:
                    PluginFailure.insert(plugin=plugin, hook=what[:200], at=at).execute()
                    counted = PluginFailure.select().where(PluginFailure.plugin == plugin).count()
                    if counted >= FAILURES:
                        why = f"Failed {FAILURES} times in 10 minutes, last in {what}"
                        now = {"state": SUSPENDED, "reason": why, "changed_at": self.clock.now()}
                        is_on = (Plugin.id == plugin) & (Plugin.state == ACTIVE)
                        if Plugin.update(now).where(is_on).execute():
                            announce(system_context(), plugin, SUSPENDED)
        except PeeweeException:  # a database that takes no writes must not cost the page
            log.exception("Failures of plugins could not be counted")


def unknown(plugin: str, known: Iterable[str]) -> NotFound:
    """Say that there is no such plugin, and which ones there are."""
    said = _("There is no plugin %(plugin)s. Found: %(found)s.")
    return NotFound(said % {"plugin": plugin, "found": ", ".join(known) or "-"})


def newer_tables(data: int, code: int) -> str:
    """Say that a plugin's tables are ahead of its code; nothing when they are not."""
    return f"Its tables (step {data}) are newer than its code ({code})." if data > code else ""


def announce(ctx: Context, plugin: str, state: str, new_code: bool = False) -> None:
    """Tell plugins, the audit log and every worker that a plugin was switched."""
    told: dict[str, Any] = {"plugin": plugin, "state": state}
    events.emit(ctx, "plugin.switched", "plugin", 0, **told)
    audit.record(ctx, "plugin.switched", "plugin", **told)
    next_generation(new_code)


def next_generation(new_code: bool = False) -> None:
    """Tell every worker that plugins were switched; with new code they are started anew."""
    db.execute(
        "UPDATE heartbeat SET plugin_generation = plugin_generation + 1, "
        "code_generation = code_generation + ? WHERE id = 1",
        (int(new_code),),
    )


def namespace(manifest: Manifest) -> migrate.Namespace:
    """Return where the steps of a plugin lie."""
    return migrate.Namespace(manifest.id, manifest.folder / "migrations")
