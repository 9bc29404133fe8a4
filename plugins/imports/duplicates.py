"""Finds likely duplicates of imported rows, in the file and in the portal; nothing is merged."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.directory.interface import PLATFORMS, SHARED_BY_MANY
from plugins.imports import bulk
from portal import db
from portal.i18n import _
from portal.organisations.models import Organisation, OrganisationIdentifier
from portal.text import fold


@dataclass(frozen=True)
class Entry(bulk.Entry):
    """A row whose core part is fit to be stored."""

    line: int
    row: Mapping[str, str]

    @property
    def name_key(self) -> tuple[str, str]:
        """What two entries of one organisation share most often."""
        return self.values["folded_name"], self.values["country"]


@dataclass(frozen=True)
class Duplicate:
    """A row that may be an organisation already known, with the reason.

    `kind` is identifier, name, website, or the weakest: name-other-town.
    """

    line: int
    name: str
    kind: str
    reason: str


@dataclass
class _Domain:
    """A domain, who had it first, how many have it, and the rows that came later."""

    owner: str
    count: int
    later: list[Entry]


class Duplicates:
    """Remembers the rows of one import and compares them with the portal, chunk by chunk."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._identifiers: dict[tuple[str, str], str] = {}
        self._domains: dict[str, _Domain] = {}
        self._found: dict[int, Duplicate] = {}
        hidden = Organisation.hidden_at.is_null(False)
        self._removed_towns: dict[tuple[str, str], set[str]] = {}
        for row in Organisation.select().where(hidden):
            key = (row.folded_name, row.country)
            self._removed_towns.setdefault(key, set()).add(fold(row.city))
        numbers = OrganisationIdentifier.select(
            OrganisationIdentifier.scheme, OrganisationIdentifier.value
        )
        self._removed_identifiers = set(numbers.join(Organisation).where(hidden).tuples())

    def without_removed(
        self,
        entries: Iterable[Entry],
        refuse: Callable[[int, str, str], None],
        recognised: Container[int] = (),
    ) -> list[Entry]:
        """Leave out organisations that asked to be removed, so that no import brings them back.

        Lines that were `recognised` are about an entry in sight, and stay.
        """
        kept = []
        for entry in entries:
            if entry.line not in recognised and self._was_removed(entry):
                refuse(entry.line, "name", _("This organisation was removed from the portal."))
            else:
                kept.append(entry)
        return kept

    def _was_removed(self, entry: Entry) -> bool:
        """The same number, or the same name where the towns do not tell them apart."""
        if self._removed_identifiers.intersection(entry.identifiers):
            return True
        towns = self._removed_towns.get(entry.name_key, set())
        town = fold(entry.values["city"])
        return bool(towns) and (not town or "" in towns or town in towns)

    def look(self, entries: Sequence[Entry]) -> None:
        """Compare a chunk with what was seen before, in three statements."""
        for key, town, label in _known_names({entry.name_key for entry in entries}):
            self._names.setdefault(key, {}).setdefault(town, label)
        for pair, label in _known_identifiers({pair for e in entries for pair in e.identifiers}):
            self._identifiers.setdefault(pair, label)
        new = {entry.values["domain"] for entry in entries} - {""} - PLATFORMS
        for domain, owner, count in _known_domains(new - self._domains.keys()):
            self._domains[domain] = _Domain(owner, count, [])
        for entry in entries:
            self._compare(entry)

    def _compare(self, entry: Entry) -> None:
        name, city = entry.values["name"], entry.values["city"]
        here = _("line %(line)s, %(name)s", line=entry.line, name=_label(name, city))
        for pair in entry.identifiers:
            other = self._identifiers.setdefault(pair, here)
            if other != here:
                text = _("Same %(scheme)s number as %(other)s", scheme=pair[0].upper(), other=other)
                self._note(entry, "identifier", text)
        self._compare_name(entry, fold(city), here)
        domain = entry.values["domain"]
        if domain and domain not in PLATFORMS:
            known = self._domains.setdefault(domain, _Domain(here, 0, []))
            known.count += 1
            if known.owner != here and len(known.later) <= SHARED_BY_MANY:
                known.later.append(entry)

    def _compare_name(self, entry: Entry, town: str, here: str) -> None:
        towns = self._names.setdefault(entry.name_key, {})
        if towns:
            other = towns.get(town) or towns.get("") or next(iter(towns.values()))
            if town and town not in towns and "" not in towns:
                text = _("Same name and country, in another town, as %(other)s", other=other)
                self._note(entry, "name-other-town", text)
            else:
                self._note(entry, "name", _("Same name and country as %(other)s", other=other))
        towns.setdefault(town, here)

    def _note(self, entry: Entry, kind: str, reason: str) -> None:
        found = self._found.get(entry.line)
        if found is None or found.kind == "name-other-town":
            self._found[entry.line] = Duplicate(entry.line, entry.values["name"], kind, reason)

    def reason(self, line: int) -> str:
        """Return why a line may be known, as far as was seen."""
        return self._found[line].reason if line in self._found else ""

    def all(self) -> list[Duplicate]:
        """Return a reason for each row that may be known, by line, the weakest last."""
        for domain, known in self._domains.items():
            if known.count <= SHARED_BY_MANY:
                for entry in known.later:
                    text = _(
                        "Same website %(domain)s as %(other)s", domain=domain, other=known.owner
                    )
                    self._note(entry, "website", text)
        return sorted(
            self._found.values(), key=lambda item: (item.kind == "name-other-town", item.line)
        )


def _label(name: str, city: str) -> str:
    return f"{name} ({city})" if city else name


def _known_names(keys: set[tuple[str, str]]) -> Iterable[tuple[tuple[str, str], str, str]]:
    names = sorted({name for name, _country in keys})
    rows = db.query(
        "SELECT folded_name, country, name, city FROM organisation "
        f"WHERE folded_name IN ({_marks(names)}) AND hidden_at IS NULL ORDER BY id",
        names,
    )
    for folded_name, country, name, city in rows:
        yield (folded_name, country), fold(city), _label(name, city)


def _known_identifiers(pairs: set[tuple[str, str]]) -> Iterable[tuple[tuple[str, str], str]]:
    if not pairs:
        return
    values = ",".join(["(?,?)"] * len(pairs))
    rows = db.query(
        "SELECT i.scheme, i.value, o.name FROM organisation_identifier i "
        "JOIN organisation o ON o.id = i.organisation_id AND o.hidden_at IS NULL "
        f"WHERE (i.scheme, i.value) IN (VALUES {values}) ORDER BY i.id",
        [part for pair in sorted(pairs) for part in pair],
    )
    for scheme, value, name in rows:
        yield (scheme, value), name


def _known_domains(domains: set[str]) -> list[tuple[str, str, int]]:
    rows: list[Any] = db.query(
        "SELECT domain, MIN(name), COUNT(*) FROM organisation "
        f"WHERE domain IN ({_marks(domains)}) AND hidden_at IS NULL GROUP BY domain",
        sorted(domains),
    )
    return rows


def _marks(values: Iterable[Any]) -> str:
    """Question marks for an IN list; an empty list finds nothing."""
    return ",".join("?" for _value in values) or "NULL"
