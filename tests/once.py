"""What a thousand apps of the tests would each do anew is done once: compiling, and looking at plugins."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pluggy
import pytest
from flask import Blueprint, Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Map, Rule

import portal.app
from portal.kernel import discovery, probe
from portal.kernel.manifest import Manifest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "plugins"


class CompiledTemplates(BytecodeCache):
    """The code of templates by their source, for all apps of the tests."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a source that was compiled before."""
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a source."""
        if bucket.code is not None:
            self.known[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def compile_templates_once() -> None:
    """Let no app compile anew what another one compiled: that takes longer than most tests."""
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}


@pytest.fixture(scope="session", autouse=True)
def look_for_garbage_seldom() -> None:
    """Leave what was imported alone when looking for garbage, and let some more of it gather."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def read_addresses_once() -> None:
    """Keep what an address is made of: each of a thousand apps would take it apart anew."""
    genuine, known = Rule.compile, dict[object, dict[str, Any]]()

    def compiled(rule: Rule) -> None:
        key = (
            type(rule),
            rule.rule,
            rule.subdomain,
            rule.host,
            rule.merge_slashes,
            repr(rule.defaults),
        )
        if key not in known:
            genuine(rule)
            kept = ("_parts", "_trace", "_converters", "arguments")
            known[key] = {name: getattr(rule, name) for name in kept}
            return
        vars(rule).update(known[key], arguments=set(known[key]["arguments"]))
        rule._build = rule._compile_builder(False).__get__(rule, None)
        rule._build_unknown = rule._compile_builder(True).__get__(rule, None)

    Rule.compile = compiled  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def find_hooks_once() -> None:
    """Keep which functions of the house answer hooks; those that a test puts there are looked at."""
    genuine = pluggy.PluginManager.parse_hookimpl_opts
    known = dict[tuple[str, str, int], tuple[Any, Any]]()

    def options(manager: pluggy.PluginManager, plugin: Any, name: str) -> Any:
        found = vars(plugin).get(name) if isinstance(plugin, ModuleType) else None
        if found is None:
            return genuine(manager, plugin, name)
        key = manager.project_name, name, id(found)
        if key not in known:
            known[key] = found, genuine(manager, plugin, name)
        return known[key][1]

    pluggy.PluginManager.parse_hookimpl_opts = options  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def find_instances_once() -> None:
    """Keep where Flask would put an app's own files: looking for its package takes long."""
    genuine, known = Flask.auto_find_instance_path, dict[str, str]()

    def found(app: Flask) -> str:
        if app.import_name not in known:
            known[app.import_name] = genuine(app)
        return known[app.import_name]

    Flask.auto_find_instance_path = found  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def date_the_house_once() -> None:
    """Keep when the templates and texts of the house were changed: no test does that."""
    genuine, known = portal.app._last_change, dict[Path, int]()

    def last_change(folder: Path) -> int:
        if ROOT not in folder.parents:
            return genuine(folder)
        if folder not in known:
            known[folder] = genuine(folder)
        return known[folder]

    portal.app._last_change = last_change


@pytest.fixture(scope="session", autouse=True)
def find_packages_once() -> None:
    """Keep which installed packages bring plugins, while nothing is put on the path."""
    genuine, path = discovery._by_entry_point, list(sys.path)
    known = genuine()

    def by_entry_point() -> list[tuple[Path, str]]:
        return list(known) if sys.path == path else genuine()

    discovery._by_entry_point = by_entry_point


@pytest.fixture(scope="session", autouse=True)
def compile_addresses_once() -> None:
    """Keep the code that builds an address: each of a thousand apps would compile it anew."""
    genuine, known = Rule._compile_builder, dict[object, Any]()

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in known:
            known[key] = genuine(rule, append_unknown)
        return known[key]

    Rule._compile_builder = compiled  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def read_manifests_once() -> None:
    """Keep the manifests of the house, which no test changes."""
    genuine, known = discovery.read, dict[tuple[Path, str], Manifest]()

    def read(path: Path, package: str) -> Manifest:
        if path.parent.parent != HOUSE:
            return genuine(path, package)
        if (path, package) not in known:
            known[path, package] = genuine(path, package)
        return known[path, package]

    discovery.read = read


@pytest.fixture(scope="session", autouse=True)
def look_at_the_house_once() -> None:
    """Let what was found good in a plugin of the house be good for all apps; others are looked at."""
    hooks, names, pages = probe.hook_faults, probe.name_faults, probe.page_faults
    good: set[object] = set()
    maps: dict[str, Map] = {}

    def sought(key: object, is_house: bool, look: Callable[[], Iterable[str]]) -> Iterator[str]:
        if not is_house:
            yield from look()
        elif key not in good:
            faults = list(look())
            yield from faults
            if not faults:
                good.add(key)

    def hook_faults(module: ModuleType, manager: Any) -> Iterator[str]:
        is_house = HOUSE in Path(module.__file__ or "").parents
        return sought(module, is_house, lambda: hooks(module, manager))

    def name_faults(manifest: Manifest) -> Iterator[str]:
        is_house = manifest.folder.parent == HOUSE
        return sought(("names", manifest.id), is_house, lambda: names(manifest))

    def page_faults(manifest: Manifest, offered: Iterable[Blueprint], app: Flask) -> Iterator[str]:
        if manifest.folder.parent != HOUSE:
            yield from pages(manifest, offered, app)
        elif manifest.id in maps:
            app.url_map = maps[manifest.id]
        else:
            faults = list(pages(manifest, offered, app))
            yield from faults
            if not faults:
                maps[manifest.id] = app.url_map

    probe.hook_faults = hook_faults
    probe.name_faults = name_faults
    probe.page_faults = page_faults
