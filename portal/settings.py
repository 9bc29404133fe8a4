"""Settings that administrators change in the browser: the site's own and those of plugins.

A plugin declares its settings in `plugin.toml`, the site's stand in `site.toml`. Values that were
changed lie in the table `setting`, the others are the defaults. Each worker keeps what it read
until the plugin generation counts up, which saving does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flask import current_app
from peewee import TextField

from portal import db
from portal.context import Context
from portal.db import JsonField, Model
from portal.errors import Invalid
from portal.i18n import _

PORTAL = "portal"
KEPT = "portal.settings"
LENGTHS = {"text": 200, "long_text": 10_000}
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
NUMBER = re.compile(r"-?[0-9]{1,12}")
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
FORMS = {
    "mail": (MAIL, "name@school.example"),
    "url": (re.compile(r"https?://[^\s/?#@]+([/?#]\S*)?", re.I), "https://www.school.example"),
    "colour": (re.compile(r"#[0-9a-fA-F]{6}"), "#08515a"),
}


class Setting(Model):
    """A value of the portal (scope "portal") or of a plugin (its id)."""

    scope = TextField()
    key = TextField()
    value = JsonField()

    class Meta:
        table_name = "setting"
        primary_key = False


@dataclass(frozen=True)
class Field:
    """A setting. `min` and `max` bound a number; `max` also the length of a text or list.

    `choices` maps values to what they are called; a list with choices takes any number of them.
    """

    key: str
    type: str
    title: str
    default: Any = ""
    help: str = ""
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    min: int = 0
    max: int = 0
    needed: bool = False


PROPERTIES: dict[str, Any] = {
    "type": str, "title": str, "default": object, "help": str, "unit": str,
    "choices": (dict, list), "min": int, "max": int, "needed": bool,
}  # fmt: skip
REQUIRED = {"number": ("title", "default", "min", "max"), "choice": ("title", "default", "choices")}


def schema_from(raw: Mapping[str, Any]) -> dict[str, Field]:
    """Read the settings of a manifest. Raises ValueError naming setting, property and remedy."""
    return {key: _field_from(key, values) for key, values in raw.items()}


def _field_from(key: str, values: Any) -> Field:
    place = f"settings.{key}"
    if not KEY.fullmatch(key) or not isinstance(values, dict):
        raise ValueError(f"{place}: write a table [settings.some_name] in small letters.")
    for name, value in values.items():
        if name not in PROPERTIES:
            raise ValueError(f"{place}: unknown property {name!r}.{hint(name, PROPERTIES)}")
        if not isinstance(value, PROPERTIES[name]):
            raise ValueError(f"{place}: {name!r} can't be {value!r}.")
    kind = values.get("type", "")
    if kind not in CLEANERS:
        known = hint(kind, CLEANERS) or f" Choose one of {', '.join(CLEANERS)}."
        raise ValueError(f"{place}: type {kind!r}.{known}")
    missing = [name for name in REQUIRED.get(kind, ("title",)) if name not in values]
    if missing:
        raise ValueError(f"{place}: {', '.join(missing)} missing.")
    choices = values.get("choices", {})
    choices = choices if isinstance(choices, dict) else {str(item): str(item) for item in choices}
    found = Field(key, **{"default": EMPTY.get(kind, ""), **values, "choices": choices})
    try:
        return replace(found, default=clean(replace(found, needed=False), found.default))
    except Invalid as error:
        raise ValueError(f"{place}: default {found.default!r}: {error.message}") from None


def hint(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean ...?" with the nearest known name, empty when none is near."""
    near = get_close_matches(name, list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def schema(plugin: str) -> Mapping[str, Field]:
    """Return the settings of a plugin, or of the site; empty for plugins without any."""
    if plugin == PORTAL:
        config = current_app.config["PORTAL"]
        own = {key: getattr(config, key) for key in ("site_name", "operator_mail")}
        return SITE | {key: replace(SITE[key], default=value) for key, value in own.items()}
    found = current_app.extensions["portal"].registry.found.get(plugin)
    return found.manifest.settings if found and found.manifest else {}


def of(ctx: Context | None = None, plugin: str = PORTAL) -> Mapping[str, Any]:
    """Return the values of a plugin's settings, or the site's; what no longer fits is the default."""
    generation = current_app.extensions["portal"].registry.generation
    kept = current_app.extensions.get(KEPT)
    if kept is None or kept[0] != generation:
        stored = {(row.scope, row.key): row.value for row in Setting.select()}
        by_plugin: dict[str, Mapping[str, Any]] = {}
        kept = current_app.extensions[KEPT] = (generation, stored, by_plugin)
    if plugin not in kept[2]:
        values = {key: _usable(item, kept[1], plugin) for key, item in schema(plugin).items()}
        kept[2][plugin] = MappingProxyType(values)
    found: Mapping[str, Any] = kept[2][plugin]
    return found


def store(plugin: str, values: Mapping[str, Any]) -> None:
    """Keep values as they are; one equal to its default is forgotten. Every worker follows."""
    fields = schema(plugin)
    with db.transaction():
        for key, value in values.items():
            Setting.delete().where(Setting.scope == plugin, Setting.key == key).execute()
            if value != fields[key].default:
                Setting.insert(scope=plugin, key=key, value=value).execute()
        db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    current_app.extensions.pop(KEPT, None)


def _usable(item: Field, stored: Mapping[tuple[str, str], Any], plugin: str) -> Any:
    try:
        return clean(item, stored[plugin, item.key])
    except (KeyError, Invalid):
        return item.default


def clean(item: Field, raw: Any) -> Any:
    """Return a typed value as it is kept. Raises Invalid with the field."""
    try:
        value = CLEANERS[item.type](item, raw)
    except Invalid as error:
        raise Invalid(error.message, item.key) from None
    if item.needed and value in ("", []):
        raise Invalid(_("Fill this in; it can't stay empty."), item.key)
    return value


def _text(item: Field, raw: Any) -> str:
    text = str(raw).replace("\0", "").replace("\r\n", "\n").strip()
    text = text if item.type == "long_text" else " ".join(text.split())
    most = item.max or LENGTHS.get(item.type, 200)
    if len(text) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most))
    if text and item.type in FORMS and not FORMS[item.type][0].fullmatch(text):
        raise Invalid(_("Write it in full, such as %(example)s.", example=FORMS[item.type][1]))
    return text


def _number(item: Field, raw: Any) -> int:
    text = str(raw).strip()
    if not NUMBER.fullmatch(text) or not item.min <= int(text) <= item.max:
        bounds = {"least": item.min, "most": item.max}
        raise Invalid(_("Write a whole number from %(least)s to %(most)s.", **bounds))
    return int(text)


def _choice(item: Field, raw: Any) -> str:
    if raw not in item.choices:
        raise Invalid(_("Choose one of: %(allowed)s.", allowed=", ".join(item.choices)))
    return str(raw)


def _list(item: Field, raw: Any) -> list[str]:
    entries = raw.splitlines() if isinstance(raw, str) else raw
    found = list(dict.fromkeys(filter(None, (" ".join(str(entry).split()) for entry in entries))))
    if item.max and len(found) > item.max:
        raise Invalid(_("Write at most %(most)s entries.", most=item.max))
    return [_choice(item, entry) for entry in found] if item.choices else found


def _mails(item: Field, raw: Any) -> list[str]:
    return [_text(replace(item, type="mail", max=0), entry) for entry in _list(item, raw)]


def _yes_no(item: Field, raw: Any) -> bool:
    return raw in (True, "yes")


EMPTY: dict[str, Any] = {"yes_no": False, "list": [], "mails": []}
CLEANERS: dict[str, Callable[[Field, Any], Any]] = {
    **dict.fromkeys(("text", "long_text", "mail", "url", "colour"), _text),
    "number": _number, "choice": _choice, "list": _list, "mails": _mails, "yes_no": _yes_no,
}  # fmt: skip
SITE = schema_from(tomllib.loads(Path(__file__).with_name("site.toml").read_text())["settings"])
