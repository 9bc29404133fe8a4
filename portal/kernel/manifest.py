"""What a plugin says of itself in `plugin.toml`, read without importing it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any

from portal import privacy, settings

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{1,29}")
RANGE = re.compile(r"(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)")
SIGNS = {">=": ge, "<=": le, "==": eq, "!=": ne, "<": lt, ">": gt}
RANGES = re.compile(rf"{RANGE.pattern}(\s*,\s*{RANGE.pattern})*")
KEYS: dict[str, type] = {
    **dict.fromkeys("id title summary version portal category on_init license serves".split(), str),
    **dict.fromkeys("requires conflicts permissions roles vetoes personal_data".split(), list),
    **dict.fromkeys(("impersonal", "settings"), dict),
    "schema": int,
}
ON_INIT = ("keep", "install", "activate")
REQUIRED = ("id", "title", "version", "portal")
VERSION = re.compile(r"\d+(\.\d+){0,2}([-+.]?[a-z0-9.]+)?")
# Names of the core's blueprints, static folders, template folders and migrations.
TAKEN = {
    "portal", "probe", "files", "pages", "people", "organisations", "api", "css", "js", "fonts",
    "img", "errors", "macros", "mail",
}  # fmt: skip


class BadManifest(Exception):
    """The manifest can't be used; the text names file, key and remedy."""


@dataclass(frozen=True)
class Manifest:
    """A plugin's manifest. `package` is the import path of its package.

    `serves` names the command in the place of `portal serve`, as module:function.
    """

    id: str
    title: str
    version: str
    portal: str
    folder: Path
    package: str
    summary: str = ""
    schema: int = 0
    category: str = "trade"
    on_init: str = "keep"
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    permissions: tuple[Mapping[str, str], ...] = ()
    roles: tuple[Mapping[str, str], ...] = ()
    vetoes: tuple[str, ...] = ()
    personal_data: tuple[privacy.PersonalData, ...] = ()
    impersonal: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, settings.Field] = field(default_factory=dict)
    license: str = ""
    serves: str = ""

    @cached_property
    def needed(self) -> frozenset[str]:
        """The ids of the plugins that it builds on."""
        return frozenset(map(required_id, self.requires))


def read(path: Path, package: str) -> Manifest:
    """Read a manifest. Raises BadManifest."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        for fault in _faults(raw):
            raise ValueError(fault)
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
        }
        values["settings"] = settings.schema_from(raw.get("settings", {}))
        values["personal_data"] = privacy.declared(raw.get("personal_data", []), f"{raw['id']}_")
    except (OSError, ValueError) as error:  # not UTF-8 and not TOML are ValueErrors too
        raise BadManifest(f"{path.name}: {error}") from None
    return Manifest(folder=path.parent, package=package, **values)


def _faults(raw: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong; each check counts on those before it."""
    for key, value in raw.items():
        if key not in KEYS:
            yield f"unknown key {key!r}.{settings.hint(key, KEYS)}"
        elif not isinstance(value, KEYS[key]):
            yield f"{key!r} must be a {KEYS[key].__name__}, not {value!r}."
    if missing := [key for key in REQUIRED if not raw.get(key)]:
        yield f"{', '.join(missing)} missing."
    if not IDENTIFIER.fullmatch(raw["id"]):
        yield f"id {raw['id']!r}. Use 2 to 30 small letters, digits and underscores."
    if raw.get("on_init", "keep") not in ON_INIT:
        yield f"on_init {raw['on_init']!r}. Use {', '.join(ON_INIT)}."
    if raw["id"] in TAKEN:
        yield f"id {raw['id']!r} is the portal's own. Choose another."
    if not VERSION.fullmatch(raw["version"]):
        yield f"version {raw['version']!r}. Write it like '0.1.0'."
    for key in ("requires", "conflicts"):
        for entry in raw.get(key, []):
            if not isinstance(entry, str):
                yield f"{key!r} must be a list of ids, not {entry!r}."
    for text in [raw["portal"], *map(_range_of, raw.get("requires", []))]:
        if text and not RANGES.fullmatch(text):
            yield f"version range {text!r}. Write it like '>=0.1,<1'."


def required_id(entry: str) -> str:
    """Return the plugin's id in an entry such as `other>=0.1`."""
    return re.split(r"[<>=!\s]", entry, maxsplit=1)[0]


def _range_of(entry: str) -> str:
    return entry[len(required_id(entry)) :].strip()


def requirement_met(entry: str, version: str) -> bool:
    """Whether a version satisfies an entry such as `other>=0.1,<1`."""
    return version_in(version, _range_of(entry))


def version_in(version: str, wanted: str) -> bool:
    """Whether a dotted version lies in a comma-separated range; an empty range takes all."""
    own = _numbers(version)
    return all(SIGNS[sign](own, _numbers(bound)) for sign, bound in RANGE.findall(wanted))


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3]]
    return tuple(found + [0] * (3 - len(found)))
