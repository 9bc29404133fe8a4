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

from portal import audit, db, events, migrate
from portal.clock import Clock, SystemClock
from portal.context import Context, system_context
from portal.errors import Conflict, NotFound
from portal.i18n import _, catalogues
from portal.kernel import discovery, probe
from portal.kernel.hooks import Hooks
from portal.kernel.manifest import Manifest, required_id, requirement_met
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
MISSING_REASON = (
    "Its code is not here: it was removed, or is just being taken up. Its data is kept."
)
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
        self.heads: dict[str, int] = {}
        self.hooks = Hooks(self._note_failure)
        self.structure = Structure()
        self.clock: Clock = SystemClock()
        self.safe = safe
        self.generation = -1
        self._statuses: dict[str, Status] = {}
        self._chosen: frozenset[str] = frozenset()
        self._lost = Map()
        self._failures: list[tuple[str, str, datetime]] = []
        self._lock = threading.Lock()

    # Loading, once per process.

    def load(self) -> None:
        """Import and check every plugin that fits, those required first."""
        ctx = system_context()
        for step in (self._declare, self._load_one):  # hooks are known before somebody answers
            for manifest in self.ordered():
                try:
                    step(manifest, ctx)
                except probe.BadPlugin as error:
                    self.failures[manifest.id] = (BROKEN, str(error))
        for found in self.found.values():
            if found.manifest is None:
                self.failures[found.id] = (BROKEN, found.reason)

    def _declare(self, manifest: Manifest, _ctx: Context) -> None:
        # The number that goes with this process's code, whatever is put into the folder later.
        self.heads[manifest.id] = migrate.head(namespace(manifest))
        specs = probe.load_hookspecs(manifest) if manifest.fits_portal else None
        if specs:
            with probe.blaming(manifest, "hookspecs"):
                self.hooks.manager.add_hookspecs(specs)

    def _load_one(self, manifest: Manifest, ctx: Context) -> None:
        if manifest.id in self.failures:
            return
        reason = self._misfit(manifest)
        if reason:
            self.failures[manifest.id] = (INCOMPATIBLE, reason)
            return
        module = probe.load(manifest)
        probe.refuse(probe.hook_faults(module, self.hooks.manager))
        probe.refuse(probe.name_faults(manifest))
        blueprints, addresses = probe.blueprints(manifest, module, ctx)
        required = (self.found[required_id(entry)].manifest for entry in manifest.requires)
        self.structure.take(ctx, module, manifest, [item for item in required if item])
        with probe.blaming(manifest, "hooks"):
            self.hooks.manager.register(module, manifest.id)
        self.blueprints[manifest.id] = blueprints
        self.addresses[manifest.id] = addresses
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
            clash = taken.intersection(self.addresses[plugin])
            names = {blueprint.name for blueprint in blueprints} & set(app.blueprints)
            if clash or names:
                what = f"Address {min(clash)}" if clash else f"Blueprint name {min(names)!r}"
                self.failures[plugin] = (BROKEN, f"{what} is taken by another part.")
                self.hooks.manager.unregister(name=plugin)
                self.modules.pop(plugin, None)
                self.addresses.pop(plugin)
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
                namespace(manifest)
                for manifest in self.ordered()
                if manifest.id in chosen and (manifest.folder / "migrations").is_dir()
            ),
        ]

    # State, from the database.

    def follow(self, generation: int) -> None:
        """Take up the states of this generation if they are newer than the known ones."""
        if self._failures and not db.database.in_transaction():
            self._write_failures()
        if generation == self.generation:
            return
        with self._lock:
            rows = {row.id: row for row in Plugin.select()}
            statuses = {
                plugin: self._status(plugin, rows.get(plugin))
                for plugin in sorted({*self.found, *rows})
            }
            states = {plugin: status.state for plugin, status in statuses.items()}
            self.hooks.activate(
                [plugin for plugin, state in states.items() if state == ACTIVE],
                [plugin for plugin, state in states.items() if state == SUSPENDED],
            )
            self._statuses, self._lost = statuses, Map(strict_slashes=False, merge_slashes=False)
            for plugin, row in rows.items():
                if plugin not in self.modules and row.state != UNINSTALLED:
                    for rule in row.addresses:
                        with suppress(LookupError):  # a converter of its own
                            self._lost.add(Rule(rule, endpoint=plugin))
            chosen = {plugin for plugin, row in rows.items() if row.state in {ACTIVE, SUSPENDED}}
            self._chosen = frozenset(chosen)
            self.generation = generation

    def _status(self, plugin: str, row: Plugin | None) -> Status:
        found = self.found.get(plugin)
        manifest = found.manifest if found else None
        state, reason = (row.state, row.reason) if row else (DISCOVERED, "")
        data, code = row.schema if row else 0, self.heads.get(plugin, 0)
        if found is None and state != UNINSTALLED:
            state, reason = MISSING, SAFE_REASON if self.safe else MISSING_REASON
        elif plugin in self.failures and state != UNINSTALLED:
            state, reason = self.failures[plugin]
        elif state == ACTIVE and data < code:
            state, reason = NEEDS_UPGRADE, reason or "Run: portal db upgrade"
        elif state == ACTIVE and data > code:
            state = NEEDS_UPGRADE
            reason = f"Its tables (step {data}) are newer than its code ({code})."
        return Status(
            plugin,
            state,
            reason,
            manifest.title if manifest else plugin,
            manifest.version if manifest else (row.version if row else ""),
            manifest.summary if manifest else "",
            row.changed_at if row else None,
        )

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
        name = (blueprint or "").split(".")[0]
        for plugin, blueprints in self.blueprints.items():
            if any(item.name == name for item in blueprints):
                return plugin
        return None

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
                        self._suspend(plugin, why)
        except PeeweeException:  # a database that takes no writes must not cost the page
            log.exception("Failures of plugins could not be counted")

    def _suspend(self, plugin: str, reason: str) -> None:
        changed = Plugin.update(state=SUSPENDED, reason=reason, changed_at=self.clock.now())
        if changed.where(Plugin.id == plugin, Plugin.state == ACTIVE).execute():
            told: dict[str, Any] = {"plugin": plugin, "state": SUSPENDED}
            events.emit(system_context(), "plugin.switched", "plugin", 0, **told)
            audit.record(system_context(), "plugin.switched", "plugin", **told)
            next_generation()


def unknown(plugin: str, known: Iterable[str]) -> NotFound:
    """Say that there is no such plugin, and which ones there are."""
    found = ", ".join(known) or "-"
    return NotFound(
        _("There is no plugin %(plugin)s. Found: %(found)s.") % {"plugin": plugin, "found": found}
    )


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
