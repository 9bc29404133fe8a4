"""What is kept of people: every column that says something about a person is declared.

The core's declarations lie in `personal_data.toml` beside this file, a plugin's under
`[[personal_data]]` in its `plugin.toml`; columns that only look personal are listed under
`[impersonal]` with the reason. Copies for people, erasure and retention are made from them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from portal.settings import hint

FILE = Path(__file__).with_name("personal_data.toml")
ERASE = ("delete", "blank", "replace", "keep")
NAMES = re.compile(r"([a-z0-9_]+((, ?| or | -> |\.)[a-z0-9_]+)*)?")


@dataclass(frozen=True)
class PersonalData:
    """Columns of a table that say something about a person, and what becomes of them.

    `subject` finds the person's rows: a column with the account's number or a mail address, or
    `column -> table.column` by way of another table's id; alternatives are joined by ` or `.
    `erase` is delete (the row), blank, replace (by "former account N") or keep with its reason.
    After `days` since the moment in the column `since` the row is deleted or blanked for anybody.
    A person's copy shows the columns `also` along. What is `secret` is not part of a person's
    copy, since it would open their account.
    """

    table: str
    column: str
    purpose: str
    retention: str
    subject: str
    erase: str
    what: str = ""
    keep_reason: str = ""
    also: str = ""
    days: int = 0
    since: str = "created_at"
    secret: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns, of which there may be several separated by commas."""
        return re.split(", ?", self.column)

    @property
    def shown(self) -> list[str]:
        """The columns of a person's copy."""
        return [*self.columns, *filter(None, re.split(", ?", self.also))]


DEFAULTS = {item.name: item.default for item in fields(PersonalData)}
REQUIRED = [name for name, default in DEFAULTS.items() if default is MISSING]
KEYS = {name: str if name in REQUIRED else type(default) for name, default in DEFAULTS.items()}


def declared(entries: Iterable[Any], prefix: str = "") -> tuple[PersonalData, ...]:
    """Read `[[personal_data]]`. Raises ValueError naming entry, key and remedy."""
    return tuple(_read(f"personal_data {at}", entry, prefix) for at, entry in enumerate(entries, 1))


def _read(place: str, entry: Any, prefix: str) -> PersonalData:
    if not isinstance(entry, dict):
        raise ValueError(f"{place}: write a table [[personal_data]].")
    for key, value in entry.items():
        if key not in KEYS:
            raise ValueError(f"{place}: unknown key {key!r}.{hint(key, KEYS)}")
        if not isinstance(value, KEYS[key]):
            raise ValueError(f"{place}: {key!r} must be a {KEYS[key].__name__}, not {value!r}.")
    missing = [key for key in REQUIRED if not entry.get(key)]
    if missing:
        raise ValueError(f"{place}: {', '.join(missing)} missing.")
    item = PersonalData(**entry)
    for key in ("table", "column", "subject", "also", "since"):
        if not NAMES.fullmatch(getattr(item, key)):
            raise ValueError(f"{place}: {key} {getattr(item, key)!r} is no name of a column.")
    if not item.table.startswith(prefix):
        raise ValueError(f"{place}: table {item.table!r} must begin with {prefix!r}.")
    if item.erase not in ERASE:
        near = hint(item.erase, ERASE) or f" Choose one of {', '.join(ERASE)}."
        raise ValueError(f"{place}: erase {item.erase!r}.{near}")
    if (item.erase == "keep") != bool(item.keep_reason):
        raise ValueError(f"{place}: say why with keep_reason when erase is 'keep', and only then.")
    return item


def core() -> tuple[PersonalData, ...]:
    """Return the core's declarations."""
    return declared(tomllib.loads(FILE.read_text(encoding="utf-8"))["personal_data"])
