"""What a plugin says of itself in `plugin.toml`, read without importing it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal import __version__, privacy, settings

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{1,29}")
RANGE = re.compile(r"(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)")
RANGES = re.compile(rf"{RANGE.pattern}(\s*,\s*{RANGE.pattern})*")
KEYS = {
    "id": str,
    "title": str,
    "summary": str,
    "version": str,
    "schema": int,
    "portal": str,
    "category": str,
    "on_init": str,
    "requires": list,
    "conflicts": list,
    "permissions": list,
    "roles": list,
    "vetoes": list,
    "personal_data": list,
    "impersonal": dict,
    "settings": dict,
    "license": str,
    "homepage": str,
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
    """A plugin's manifest. `package` is the import path of its package."""

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
    homepage: str = ""

    @property
    def fits_portal(self) -> bool:
        """Whether this portal's version lies in the range that the plugin asks for."""
        return version_in(__version__, self.portal)


def read(path: Path, package: str) -> Manifest:
    """Read a manifest. Raises BadManifest."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadManifest(f"{path.name}: can't be read: {error}") from None
    for key, value in raw.items():
        expected = KEYS.get(key)
        if expected is None:
            raise BadManifest(f"{path.name}: unknown key {key!r}.{settings.hint(key, KEYS)}")
        if not isinstance(value, expected):
            raise BadManifest(f"{path.name}: {key!r} must be a {expected.__name__}, not {value!r}.")
    missing = [key for key in REQUIRED if not raw.get(key)]
    if missing:
        raise BadManifest(f"{path.name}: {', '.join(missing)} missing.")
    if not IDENTIFIER.fullmatch(raw["id"]):
        raise BadManifest(
            f"{path.name}: id {raw['id']!r}. Use 2 to 30 small letters, digits and underscores."
        )
    if raw.get("on_init", "keep") not in ON_INIT:
        raise BadManifest(f"{path.name}: on_init {raw['on_init']!r}. Use {', '.join(ON_INIT)}.")
    if raw["id"] in TAKEN:
        raise BadManifest(f"{path.name}: id {raw['id']!r} is the portal's own. Choose another.")
    if not VERSION.fullmatch(raw["version"]):
        raise BadManifest(f"{path.name}: version {raw['version']!r}. Write it like '0.1.0'.")
    for key in ("requires", "conflicts"):
        for entry in raw.get(key, []):
            if not isinstance(entry, str):
                raise BadManifest(f"{path.name}: {key!r} must be a list of ids, not {entry!r}.")
    for text in [raw["portal"], *(_range_of(entry) for entry in raw.get("requires", []))]:
        if text and not RANGES.fullmatch(text):
            raise BadManifest(f"{path.name}: version range {text!r}. Write it like '>=0.1,<1'.")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    try:
        values["settings"] = settings.schema_from(raw.get("settings", {}))
        values["personal_data"] = privacy.declared(raw.get("personal_data", []), f"{raw['id']}_")
    except ValueError as error:
        raise BadManifest(f"{path.name}: {error}") from None
    return Manifest(folder=path.parent, package=package, **values)


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
    checks = {
        ">=": lambda a, b: a >= b,
        "<=": lambda a, b: a <= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
    }
    return all(checks[sign](own, _numbers(bound)) for sign, bound in RANGE.findall(wanted))


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3]]
    return tuple(found + [0] * (3 - len(found)))
