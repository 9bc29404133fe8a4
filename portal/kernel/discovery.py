"""Finds plugins in `plugins/` and by entry point, without importing any of them."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from portal.kernel.manifest import BadManifest, Manifest, read

GROUP = "tessera.plugins"
HOUSE = "plugins"


@dataclass(frozen=True)
class Found:
    """A plugin that is there, with its manifest or the reason why that can't be used."""

    id: str
    manifest: Manifest | None
    reason: str = ""


def discover(folders: Iterable[Path] = (), safe: bool = False) -> dict[str, Found]:
    """Return what is there by id, in an order that follows no accident of the file system.

    `folders` are searched after the house's own, or are plugins themselves, in packages that can
    be imported; in safe mode only the house is looked at.
    """
    found: dict[str, Found] = {}
    places: dict[str, Path] = {}
    extra = [] if safe else list(folders)
    _add_to_house(extra)
    alone = [(folder / "plugin.toml", folder.name) for folder in extra]
    alone = [pair for pair in alone if pair[0].exists()]
    for path, package in [*_in_house(), *alone, *([] if safe else _by_entry_point())]:
        item = _read(path, package)
        first = places.setdefault(item.id, path.parent)
        if item.id in found and first.resolve() == path.parent.resolve():
            continue
        if item.id in found:
            reason = f"Two plugins call themselves {item.id!r}: {first} and {path.parent}."
            item = Found(item.id, None, reason)
        found[item.id] = item
    return dict(sorted(found.items()))


def _read(path: Path, package: str) -> Found:
    try:
        manifest = read(path, package)
    except BadManifest as error:
        return Found(package.rsplit(".", 1)[-1], None, str(error))
    return Found(manifest.id, manifest)


def _add_to_house(folders: Iterable[Path]) -> None:
    house = importlib.import_module(HOUSE)
    for folder in folders:
        if str(folder) not in house.__path__:
            house.__path__.append(str(folder))


def fingerprint() -> tuple[tuple[str, int], ...]:
    """Return what changes when a plugin is put into the house, renewed or taken away."""
    found = []
    for path, _package in _in_house():
        with suppress(OSError):  # taken away between the two looks
            found.append((str(path), path.stat().st_mtime_ns))
    return tuple(found)


def _in_house() -> list[tuple[Path, str]]:
    house = importlib.import_module(HOUSE)
    return [
        (path, f"{HOUSE}.{path.parent.name}")
        for folder in house.__path__
        for path in sorted(Path(folder).glob("*/plugin.toml"))
    ]


def _by_entry_point() -> list[tuple[Path, str]]:
    result = []
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda item: item.name):
        try:
            spec = importlib.util.find_spec(entry.value)
        except (ImportError, ValueError):
            continue
        if spec and spec.submodule_search_locations:
            result.append((Path(spec.submodule_search_locations[0]) / "plugin.toml", entry.value))
    return result
