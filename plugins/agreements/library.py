"""Templates of agreements: data files that say which clauses and fields a kind has, and their words.

The house's lie in `data/`. A site puts more into `PORTAL_INSTANCE/agreements/*.toml`, plugins answer the
hook `agreements_templates`; both bring their words along.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

from portal import objects
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import gettext, in_locale

DATA = Path(__file__).parent / "data"
TYPES = ("text", "long", "date", "number", "units")
UNIT_PARTS = ("title", "knowledge", "skills", "responsibility")
ROLES = (
    "partner", "sending", "host", "supporting", "competent", "associated", "lead", "learner",
    "guardian",
)  # fmt: skip
PERSONS = ("learner", "guardian")
"""Roles of persons; all others are organisations."""


@dataclass(frozen=True)
class Field:
    """Something to fill in; `each` asks every party, `required` before the text is agreed."""

    id: str
    type: str
    each: bool = False
    required: bool = False


@dataclass(frozen=True)
class ClauseForm:
    """A clause of a template, in block number `block` of the form that the field uses."""

    id: str
    block: int
    fields: tuple[Field, ...]
    material: bool = True

    def field(self, name: str) -> Field | None:
        """Return a field by its name."""
        return next((item for item in self.fields if item.id == name), None)


@dataclass(frozen=True)
class Template:
    """A kind of agreement in one version; `needs` names the checks beside required fields."""

    kind: str
    version: int
    roles: tuple[str, ...]
    needs: tuple[str, ...]
    clauses: tuple[ClauseForm, ...]
    words: Mapping[str, Any] = field(default_factory=dict)

    def clause(self, key: str) -> ClauseForm:
        """Return a clause by its id. Raises NotFound."""
        for item in self.clauses:
            if item.id == key:
                return item
        raise NotFound

    def word(self, *keys: str) -> str:
        """Return the first of these texts that there is, in the current language."""
        for key in keys:
            for name in (f"{self.kind}.{key}", key):
                if name in self.words:
                    return str(self.words[name])
                if name in _wording():
                    return gettext(_wording()[name])
        return ""

    @property
    def title(self) -> str:
        """What the kind is called."""
        return self.word(f"kind.{self.kind}") or self.kind

    def clause_title(self, key: str, language: str = "") -> str:
        """Return what a clause is called, in a language or the current one."""
        return _in(language, lambda: self.word(key) or key)

    def clause_text(self, key: str, language: str = "") -> str:
        """Return the wording that a clause begins with, empty for none."""
        return _in(language, lambda: self.word(f"{key}.text"))

    def label(self, key: str, name: str, language: str = "") -> str:
        """Return what a field of a clause is called."""
        return _in(language, lambda: self.word(f"{key}.{name}", f"field.{name}") or name)


def _in(language: str, make: Any) -> str:
    if not language:
        return str(make())
    with in_locale(language):
        return str(make())


@cache
def _wording() -> Mapping[str, str]:
    with (DATA / "wording.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["label_en"] for row in csv.DictReader(file)}


def role_name(role: str) -> str:
    """Return what a party's role is called; the code for roles of a site's own templates."""
    english = _wording().get(f"role.{role}")
    return gettext(english) if english else role


def read(raw: Mapping[str, Any]) -> Template:
    """Read a template from a mapping as the data files have it. Raises ValueError with the reason."""
    clauses = []
    for item in raw["clauses"]:
        fields = tuple(Field(**entry) for entry in item["fields"])
        if wrong := [entry.type for entry in fields if entry.type not in TYPES]:
            raise ValueError(f"Field type {wrong[0]!r}. Choose one of {', '.join(TYPES)}.")
        clauses.append(ClauseForm(item["id"], item["block"], fields, item.get("material", True)))
    return Template(
        raw["kind"],
        raw["version"],
        tuple(raw["roles"]),
        tuple(raw.get("needs", ())),
        tuple(clauses),
        raw.get("wording", {}),
    )


@cache
def _of_house() -> tuple[Template, ...]:
    order = ("mou", "learning", "consortium", "sharing")
    found = [read(tomllib.loads(path.read_text("utf-8"))) for path in DATA.glob("*-*.toml")]
    return tuple(sorted(found, key=lambda item: (order.index(item.kind), item.version)))


@cache
def _of_site(folder: Path) -> tuple[Template, ...]:
    paths = sorted(folder.glob("*.toml"))
    return tuple(read(tomllib.loads(path.read_text("utf-8"))) for path in paths)


def templates() -> list[Template]:
    """Return all templates in all versions: the house's, the site's, those of plugins."""
    folder = current_app.config["PORTAL"].instance_path / "agreements"
    asked = objects.registry().hooks.each("agreements_templates", Context())
    return [*_of_house(), *_of_site(folder), *map(read, asked)]


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
