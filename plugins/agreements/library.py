"""Templates of agreements: data files that say which clauses and fields a kind has, and their words.

The house's lie in `data/`. A site puts more into `PORTAL_INSTANCE/agreements/*.toml`, plugins answer the
hook `agreements_templates`; both bring their words along.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

from plugins.evidence.interface import UNIT_PARTS, ClauseForm, Field, Template, read_template
from portal import objects
from portal.config import Config
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import gettext

__all__ = ["UNIT_PARTS", "ClauseForm", "Field", "Template"]

DATA = Path(__file__).parent / "data"
ROLES = (
    "partner", "sending", "host", "supporting", "competent", "associated", "lead", "learner",
    "guardian",
)  # fmt: skip
PERSONS = ("learner", "guardian")
"""Roles of persons; all others are organisations."""


def is_person(party: Any) -> bool:
    """Whether a party is a person: then its name stands in no text that is signed, nor in a statement."""
    return party.organisation_id is None and party.role in PERSONS


@cache
def _wording() -> Mapping[str, str]:
    with (DATA / "wording.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["label_en"] for row in csv.DictReader(file)}


def role_name(role: str) -> str:
    """Return what a party's role is called; the code for roles of a site's own templates."""
    english = _wording().get(f"role.{role}")
    return gettext(english) if english else role


def _read(raw: Mapping[str, Any]) -> Template:
    return read_template(raw, _wording())


@cache
def _of_house() -> tuple[Template, ...]:
    order = ("mou", "learning", "consortium", "sharing")
    found = [_read(tomllib.loads(path.read_text("utf-8"))) for path in DATA.glob("*-*.toml")]
    return tuple(sorted(found, key=lambda item: (order.index(item.kind), item.version)))


@cache
def _of_site(config: Config) -> tuple[Template, ...]:
    folder = config.instance_path / "agreements"
    paths = sorted(folder.glob("*.toml"))
    return tuple(_read(tomllib.loads(path.read_text("utf-8"))) for path in paths)


def templates() -> list[Template]:
    """Return all templates in all versions: the house's, the site's, those of plugins."""
    asked = objects.registry().hooks.each("agreements_templates", Context())
    return [*_of_house(), *_of_site(current_app.config["PORTAL"]), *map(_read, asked)]


def newest(found: Sequence[Template] | None = None) -> dict[str, Template]:
    """Return the newest version of each kind, in the order in which they are offered."""
    kinds: dict[str, Template] = {}
    for item in templates() if found is None else found:
        if item.kind not in kinds or kinds[item.kind].version < item.version:
            kinds[item.kind] = item
    return kinds


def template(kind: str, version: int) -> Template:
    """Return a template by kind and version. Raises NotFound where its plugin is gone."""
    of_house = (item for item in _of_house() if (item.kind, item.version) == (kind, version))
    found = next(of_house, None) or next(
        (item for item in templates() if (item.kind, item.version) == (kind, version)), None
    )
    if found is None:
        raise NotFound
    return found
