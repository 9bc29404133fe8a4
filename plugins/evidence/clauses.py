"""Templates of texts that are signed: which clauses a kind has, their fields, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.errors import NotFound
from portal.i18n import gettext, in_locale

TYPES = ("text", "long", "date", "number", "units")
UNIT_PARTS = ("title", "knowledge", "skills", "responsibility")


@dataclass(frozen=True)
class Field:
    """Something to fill in; `each` asks every party, `required` before the text is agreed.

    What is `personal` stands in the text as a commitment; with `each` it asks for persons alone.
    """

    id: str
    type: str
    each: bool = False
    required: bool = False
    personal: bool = False


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
    """A kind of text in one version; `needs` names the checks beside required fields.

    `words` are its own texts by key, `wording` those that are translated, in English.
    """

    kind: str
    version: int
    roles: tuple[str, ...]
    needs: tuple[str, ...]
    clauses: tuple[ClauseForm, ...]
    words: Mapping[str, Any] = field(default_factory=dict)
    wording: Mapping[str, str] = field(default_factory=dict)

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
                if name in self.wording:
                    return gettext(self.wording[name])
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


def read_template(raw: Mapping[str, Any], wording: Mapping[str, str]) -> Template:
    """Read a template from a mapping as data files have it. Raises ValueError with the reason."""
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
        wording,
    )
