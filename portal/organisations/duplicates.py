"""Finds likely duplicates of imported rows, in the file and in the portal; nothing is merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal import db
from portal.i18n import _
from portal.organisations import rules
from portal.organisations.models import Organisation, OrganisationIdentifier

SHARED_BY_MANY = 3
"""A domain of more organisations than this (a city's, a provider's) says nothing."""


@dataclass(frozen=True)
class Entry:
    """A row whose core part is fit to be stored."""

    line: int
    row: Mapping[str, str]
    values: Mapping[str, Any]
    identifiers: Sequence[tuple[str, str]]
    public_id: str

    @property
    def name_key(self) -> tuple[str, str]:
        """What two entries of one organisation share most often."""
        return self.values["folded_name"], self.values["country"]


@dataclass(frozen=True)
class Duplicate:
    """A row that may be an organisation already known, with the reason."""

    line: int
    name: str
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
        self._names: dict[tuple[str, str], str] = {}
        self._identifiers: dict[tuple[str, str], str] = {}
        self._domains: dict[str, _Domain] = {}
        self._found: dict[int, Duplicate] = {}
        hidden = Organisation.hidden_at.is_null(False)
        names = Organisation.select(Organisation.folded_name, Organisation.country)
        self._removed_names = set(names.where(hidden).tuples())
        numbers = OrganisationIdentifier.select(
            OrganisationIdentifier.scheme, OrganisationIdentifier.value
        )
        self._removed_identifiers = set(numbers.join(Organisation).where(hidden).tuples())

    def without_removed(
        self, entries: Iterable[Entry], refuse: Callable[[int, str, str], None]
    ) -> list[Entry]:
        """Leave out organisations that asked to be removed, so that no import brings them back."""
        kept = []
        for entry in entries:
            if entry.name_key in self._removed_names or self._removed_identifiers.intersection(
                entry.identifiers
            ):
                refuse(entry.line, "name", _("This organisation was removed from the portal."))
            else:
                kept.append(entry)
        return kept

    def look(self, entries: Sequence[Entry]) -> None:
        """Compare a chunk with what was seen before, in three statements."""
        for key, label in _known_names({entry.name_key for entry in entries}):
            self._names.setdefault(key, label)
        for pair, label in _known_identifiers({pair for e in entries for pair in e.identifiers}):
            self._identifiers.setdefault(pair, label)
        new = {entry.values["domain"] for entry in entries} - {""} - rules.PLATFORMS
        for domain, owner, count in _known_domains(new - self._domains.keys()):
            self._domains[domain] = _Domain(owner, count, [])
        for entry in entries:
            self._compare(entry)

    def _compare(self, entry: Entry) -> None:
        here = _("line %(line)s, %(name)s", line=entry.line, name=entry.values["name"])
        for pair in entry.identifiers:
            other = self._identifiers.setdefault(pair, here)
            if other != here:
                self._note(
                    entry,
                    _(
                        "Same %(scheme)s number as %(other)s",
                        scheme=pair[0].upper(),
                        other=other,
                    ),
                )
        place = f"{here} ({entry.values['city']})" if entry.values["city"] else here
        other = self._names.setdefault(entry.name_key, place)
        if other != place:
            self._note(entry, _("Same name and country as %(other)s", other=other))
        domain = entry.values["domain"]
        if domain and domain not in rules.PLATFORMS:
            known = self._domains.get(domain)
            if known is None:
                self._domains[domain] = _Domain(here, 1, [])
            else:
                known.count += 1
                if len(known.later) <= SHARED_BY_MANY:
                    known.later.append(entry)

    def _note(self, entry: Entry, reason: str) -> None:
        self._found.setdefault(entry.line, Duplicate(entry.line, entry.values["name"], reason))

    def all(self) -> list[Duplicate]:
        """Return a reason for each row that may be known, by line."""
        for domain, known in self._domains.items():
            if known.count <= SHARED_BY_MANY:
                for entry in known.later:
                    self._note(
                        entry,
                        _(
                            "Same website %(domain)s as %(other)s",
                            domain=domain,
                            other=known.owner,
                        ),
                    )
        return sorted(self._found.values(), key=lambda item: item.line)


def _known_names(keys: set[tuple[str, str]]) -> Iterable[tuple[tuple[str, str], str]]:
    names = sorted({name for name, _country in keys})
    rows = db.query(
        "SELECT folded_name, country, name, city FROM organisation "  # noqa: S608
        f"WHERE folded_name IN ({_marks(names)}) AND hidden_at IS NULL ORDER BY id",
        names,
    )
    for folded_name, country, name, city in rows:
        yield (folded_name, country), f"{name} ({city})" if city else name


def _known_identifiers(
    pairs: set[tuple[str, str]],
) -> Iterable[tuple[tuple[str, str], str]]:
    if not pairs:
        return
    values = ",".join(["(?,?)"] * len(pairs))
    rows = db.query(
        "SELECT i.scheme, i.value, o.name FROM organisation_identifier i "  # noqa: S608
        "JOIN organisation o ON o.id = i.organisation_id AND o.hidden_at IS NULL "
        f"WHERE (i.scheme, i.value) IN (VALUES {values}) ORDER BY i.id",
        [part for pair in sorted(pairs) for part in pair],
    )
    for scheme, value, name in rows:
        yield (scheme, value), name


def _known_domains(domains: set[str]) -> list[tuple[str, str, int]]:
    rows: list[Any] = db.query(
        "SELECT domain, MIN(name), COUNT(*) FROM organisation "  # noqa: S608
        f"WHERE domain IN ({_marks(domains)}) AND hidden_at IS NULL GROUP BY domain",
        sorted(domains),
    )
    return rows


def _marks(values: Iterable[Any]) -> str:
    """Question marks for an IN list; an empty list finds nothing."""
    return ",".join("?" for _value in values) or "NULL"
